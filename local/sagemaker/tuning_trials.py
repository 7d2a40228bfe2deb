"""The training jobs of a tuning job: their objective, their order, and how many are in which state."""

import threading
from collections.abc import Mapping
from typing import Any

from local.sagemaker import metrics
from local.sagemaker.training import TrainingJob
from local.sagemaker.tuning_ranges import Point

Record = dict[str, Any]
_FIELDS = (
    *("TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingStartTime", "TrainingEndTime"),
    *("TrainingJobStatus", "FailureReason"),
)


class Trial:
    """One training job. `steps_judged` counts the values of the objective that early stopping has looked at."""

    def __init__(self, job: TrainingJob, point: Point, tuned: Mapping[str, str], objective: Mapping[str, str]) -> None:
        self.job = job
        self.point = point
        self.tuned = dict(tuned)
        self.steps_judged = 0
        self._objective = objective
        self._sign = 1.0 if objective["Type"] == "Maximize" else -1.0

    @property
    def status(self) -> str:
        """The training job's status."""
        return str(self.job.record["TrainingJobStatus"])

    @property
    def is_over(self) -> bool:
        """Whether the training job has ended."""
        return self.job.finished.is_set()

    @property
    def value(self) -> float | None:
        """The objective of a training job that ended, None where it has none."""
        for metric in self.job.record.get("FinalMetricDataList", []):
            if self.is_over and metric["MetricName"] == self._objective["MetricName"]:
                return float(metric["Value"])
        return None

    @property
    def score(self) -> float | None:
        """The objective, larger for better ones."""
        return None if self.value is None else self._sign * self.value

    def curve(self) -> list[float]:
        """Return the objective step by step, so far; larger values are better."""
        for definition in self.job.record["AlgorithmSpecification"].get("MetricDefinitions", []):
            if definition["Name"] == self._objective["MetricName"]:
                return [self._sign * value for value in metrics.history(definition, self.job.lines())]
        return []

    def summary(self) -> Record:
        """Return the training job as ListTrainingJobsForHyperParameterTuningJob shows it."""
        record, value = self.job.record, self.value
        metric = {"FinalHyperParameterTuningJobObjectiveMetric": {**self._objective, "Value": value}}
        return {
            **{name: record[name] for name in _FIELDS if name in record},
            "TunedHyperParameters": self.tuned,
            "ObjectiveStatus": "Succeeded" if value is not None else "Failed" if self.is_over else "Pending",
            **(metric if value is not None else {}),
        }


class Trials:
    """All training jobs of one tuning job, in the order of their creation."""

    def __init__(self) -> None:
        self._all: list[Trial] = []
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._all)

    def add(self, trial: Trial) -> None:
        """Add a training job that was started."""
        with self._lock:
            self._all.append(trial)

    def all(self) -> list[Trial]:
        """Return every training job."""
        with self._lock:
            return list(self._all)

    def running(self) -> list[Trial]:
        """Return those that have not ended."""
        return [trial for trial in self.all() if not trial.is_over]

    def best_first(self) -> list[Trial]:
        """Return those that have an objective, the best first."""
        scored = [(score, trial) for trial in self.all() if (score := trial.score) is not None]
        return [trial for _, trial in sorted(scored, key=lambda pair: pair[0], reverse=True)]

    def since_best(self) -> int:
        """Return how many have ended that were started after the best one."""
        trials, best = self.all(), self.best_first()[:1]
        return sum(trial.is_over for trial in trials[trials.index(best[0]) + 1 :]) if best else 0

    def counters(self) -> Record:
        """Return what Describe tells of them all."""
        trials = self.all()
        statuses = [trial.status for trial in trials]
        objectives = [trial.summary()["ObjectiveStatus"] for trial in trials]
        return {
            "TrainingJobStatusCounters": {
                "Completed": statuses.count("Completed"),
                "InProgress": statuses.count("InProgress") + statuses.count("Stopping"),
                "RetryableError": 0,
                "NonRetryableError": statuses.count("Failed"),
                "Stopped": statuses.count("Stopped"),
            },
            "ObjectiveStatusCounters": {name: objectives.count(name) for name in ("Succeeded", "Pending", "Failed")},
            "ConsumedResources": {
                "RuntimeInSeconds": sum(trial.job.record.get("TrainingTimeInSeconds", 0) for trial in trials)
            },
            "TuningJobCompletionDetails": {"NumberOfTrainingJobsObjectiveNotImproving": self.since_best()},
            "TrainingJobSummaries": [trial.summary() for trial in self.best_first()],
        }

    def why_none(self, metric: str) -> str:
        """Return why no training job has the objective metric."""
        failed = [trial.job.record for trial in self.all() if trial.status == "Failed"]
        if failed:
            return (
                "ClientError: All training jobs failed. Please take a look at the training job failures to get more "
                f"details. The first, {failed[0]['TrainingJobName']}: {failed[0].get('FailureReason', '')}"
            )
        return (
            f"ClientError: No training job has the objective metric {metric}: none of their logs matches its regular "
            "expression in AlgorithmSpecification.MetricDefinitions."
        )
