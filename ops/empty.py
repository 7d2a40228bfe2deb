"""Remove what would keep `cdk destroy` from finishing: objects and registered packages. Only where data is not kept."""

from __future__ import annotations

from ops.session import Environment, OpsError


def empty(environment: Environment) -> dict[str, int]:
    """Delete every object version and model package of the environment. Raises OpsError where data is retained."""
    platform = environment.platform
    if platform.retain_data:
        raise OpsError(f"Environment {platform.environment} retains its data (retain_data: true): nothing is emptied.")
    removed = {"object versions": 0, "model packages": 0}
    try:
        outputs = environment.outputs("data")
    except OpsError:
        return removed  # nothing was deployed, or it is destroyed already
    for bucket in (outputs["DataBucket"], outputs["ArtifactsBucket"]):
        removed["object versions"] += _empty_bucket(environment, bucket)
    for model, settings in platform.models.items():
        for candidate in settings.candidates:
            removed["model packages"] += _empty_group(environment, platform.name(model, candidate))
    return removed


def _empty_bucket(environment: Environment, bucket: str) -> int:
    s3 = environment.client("s3")
    removed = 0
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        versions = page.get("Versions", []) + page.get("DeleteMarkers", [])
        objects = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions]
        if objects:
            answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
            if answer.get("Errors"):
                raise OpsError(f"{bucket} could not be emptied: {answer['Errors'][0]}")
            removed += len(objects)
    return removed


def _empty_group(environment: Environment, group: str) -> int:
    sagemaker = environment.client("sagemaker")
    removed = 0
    try:
        pages = list(sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group))
    except sagemaker.exceptions.ClientError as error:
        if "does not exist" in str(error):
            return 0  # the training stack is destroyed already
        raise
    for package in [package for page in pages for package in page["ModelPackageSummaryList"]]:
        sagemaker.delete_model_package(ModelPackageName=package["ModelPackageArn"])
        removed += 1
    return removed
