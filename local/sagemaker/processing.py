"""Processing jobs: inputs from S3, a command, outputs to S3."""

import re
import threading
from typing import Any

from local.sagemaker import failure_reasons, job_operations, jobs
from local.sagemaker.attempt import Attempt, End
from local.sagemaker.children import Child
from local.sagemaker.errors import require_only, require_value, unsupported, validation
from local.sagemaker.job_kind import PROCESSING
from local.sagemaker.jobs import Job, JobError, JobFolder
from local.sagemaker.operations import Call, Record, operation
from local.sagemaker.roles import RoleSession, require_pass_role
from local.sagemaker.state import Region, now
from local.sagemaker.storage import download, upload_folder

_DEFAULT_LIMIT_SECONDS = 24 * 3600
_HOST = "algo-1"
_MESSAGE_FILE = "output/message"

job_operations.register(PROCESSING)


class ProcessingJob(Job):
    """One processing job."""

    kind = PROCESSING

    def __init__(self, region: Region, record: Record, session: RoleSession) -> None:
        super().__init__(region, record, session)
        self.folder = JobFolder(self.name)
        self.log = self.open_log("/aws/sagemaker/ProcessingJobs", _HOST)
        self._attempt: Attempt | None = None
        self._exit_message: str | None = None
        self._lock = threading.Lock()

    def request_stop(self) -> None:
        """Ask the process to end."""
        with self._lock:
            super().request_stop()
            if self._attempt:
                self._attempt.stop()

    def execute(self) -> str:
        """Fetch the inputs, run the command, store the outputs."""
        self._change(ProcessingStartTime=now())
        self._fetch_inputs()
        for output in self._outputs():
            self.folder.inside(output["S3Output"]["LocalPath"]).mkdir(parents=True, exist_ok=True)
        (self.folder.opt_ml / "output").mkdir(exist_ok=True)
        limit = self.record.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", _DEFAULT_LIMIT_SECONDS)
        try:
            end = self._run_process(limit)
        finally:
            self._exit_message = self._read_exit_message()
        if end is End.TIME_LIMIT:
            raise JobError(
                f"ClientError: The job ran longer than MaxRuntimeInSeconds ({limit} s) and was stopped. Raise the "
                "limit or take a larger instance type."
            )
        if end is End.STOPPED:
            return "Stopped"
        kms_key = self.record.get("ProcessingOutputConfig", {}).get("KmsKeyId")
        for output in self._outputs():
            target = output["S3Output"]
            upload_folder(
                self.session.client("s3"), self.folder.inside(target["LocalPath"]), target["S3Uri"], kms_key=kms_key
            )
        return "Completed"

    def _run_process(self, limit: float) -> End:
        with self._lock:
            if self.stop_requested:
                return End.STOPPED
            command, environment = self._command(), self._environment()
            child = Child(command, environment=environment, folder=self.folder.opt_ml, write_line=self.log.write)
            self._attempt = attempt = Attempt({_HOST: child})
        end = attempt.wait(limit, lambda: None)
        if attempt.failed:
            message_file = self.folder.opt_ml / _MESSAGE_FILE
            raise JobError(failure_reasons.of_process(attempt.failed[1], message_file, self.log.tail(8)))
        return end

    def clean_up(self) -> None:
        """Leave no process and no file."""
        self.log.close()
        self.folder.remove()

    def finish(self, status: str, reason: str | None) -> None:
        """Store the job's end."""
        failure = {"FailureReason": reason} if reason else {}
        self._change(
            ProcessingJobStatus=status, ProcessingEndTime=now(), ExitMessage=self._exit_message, **failure
        )  # fmt: skip

    def _fetch_inputs(self) -> None:
        for given in self.record.get("ProcessingInputs", []):
            source = given["S3Input"]
            folder = self.folder.inside(source["LocalPath"])
            download(self.session.client("s3"), source["S3Uri"], folder, data_type=source["S3DataType"])

    def _command(self) -> list[str]:
        specification = self.record["AppSpecification"]
        words = [*specification.get("ContainerEntrypoint", []), *specification.get("ContainerArguments", [])]
        return self.folder.rewrite_all(words)

    def _environment(self) -> dict[str, str]:
        own = {"PROCESSING_JOB_NAME": self.name, "PROCESSING_JOB_ARN": self.arn}
        return self.folder.environment(self.session, {**self.record.get("Environment", {}), **own})

    def _outputs(self) -> list[Record]:
        return list(self.record.get("ProcessingOutputConfig", {}).get("Outputs", []))

    def _read_exit_message(self) -> str | None:
        path = self.folder.opt_ml / _MESSAGE_FILE
        return path.read_text(errors="replace").strip()[:1024] or None if path.is_file() else None

    def _change(self, **changes: Any) -> None:
        self.update(**changes)
        PROCESSING.announce(self.record)


@operation(
    "CreateProcessingJob",
    *("ProcessingJobName", "ProcessingInputs", "ProcessingOutputConfig", "ProcessingResources", "StoppingCondition"),
    *("AppSpecification", "Environment", "NetworkConfig", "RoleArn", "Tags", "ExperimentConfig"),
)
def create_processing_job(call: Call) -> Record:
    """Start a processing job."""
    require_pass_role(call, call["RoleArn"])
    _refuse_unsupported(call)
    network = call.get("NetworkConfig", {})
    record, session = job_operations.new(PROCESSING, call.region, call.params, role=call["RoleArn"], network=network)
    PROCESSING.announce(record)
    jobs.launch(ProcessingJob(call.region, record, session))
    return {"ProcessingJobArn": record["ProcessingJobArn"]}


def _refuse_unsupported(call: Call) -> None:
    cluster = call["ProcessingResources"]["ClusterConfig"]
    require_only("ClusterConfig", cluster, ("InstanceCount", "InstanceType", "VolumeSizeInGB", "VolumeKmsKeyId"))
    if cluster.get("InstanceCount") != 1:
        raise unsupported("A processing job on several instances", "Set InstanceCount to 1.")
    if not call["AppSpecification"].get("ContainerEntrypoint"):
        raise unsupported("A container's own entry point", "Name the command in AppSpecification.ContainerEntrypoint.")
    for given in call.get("ProcessingInputs", []):
        _check_input(f"Input {given['InputName']}", given)
    for output in call.get("ProcessingOutputConfig", {}).get("Outputs", []):
        where = f"Output {output['OutputName']}"
        require_only(where, output, ("OutputName", "S3Output"), "Use S3Output.")
        _check_local_path(where, output.get("S3Output", {}))
        require_value(where, output["S3Output"], "S3UploadMode", "EndOfJob")


def _check_input(where: str, given: Record) -> None:
    require_only(where, given, ("InputName", "S3Input"), "Use S3Input.")
    source = given.get("S3Input", {})
    _check_local_path(where, source)
    for field, only in (
        ("S3InputMode", "File"),
        ("S3CompressionType", "None"),
        ("S3DataDistributionType", "FullyReplicated"),
    ):
        require_value(where, source, field, only)


def _check_local_path(where: str, place: Record) -> None:
    if not re.match(r"/opt/ml/processing(/|$)", place.get("LocalPath", "")):
        raise validation(f"{where}: LocalPath must be given and begin with /opt/ml/processing/.")
