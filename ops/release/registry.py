"""The model registry as releases use it: versions, their approval, and the tag that pauses an endpoint."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from botocore.exceptions import ClientError

from ops.absence import is_absent
from ops.endpoint import groups
from ops.session import Environment, OpsError

# On the model package groups of a paused endpoint; the reconciler reads it.
PAUSED = "release-paused:"
# What the values of SageMaker's tags are made of, at most 256 characters (API reference: Tag).
_TAG_VALUE = re.compile(r"[\w\s.:/=+\-@]{1,256}")
# UpdateModelPackage: ApprovalDescription
_DESCRIPTION_LIMIT = 1024


@dataclass(frozen=True)
class Package:
    """One version of a group."""

    arn: str
    version: int
    status: str
    created: datetime

    @property
    def digest(self) -> str:
        """How a release's client request token names it."""
        return hashlib.sha256(self.arn.encode()).hexdigest()[:8]


class Registry:
    """The model package groups that an endpoint is released from: `groups`, variant -> group."""

    def __init__(self, environment: Environment, endpoint: str) -> None:
        self._environment, self._sagemaker = environment, environment.client("sagemaker")
        self.groups = groups(environment, endpoint)
        self._packages: dict[str, list[Package]] | None = None
        self._tag = f"{PAUSED}{environment.platform.name(endpoint)}"

    def packages(self) -> dict[str, list[Package]]:
        """Group -> its versions, newest first; asked for once."""
        if self._packages is None:
            self._packages = {group: self._versions(group) for group in sorted(set(self.groups.values()))}
        return self._packages

    def why(self, package: Package) -> str:
        """The description of its approval: for a rejected one, the reason. A list does not say it."""
        described = self._sagemaker.describe_model_package(ModelPackageName=package.arn)
        return str(described.get("ApprovalDescription") or "no reason given")

    def reject(self, arn: str, why: str) -> None:
        """Take a package out of the running, with the reason where a person will look."""
        self._packages = None
        one_line = " ".join(why.split())[:_DESCRIPTION_LIMIT]
        self._sagemaker.update_model_package(
            ModelPackageArn=arn, ModelApprovalStatus="Rejected", ApprovalDescription=one_line
        )

    def paused(self) -> str | None:
        """Why the endpoint's releases are paused; None when they are not."""
        for arn in self._group_arns():
            pages = self._sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn)
            for tag in (tag for page in pages for tag in page["Tags"]):
                if tag["Key"] == self._tag:
                    return str(tag["Value"])
        return None

    def pause(self, reason: str) -> None:
        """Stop releases to the endpoint. Raises OpsError where the reason cannot be a tag's value."""
        check_reason(reason)
        for arn in self._group_arns():
            self._sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": self._tag, "Value": reason}])

    def resume(self) -> None:
        """Let releases go on."""
        for arn in self._group_arns():
            self._sagemaker.delete_tags(ResourceArn=arn, TagKeys=[self._tag])

    def _group_arns(self) -> Iterable[str]:
        platform = self._environment.platform
        here = f"arn:{platform.partition}:sagemaker:{platform.region}:{platform.account}"
        return [f"{here}:model-package-group/{group}" for group in sorted(set(self.groups.values()))]

    def _versions(self, group: str) -> list[Package]:
        pages = self._sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
        try:
            listed = [its for page in pages for its in page["ModelPackageSummaryList"]]
        except ClientError as error:
            if is_absent(error):
                raise OpsError(f"The model package group {group} does not exist: deploy the model's stack.") from None
            raise
        found = [
            Package(
                its["ModelPackageArn"],
                its["ModelPackageVersion"],
                its["ModelApprovalStatus"],
                its["CreationTime"],
            )
            for its in listed
        ]
        return sorted(found, key=lambda package: -package.version)


def check_reason(reason: str) -> None:
    """Raise OpsError where the reason of a pause cannot be a tag's value."""
    if not _TAG_VALUE.fullmatch(reason):
        raise OpsError(
            f"The reason {reason!r} cannot be kept: it becomes a tag's value, 1 to 256 letters, digits, spaces and "
            ". : / = + - @ _. Write it with these."
        )


def latest_approved(packages: Iterable[Package]) -> Package | None:
    """Of one group's versions, the one that releases take."""
    return max((its for its in packages if its.status == "Approved"), key=lambda its: its.version, default=None)
