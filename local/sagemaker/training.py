"""Training jobs: instances that run, are interrupted and run again; what they made to S3; metrics from their logs."""

import threading
import time
from typing import Any

from local import faults, hooks
from local.sagemaker import failure_reasons, metrics
from local.sagemaker.attempt import Attempt, End
from local.sagemaker.checkpoints import Checkpoints
from local.sagemaker.children import state_folder
from local.sagemaker.job_kind import TRAINING
from local.sagemaker.jobs import Job, JobError
from local.sagemaker.roles import RoleSession
from local.sagemaker.script_mode import Cluster
from local.sagemaker.state import Region, now
from local.sagemaker.storage import pack, upload, upload_folder
from local.sagemaker.timing import timing
from local.sagemaker.training_host import TrainingHost

Record = dict[str, Any]
DEFAULT_LIMIT_SECONDS = 24 * 3600
_LOG_GROUP = "/aws/sagemaker/TrainingJobs"
_MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Interrupted": "Training job interrupted: its managed spot instances were taken away",
    "Restarting": "Preparing new instances, which go on from the last checkpoint",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopping": "Stopping the training job",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
    "MaxWaitTimeExceeded": "Training job ran out of the time that MaxWaitTimeInSeconds gives for spot capacity",
}


class TrainingJob(Job):
    """One training job."""

    kind = TRAINING

    def __init__(self, region: Region, record: Record, session: RoleSession) -> None:
        super().__init__(region, record, session)
        resources = record["ResourceConfig"]
        names = tuple(f"algo-{number}" for number in range(1, resources.get("InstanceCount", 1) + 1))
        self._clusters = [Cluster(names, index, resources["InstanceType"]) for index in range(len(names))]
        self._logs = [self.open_log(_LOG_GROUP, host) for host in names]
        self._hosts: list[TrainingHost] = []
        self._attempt: Attempt | None = None
        self._lock = threading.Lock()
        self._created = time.monotonic()
        self._trained_seconds = 0.0
        self._exceeded: str | None = None
        config = record.get("CheckpointConfig")
        self._checkpoints = (
            Checkpoints(session.client("s3"), config["S3Uri"], kms_key=self._kms_key()) if config else None
        )

    def request_stop(self) -> None:
        """Ask the processes to end."""
        with self._lock:
            super().request_stop()
            if self._attempt:
                self._attempt.stop()

    def show_stopping(self) -> None:
        """Enter Stopping as a secondary status too."""
        self.enter("Stopping")

    def lines(self) -> list[str]:
        """Return what the hosts have written so far, the first host's lines last."""
        return [line for log in reversed(self._logs) for line in log.lines()]

    def execute(self) -> str:
        """Run the instances, again after each interruption, and store what they made."""
        self._prepare()
        started = now()
        self.enter("Training", TrainingStartTime=started)
        while (end := self._train()) is End.INTERRUPTED:
            self.enter("Interrupted")
            if self.stop_event.wait(timing().instance_start_seconds):
                end = End.STOPPED
                break
            self.enter("Restarting")
            self._prepare()
            self.enter("Training")
        self.update(TrainingEndTime=now())
        if self._attempt and self._attempt.failed:
            self._raise_failure(*self._attempt.failed)
        self._store_results()
        return "Completed" if end is End.COMPLETED else "Stopped"

    def clean_up(self) -> None:
        """Leave no process and no file."""
        for log in self._logs:
            log.close()
        self._remove_hosts()

    def finish(self, status: str, reason: str | None) -> None:
        """Store the job's end."""
        secondary = self._exceeded if status == "Stopped" and self._exceeded else status
        failure = {"TrainingEndTime": now(), "FailureReason": reason} if reason else {}
        self.enter(secondary, TrainingJobStatus=status, **failure)

    def enter(self, status: str, **changes: Any) -> None:
        """Enter a secondary status, with the other changes that come with it."""
        with self.region.lock:
            transitions = self.record.setdefault("SecondaryStatusTransitions", [])
            if transitions:
                transitions[-1]["EndTime"] = now()
            transitions.append({"Status": status, "StartTime": now(), "StatusMessage": _MESSAGES[status]})
            self.update(SecondaryStatus=status, **changes)
        TRAINING.announce(self.record)

    def _prepare(self) -> None:
        """Give each host an empty file system, its share of the data and the checkpoints that there are."""
        self.enter("Downloading")
        self._remove_hosts()
        for cluster, log in zip(self._clusters, self._logs, strict=True):
            self._hosts.append(TrainingHost(self.record, self.session, cluster, log))
        for host in self._hosts:
            host.fetch()
            if self._checkpoints and not self._checkpoints.resume(host.checkpoints):
                host.log.write(f"No checkpoint below {self._checkpoints.uri}: training starts from the beginning.")

    def _train(self) -> End:
        """Run the processes once, and count their time."""
        with self._lock:
            if self.stop_requested:
                return End.STOPPED
            self._attempt = attempt = Attempt({host.name: host.start() for host in self._hosts})
        is_spot = self.record.get("EnableManagedSpotTraining")
        spot = faults.SpotInstance(state_folder(), self.name) if is_spot else None
        started = time.monotonic()
        try:
            end = attempt.wait(self._seconds_left(), lambda: self._look(spot))
        finally:
            if spot:
                spot.release()
        self._trained_seconds += time.monotonic() - started
        seconds = max(1, round(self._trained_seconds))
        self.update(TrainingTimeInSeconds=seconds, BillableTimeInSeconds=seconds)
        if end is End.TIME_LIMIT:
            self._exceeded = "MaxRuntimeExceeded" if self._runtime_left() <= 0 else "MaxWaitTimeExceeded"
        self._store_checkpoints()
        self._check_pipes()
        return end

    def _check_pipes(self) -> None:
        for host in self._hosts:
            if host.problem:
                raise JobError(host.problem)

    def _look(self, spot: faults.SpotInstance | None) -> End | None:
        self._store_checkpoints()
        self._check_pipes()
        return End.INTERRUPTED if spot and spot.is_interrupted() else None

    def _store_checkpoints(self) -> None:
        if self._checkpoints:
            for host in self._hosts:
                self._checkpoints.store(host.checkpoints)

    def _runtime_left(self) -> float:
        limit = self.record["StoppingCondition"].get("MaxRuntimeInSeconds", DEFAULT_LIMIT_SECONDS)
        return float(limit) - self._trained_seconds

    def _seconds_left(self) -> float:
        """Return how long the processes may run: to the runtime's end, and of spot jobs to that of the waiting time."""
        longest = self.record["StoppingCondition"].get("MaxWaitTimeInSeconds")
        waited = time.monotonic() - self._created
        return min(self._runtime_left(), longest - waited if longest else self._runtime_left())

    def _raise_failure(self, host: str, status: int) -> None:
        failed = next(one for one in self._hosts if one.name == host)
        reason = failure_reasons.of_process(status, failed.folder.opt_ml / "output/failure", failed.log.tail(8))
        raise JobError(reason if len(self._hosts) == 1 else f"{reason}\n(on {host})")

    def _store_results(self) -> None:
        self.enter("Uploading")
        output = self.record["OutputDataConfig"]
        prefix = f"{output['S3OutputPath'].rstrip('/')}/{self.name}/output"
        s3, key = self.session.client("s3"), self._kms_key()
        models = [host.folder.opt_ml / "model" for host in self._hosts]
        others = [host.folder.opt_ml / "output/data" for host in self._hosts]
        artifacts = f"{prefix}/model.tar.gz"
        if output.get("CompressionType") == "NONE":
            artifacts = f"{prefix}/model/"
            for folder in reversed(models):
                upload_folder(s3, folder, artifacts, kms_key=key)
        else:
            upload(s3, artifacts, pack(*models), kms_key=key)
        if any(any(folder.iterdir()) for folder in others):
            upload(s3, f"{prefix}/output.tar.gz", pack(*others), kms_key=key)
        found = metrics.final_metrics(self.record["AlgorithmSpecification"].get("MetricDefinitions", []), self.lines())
        self.update(ModelArtifacts={"S3ModelArtifacts": artifacts}, FinalMetricDataList=found)
        publish(self.name, found)

    def _remove_hosts(self) -> None:
        for host in self._hosts:
            host.remove()
        self._hosts.clear()

    def _kms_key(self) -> str | None:
        key: str | None = self.record["OutputDataConfig"].get("KmsKeyId")
        return key


def publish(job: str, found: list[Record]) -> None:
    """Show a job's metrics in CloudWatch, where SageMaker does."""
    data = [
        hooks.Datum(m["MetricName"], {"TrainingJobName": job}, m["Timestamp"].timestamp(), {m["Value"]: 1.0})
        for m in found
    ]
    if data:
        hooks.put_metrics("/aws/sagemaker/TrainingJobs", data)
