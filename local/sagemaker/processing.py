"""Processing jobs: inputs from S3, a command, outputs to S3."""

from typing import Any

from local.sagemaker import jobs, listing
from local.sagemaker.errors import ApiError, in_use, unsupported, validation
from local.sagemaker.events import described, state_changed
from local.sagemaker.jobs import Job, JobError
from local.sagemaker.operations import Call, Record, operation
from local.sagemaker.roles import RoleSession, require_pass_role
from local.sagemaker.state import Region, Table, now
from local.sagemaker.storage import download, upload_folder

_DEFAULT_LIMIT_SECONDS = 24 * 3600
_MESSAGE_FILE = "output/message"
_ENDED = ("Completed", "Failed", "Stopped")


def _missing(name: str) -> ApiError:
    return validation(f"Could not find requested job with name: {name}")


def table(region: Region) -> Table:
    """Return the region's processing jobs by name."""
    return region.table("processing-job", _missing)


class ProcessingJob(Job):
    """One processing job."""

    log_group = "/aws/sagemaker/ProcessingJobs"
    kind = "processing-job"
    _exceeded = False

    def execute(self) -> None:
        """Fetch the inputs, run the command, store the outputs."""
        self._change(ProcessingStartTime=now())
        self._fetch_inputs()
        for output in self._outputs():
            self.folder.inside(output["S3Output"]["LocalPath"]).mkdir(parents=True, exist_ok=True)
        (self.folder.opt_ml / "output").mkdir(exist_ok=True)
        limit = self.record.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", _DEFAULT_LIMIT_SECONDS)
        status = self.run_process(self._command(), self._environment(), limit)
        if self._exceeded:
            raise JobError(f"ClientError: The job ran longer than MaxRuntimeInSeconds ({limit} s) and was stopped.")
        if status:
            raise JobError(self.failure_text(status, self.folder.opt_ml / _MESSAGE_FILE))
        if status is None:
            self._finish("Stopped")
            return
        kms_key = self.record.get("ProcessingOutputConfig", {}).get("KmsKeyId")
        for output in self._outputs():
            target = output["S3Output"]
            upload_folder(
                self.session.client("s3"), self.folder.inside(target["LocalPath"]), target["S3Uri"], kms_key=kms_key
            )
        self._finish("Completed")

    def fail(self, reason: str) -> None:
        """Store the failure."""
        self._finish("Failed", FailureReason=reason)

    def on_time_limit(self) -> None:
        """Remember why the process is ended."""
        self._exceeded = True

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

    def _exit_message(self) -> str | None:
        path = self.folder.opt_ml / _MESSAGE_FILE
        return path.read_text(errors="replace").strip()[:1024] or None if path.is_file() else None

    def _finish(self, status: str, **changes: Any) -> None:
        self._change(
            ProcessingJobStatus=status, ProcessingEndTime=now(), ExitMessage=self._exit_message(), **changes
        )  # fmt: skip

    def _change(self, **changes: Any) -> None:
        self.update(**changes)
        announce(self.record)


def announce(record: Record) -> None:
    """Tell EventBridge the job's state."""
    detail = described("DescribeProcessingJob", record)
    state_changed("Processing Job State", detail, [record["ProcessingJobArn"]])


@operation(
    "CreateProcessingJob",
    *("ProcessingJobName", "ProcessingInputs", "ProcessingOutputConfig", "ProcessingResources", "StoppingCondition"),
    *("AppSpecification", "Environment", "NetworkConfig", "RoleArn", "Tags", "ExperimentConfig"),
)
def create_processing_job(call: Call) -> Record:
    """Start a processing job."""
    name, arn = call["ProcessingJobName"], call.region.arn(f"processing-job/{call['ProcessingJobName']}")
    require_pass_role(call, call["RoleArn"])
    _refuse_unsupported(call)
    with call.region.lock:
        if name in table(call.region):
            raise in_use(f"Job name must be unique within an AWS account and region, and a job exists with {arn}")
        session = RoleSession(call["RoleArn"], name, source_arn=arn)
        record = {k: v for k, v in call.params.items() if k != "Tags"}
        record |= {"ProcessingJobArn": arn, "ProcessingJobStatus": "InProgress", "CreationTime": now()}
        table(call.region)[name] = record
        call.region.tag(arn, call.get("Tags"))
    announce(record)
    jobs.launch(ProcessingJob(call.region, record, name, arn, session))
    return {"ProcessingJobArn": arn}


def _refuse_unsupported(call: Call) -> None:
    if call["ProcessingResources"]["ClusterConfig"]["InstanceCount"] != 1:
        raise unsupported("A processing job on several instances", "Set InstanceCount to 1.")
    if not call["AppSpecification"].get("ContainerEntrypoint"):
        raise unsupported("A container's own entry point", "Name the command in AppSpecification.ContainerEntrypoint.")
    for given in call.get("ProcessingInputs", []):
        source = given.get("S3Input")
        if given.get("AppManaged") or not source or not source.get("LocalPath"):
            raise unsupported(f"Input {given['InputName']}: anything but S3Input with LocalPath", "Use S3Input.")
        if source.get("S3InputMode", "File") != "File" or source.get("S3CompressionType", "None") != "None":
            raise unsupported(f"Input {given['InputName']}: Pipe or Gzip", "Use S3InputMode File without compression.")
    for output in call.get("ProcessingOutputConfig", {}).get("Outputs", []):
        target = output.get("S3Output") or {}
        if output.get("AppManaged") or target.get("S3UploadMode") != "EndOfJob" or not target.get("LocalPath"):
            raise unsupported(f"Output {output['OutputName']}: anything but EndOfJob", "Use S3UploadMode EndOfJob.")


@operation("DescribeProcessingJob", "ProcessingJobName")
def describe_processing_job(call: Call) -> Record:
    """Return the job's record."""
    return table(call.region)[call["ProcessingJobName"]]


@operation("ListProcessingJobs", *listing.FIELDS, "StatusEquals")
def list_processing_jobs(call: Call) -> Record:
    """Return the jobs that match."""
    records = table(call.region).values()
    return listing.page(call, records, "ProcessingJobSummaries", "ProcessingJobName", "ProcessingJobStatus")


@operation("StopProcessingJob", "ProcessingJobName")
def stop_processing_job(call: Call) -> Record:
    """Ask the job to stop."""
    with call.region.lock:
        record = table(call.region)[call["ProcessingJobName"]]
        if record["ProcessingJobStatus"] in _ENDED:
            raise validation(f"The request was rejected because the job is in status {record['ProcessingJobStatus']}.")
        record["ProcessingJobStatus"] = "Stopping"
    announce(record)
    job = jobs.find(record["ProcessingJobArn"])
    if job:
        job.request_stop()
    return {}
