"""Training jobs: channels from S3, the user's script, model and output archives to S3, metrics from the log."""

from pathlib import Path
from typing import Any

from local.sagemaker import script_mode
from local.sagemaker.events import described, state_changed
from local.sagemaker.jobs import Job, JobError
from local.sagemaker.metrics import final_metrics
from local.sagemaker.state import now
from local.sagemaker.storage import DataError, download, download_archive, pack, unpack, upload, upload_folder

Record = dict[str, Any]
DEFAULT_LIMIT_SECONDS = 24 * 3600
_MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
}
_FOLDERS = ("input/config", "input/data", "model", "output/data", "code", "checkpoints")


class TrainingJob(Job):
    """One training job."""

    log_group = "/aws/sagemaker/TrainingJobs"
    kind = "training-job"
    _exceeded = False

    def execute(self) -> str:
        """Fetch the channels, run the script, store what it made."""
        hyperparameters = self.record.get("HyperParameters", {})
        for folder in _FOLDERS:
            (self.folder.opt_ml / folder).mkdir(parents=True)
        script_mode.write_configuration(self.folder.opt_ml / "input/config", hyperparameters, self._channels())
        self.enter("Downloading")
        self._download()
        command = self._command(script_mode.decode_hyperparameters(hyperparameters))
        started = now()
        self.enter("Training", TrainingStartTime=started)
        limit = self.record["StoppingCondition"].get("MaxRuntimeInSeconds", DEFAULT_LIMIT_SECONDS)
        status = self.run_process(command, self._environment(), limit)
        seconds = max(1, round((now() - started).total_seconds()))
        self.update(TrainingTimeInSeconds=seconds, BillableTimeInSeconds=seconds, TrainingEndTime=now())
        self._upload_checkpoints()
        if status:
            raise JobError(self.failure_text(status, self.folder.opt_ml / "output/failure"))
        self._store_results()
        return "Completed" if status == 0 else "Stopped"

    def finish(self, status: str, reason: str | None) -> None:
        """Store the job's end."""
        secondary = "MaxRuntimeExceeded" if status == "Stopped" and self._exceeded else status
        failure = {"TrainingEndTime": now(), "FailureReason": reason} if reason else {}
        self.enter(secondary, TrainingJobStatus=status, **failure)

    def on_time_limit(self) -> None:
        """Remember why the process is ended."""
        self._exceeded = True

    def enter(self, status: str, **changes: Any) -> None:
        """Enter a secondary status, with the other changes that come with it."""
        with self.region.lock:
            transitions = self.record.setdefault("SecondaryStatusTransitions", [])
            if transitions:
                transitions[-1]["EndTime"] = now()
            transitions.append({"Status": status, "StartTime": now(), "StatusMessage": _MESSAGES[status]})
            self.update(SecondaryStatus=status, **changes)
        announce(self.record)

    def _channels(self) -> list[Record]:
        return list(self.record.get("InputDataConfig", []))

    def _download(self) -> None:
        s3 = self.session.client("s3")
        for channel in self._channels():
            source = channel["DataSource"]["S3DataSource"]
            folder = self.folder.opt_ml / "input/data" / channel["ChannelName"]
            download(s3, source["S3Uri"], folder, data_type=source["S3DataType"])
        checkpoints = self.record.get("CheckpointConfig")
        if checkpoints:
            self._resume(s3, checkpoints["S3Uri"])

    def _resume(self, s3: Any, uri: str) -> None:
        try:
            download(s3, uri.rstrip("/") + "/", self._checkpoints())
        except DataError:
            self.log.write(f"No checkpoint below {uri}: training starts from the beginning.")

    def _checkpoints(self) -> Path:
        return self.folder.inside(self.record["CheckpointConfig"].get("LocalPath", "/opt/ml/checkpoints"))

    def _upload_checkpoints(self) -> None:
        checkpoints = self.record.get("CheckpointConfig")
        if checkpoints:
            kms_key = self.record["OutputDataConfig"].get("KmsKeyId")
            upload_folder(self.session.client("s3"), self._checkpoints(), checkpoints["S3Uri"], kms_key=kms_key)

    def _command(self, hyperparameters: Record) -> list[str]:
        specification = self.record["AlgorithmSpecification"]
        entrypoint = specification.get("ContainerEntrypoint", [])
        if entrypoint:
            return self.folder.rewrite_all([*entrypoint, *specification.get("ContainerArguments", [])])
        code = self._code(str(hyperparameters["sagemaker_submit_directory"]))
        script = code / str(hyperparameters["sagemaker_program"])
        if not script.is_file():
            raise JobError(f"AlgorithmError: sagemaker_program {script.name} is not in sagemaker_submit_directory")
        arguments = script_mode.arguments(script_mode.user_hyperparameters(hyperparameters))
        return ["python3", str(script), *self.folder.rewrite_all(arguments)]

    def _code(self, submit_directory: str) -> Path:
        """Return the folder of the user's code; an archive, local or in S3, is unpacked into /opt/ml/code."""
        target = self.folder.opt_ml / "code"
        if submit_directory.startswith("s3://"):
            download_archive(self.session.client("s3"), submit_directory, target)
            return target
        path = self.folder.inside(submit_directory)
        if path.is_dir():
            return path
        if not path.is_file():
            raise JobError(f"ClientError: sagemaker_submit_directory {submit_directory} does not exist in the job")
        unpack(path.read_bytes(), target)
        return target

    def _environment(self) -> dict[str, str]:
        given = self.record.get("Environment", {})
        decoded = script_mode.decode_hyperparameters(self.record.get("HyperParameters", {}))
        user = script_mode.user_hyperparameters(decoded)
        contract = script_mode.environment(self.folder.opt_ml, user, self._channels())
        own = {"TRAINING_JOB_NAME": self.name, "TRAINING_JOB_ARN": self.arn}
        return self.folder.environment(self.session, {**given, **contract, **own})

    def _working_folder(self) -> Path:
        return self.folder.opt_ml / "code"

    def _store_results(self) -> None:
        self.enter("Uploading")
        output = self.record["OutputDataConfig"]
        prefix = f"{output['S3OutputPath'].rstrip('/')}/{self.name}/output"
        s3 = self.session.client("s3")
        upload(s3, f"{prefix}/model.tar.gz", pack(self.folder.opt_ml / "model"), kms_key=output.get("KmsKeyId"))
        if any((self.folder.opt_ml / "output/data").iterdir()):
            archive = pack(self.folder.opt_ml / "output/data")
            upload(s3, f"{prefix}/output.tar.gz", archive, kms_key=output.get("KmsKeyId"))
        metrics = final_metrics(self.record["AlgorithmSpecification"].get("MetricDefinitions", []), self.log.lines())
        self.update(ModelArtifacts={"S3ModelArtifacts": f"{prefix}/model.tar.gz"}, FinalMetricDataList=metrics)


def announce(record: Record) -> None:
    """Tell EventBridge the job's state."""
    state_changed("Training Job State", described("DescribeTrainingJob", record), [record["TrainingJobArn"]])
