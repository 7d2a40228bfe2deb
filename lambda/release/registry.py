"""The model registry: what is approved, what is held back, and what did not prove itself."""

from __future__ import annotations

from typing import Any

from release.settings import Endpoint

PAUSED = "release-paused:"


class Registry:
    """Model packages and their groups, by boto3's SageMaker client."""

    def __init__(self, sagemaker: Any) -> None:
        self._sagemaker = sagemaker

    def approved(self, endpoint: Endpoint) -> dict[str, str]:
        """Group -> its latest Approved package."""
        found = {}
        for group in {variant.group for variant in endpoint.variants}:
            packages = self._sagemaker.list_model_packages(
                ModelPackageGroupName=group,
                ModelApprovalStatus="Approved",
                SortBy="CreationTime",
                SortOrder="Descending",
            )["ModelPackageSummaryList"]
            if packages:
                latest = max(packages, key=lambda package: package["ModelPackageVersion"])
                found[group] = latest["ModelPackageArn"]
        return found

    def paused(self, endpoint: Endpoint) -> str | None:
        """Why its releases are held: the value of the tag `release-paused:<endpoint>` of any of its groups, or None."""
        region = self._sagemaker.meta.region_name
        _, partition, _, _, account, _ = endpoint.role.split(":", 5)
        for group in sorted({variant.group for variant in endpoint.variants}):
            arn = f"arn:{partition}:sagemaker:{region}:{account}:model-package-group/{group}"
            tags = self._sagemaker.list_tags(ResourceArn=arn, MaxResults=100)["Tags"]
            reasons = [tag["Value"] for tag in tags if tag["Key"] == f"{PAUSED}{endpoint.name}"]
            if reasons:
                return str(reasons[0])
        return None

    def reject(self, package: str, description: str) -> None:
        """Take the package out of the running, and say why where a person will look."""
        self._sagemaker.update_model_package(
            ModelPackageArn=package, ModelApprovalStatus="Rejected", ApprovalDescription=description
        )
