"""Hyperparameter tuning jobs: real training jobs, one set of hyperparameters each, and the best of them."""

import secrets
import threading
import time
from collections.abc import Sequence
from typing import Any

from local.sagemaker import training_operations
from local.sagemaker.errors import ApiError
from local.sagemaker.job_kind import TUNING
from local.sagemaker.jobs import Job, JobError
from local.sagemaker.roles import RoleSession
from local.sagemaker.state import Region, now
from local.sagemaker.timing import timing
from local.sagemaker.training import TrainingJob
from local.sagemaker.tuning_checks import hyperband_resources
from local.sagemaker.tuning_ranges import Point, Range, point_of, texts
from local.sagemaker.tuning_strategies import Rungs, is_below_median, strategy
from local.sagemaker.tuning_trials import Trial, Trials

Record = dict[str, Any]
_LOOK_EVERY_SECONDS = 0.5
_COPIED = (
    *("RoleArn", "AlgorithmSpecification", "InputDataConfig", "VpcConfig", "OutputDataConfig", "ResourceConfig"),
    *("StoppingCondition", "EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "Environment"),
    *("EnableManagedSpotTraining", "CheckpointConfig"),
)


class TuningJob(Job):
    """One tuning job. `parents` are earlier tuning jobs whose results it starts from."""

    kind = TUNING

    def __init__(
        self,
        region: Region,
        record: Record,
        session: RoleSession,
        ranges: Sequence[Range],
        parents: Sequence["TuningJob"],
    ) -> None:
        super().__init__(region, record, session)
        self.trials = Trials()
        self._config = record["HyperParameterTuningJobConfig"]
        self._definition = record["TrainingJobDefinition"]
        self._ranges = ranges
        self.parents = parents
        self.objective = self._config["HyperParameterTuningJobObjective"]
        self._sign = 1.0 if self.objective["Type"] == "Maximize" else -1.0
        self._changed = threading.Event()
        seed = self._config.get("RandomSeed", secrets.randbelow(2**31))
        self._strategy = strategy(self._config["Strategy"], ranges, seed)
        resources = hyperband_resources(self._config, self._definition)
        self._rungs = Rungs(*resources) if resources else None

    def request_stop(self) -> None:
        """Start no further training job, and stop those that run."""
        super().request_stop()
        self._changed.set()

    def execute(self) -> str:
        """Run training jobs, a few at a time, until the limits are reached or nothing is left to try."""
        TUNING.announce(self.record)
        deadline = self._deadline()
        may_start = True
        while True:
            if self.stop_requested or time.monotonic() > deadline or self._is_good_enough():
                may_start = False
                self._stop_running()
            while may_start and len(self.trials.running()) < self._limit("MaxParallelTrainingJobs"):
                may_start = self._start_next()
            if not self.trials.running() and not may_start:
                break
            self._changed.wait(_LOOK_EVERY_SECONDS)
            self._changed.clear()
            self._judge()
            self._count()
        self._count()
        if self.stop_requested:
            return "Stopped"
        if not self.trials.best_first():
            raise JobError(self.trials.why_none(self.objective["MetricName"]))
        return "Completed"

    def clean_up(self) -> None:
        """Nothing is kept but the training jobs."""

    def finish(self, status: str, reason: str | None) -> None:
        """Store the job's end."""
        failure = {"FailureReason": reason} if reason else {}
        self.update(HyperParameterTuningJobStatus=status, HyperParameterTuningEndTime=now(), **failure)
        TUNING.announce(self.record)

    def _limit(self, name: str) -> int:
        return int(self._config["ResourceLimits"][name])

    def _deadline(self) -> float:
        seconds = self._config["ResourceLimits"].get("MaxRuntimeInSeconds")
        return time.monotonic() + timing().shortened(seconds) if seconds else float("inf")

    def _start_next(self) -> bool:
        """Start one more training job; False where no more may be."""
        if len(self.trials) >= self._config["ResourceLimits"].get("MaxNumberOfTrainingJobs", float("inf")):
            return False
        point = self._strategy.next_point(self._results(), [trial.point for trial in self.trials.running()])
        if point is None:
            return False
        tuned = texts(self._ranges, point)
        static = self._definition.get("StaticHyperParameters", {})
        name = f"{self.name}-{len(self.trials) + 1:03d}-{secrets.token_hex(4)}"
        params = {field: self._definition[field] for field in _COPIED if field in self._definition}
        params["TrainingJobName"] = name
        params["HyperParameters"] = {**static, **tuned}
        try:
            job = training_operations.start(self.region, params, TuningJobArn=self.arn)
        except ApiError as error:
            raise JobError(f"ClientError: training job {name} cannot be started: {error.message}") from error
        self.trials.add(Trial(job, point, tuned, self.objective))
        threading.Thread(target=self._wake_after, args=(job,), name=f"wait-{name}", daemon=True).start()
        self._count()
        return True

    def _wake_after(self, job: TrainingJob) -> None:
        job.finished.wait()
        self._changed.set()

    def _results(self) -> dict[Point, float]:
        """Return what is known: of the parents, where it is within the ranges, and of the jobs that ended."""
        found: dict[Point, float] = {}
        for tuning in (*self.parents, self):
            for trial in tuning.trials.best_first():
                point, score = point_of(self._ranges, trial.tuned), trial.score
                if point and score is not None:
                    found[point] = score
        return found

    def _stop_running(self) -> None:
        for trial in self.trials.running():
            trial.job.stop()

    def _judge(self) -> None:
        """End training jobs early that do worse than others at the same step."""
        is_median = self._config.get("TrainingJobEarlyStoppingType") == "Auto"
        if not is_median and not self._rungs:
            return
        curves = {trial: trial.curve() for trial in self.trials.all()}
        ended = [curve for trial, curve in curves.items() if trial.is_over]
        for trial, curve in curves.items():
            for step in range(trial.steps_judged + 1, len(curve) + 1):
                trial.steps_judged = step
                worse = is_median and is_below_median(curve[:step], ended)
                worse = worse or bool(self._rungs and not self._rungs.goes_on(step, curve[step - 1]))
                if worse and not trial.is_over:
                    trial.job.stop()
                    break

    def _is_good_enough(self) -> bool:
        """Return whether a completion criterion is met."""
        criteria = self._config.get("TuningJobCompletionCriteria") or {}
        best = self.trials.best_first()[:1]
        score = best[0].score if best else None
        target = criteria.get("TargetObjectiveMetricValue")
        if target is not None and score is not None and score >= self._sign * target:
            return True
        most = (criteria.get("BestObjectiveNotImproving") or {}).get("MaxNumberOfTrainingJobsNotImproving")
        return most is not None and self.trials.since_best() >= int(most)

    def _count(self) -> None:
        """Store how many training jobs are in each state, and the best."""
        best = self.trials.best_first()[:1]
        more = {"BestTrainingJob": best[0].summary()} if best else {}
        everywhere = [(self, trial) for trial in best]
        everywhere += [(parent, trial) for parent in self.parents for trial in parent.trials.best_first()[:1]]
        if everywhere and self.parents:
            tuning, trial = max(everywhere, key=lambda pair: pair[1].score or 0.0)
            more["OverallBestTrainingJob"] = {**trial.summary(), "TuningJobName": tuning.name}
        self.update(**self.trials.counters(), **more)
