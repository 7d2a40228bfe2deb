"""Remove what would keep `cdk destroy` from finishing: running executions, objects and registered packages."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from ops.absence import is_absent
from ops.session import Environment, OpsError

POLL_SECONDS = 2.0
# SageMaker lets a step that is starting start before it stops it.
STOP_SECONDS = 900.0
# Outputs of the stacks `data` and `audit`.
DATA_BUCKETS = ("RawBucket", "DataBucket", "ArtifactsBucket")
LOG_BUCKETS = ("TrailBucket", "AccessLogsBucket")

Say = Callable[[str], None]


def stop_pipelines(environment: Environment, say: Say) -> None:
    """Stop every running execution and wait for its end: a pipeline that runs cannot be deleted."""
    running = [
        execution
        for model in environment.platform.models
        for execution in _running(environment, environment.platform.name(model))
    ]
    for arn, status in running:
        if status == "Executing":
            _stop(environment, arn)
    for arn, _ in running:
        say(f"Waiting for pipeline execution {arn.rsplit('/', 1)[-1]} to stop")
        _wait_for_end(environment, arn)


def empty(environment: Environment, say: Say) -> dict[str, int]:
    """Delete every object version and model package of the environment. Raises OpsError where data is retained."""
    platform = environment.platform
    if platform.retain_data:
        raise OpsError(f"Environment {platform.environment} retains its data (retain_data: true): nothing is emptied.")
    removed = {"object versions": 0, "model packages": 0}
    data, audit = _outputs(environment, "data"), _outputs(environment, "audit")
    s3 = _custodian(environment, data)
    # Every deletion is recorded, so the records come last.
    names = [*(data.get(name) for name in DATA_BUCKETS), *(audit.get(name) for name in LOG_BUCKETS)]
    for bucket in filter(None, names):
        say(f"Emptying bucket {bucket}")
        removed["object versions"] += _empty_bucket(s3, bucket)
    for model, settings in platform.models.items():
        for candidate in settings.candidates:
            removed["model packages"] += _empty_group(environment, platform.name(model, candidate))
    return removed


def _running(environment: Environment, pipeline: str) -> list[tuple[str, str]]:
    """(ARN, status) of the executions that have not ended; none where the pipeline is destroyed already."""
    pages = environment.client("sagemaker").get_paginator("list_pipeline_executions")
    try:
        return [
            (execution["PipelineExecutionArn"], execution["PipelineExecutionStatus"])
            for page in pages.paginate(PipelineName=pipeline)
            for execution in page["PipelineExecutionSummaries"]
            if execution["PipelineExecutionStatus"] in ("Executing", "Stopping")
        ]
    except ClientError as error:
        if is_absent(error):
            return []
        raise


def _stop(environment: Environment, execution: str) -> None:
    try:
        environment.client("sagemaker").stop_pipeline_execution(
            PipelineExecutionArn=execution, ClientRequestToken=str(uuid.uuid4())
        )
    except ClientError as error:
        if _code(error) != "ConflictException":  # it ended in the meantime
            raise


def _wait_for_end(environment: Environment, execution: str) -> None:
    sagemaker = environment.client("sagemaker")
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        status = sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)["PipelineExecutionStatus"]
        if status not in ("Executing", "Stopping"):
            return
        time.sleep(POLL_SECONDS)
    raise OpsError(f"{execution} is still {status} after {STOP_SECONDS:.0f} s. Try again when it has ended.")


def _outputs(environment: Environment, stack: str) -> dict[str, str]:
    """What a stack says; nothing before the first deployment, or where it is destroyed already."""
    try:
        return environment.outputs(stack)
    except OpsError:
        return {}


def _custodian(environment: Environment, data: dict[str, str]) -> Any:
    """The only one who may delete data from outside the VPC.

    It goes with the data stack. Records that AWS delivers after that are deleted with the operator's own credentials.
    """
    role = data.get("CustodianRole")
    return environment.assume(role, "empty").client("s3") if role else environment.client("s3")


def _empty_bucket(s3: Any, bucket: str) -> int:
    removed = 0
    try:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            removed += _delete(s3, bucket, page.get("Versions", []) + page.get("DeleteMarkers", []))
    except ClientError as error:
        if not is_absent(error):  # an earlier attempt to destroy came this far
            raise
    return removed


def _delete(s3: Any, bucket: str, versions: list[dict[str, Any]]) -> int:
    objects = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions]
    if objects:
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        if answer.get("Errors"):
            raise OpsError(f"{bucket} could not be emptied: {answer['Errors'][0]}")
    return len(objects)


def _empty_group(environment: Environment, group: str) -> int:
    sagemaker = environment.client("sagemaker")
    pages = sagemaker.get_paginator("list_model_packages")
    try:
        # All of them before the first is deleted: pages would shift.
        arns = [
            package["ModelPackageArn"]
            for page in pages.paginate(ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending")
            for package in page["ModelPackageSummaryList"]
        ]
    except ClientError as error:
        if is_absent(error):
            return 0  # the training stack is destroyed already
        raise
    for arn in arns:
        sagemaker.delete_model_package(ModelPackageName=arn)
    return len(arns)


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
