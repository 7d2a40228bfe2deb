"""The reconciler's eyes and hands: CloudFormation and the model registry."""

from __future__ import annotations

import datetime
from typing import Any

from botocore.exceptions import ClientError

from release.reconcile import Reject, Stack, Update
from release.settings import Endpoint

# CloudFormation's own words for "somebody else was first": the next stack event wakes us again.
_BUSY = ("_IN_PROGRESS state and can not be updated", "No updates are to be performed")
_ABSENT = ("Could not find endpoint", "does not exist")
_CANCELLED = "cancelled"
_DESCRIPTION_LIMIT = 1024


class StackGoneError(Exception):
    """The inference stack does not exist: not deployed yet, or already destroyed."""


class Cloud:
    """One CloudFormation and one SageMaker client of boto3."""

    def __init__(self, cloudformation: Any, sagemaker: Any) -> None:
        self._cloudformation = cloudformation
        self._sagemaker = sagemaker

    def stack(self, endpoint: Endpoint) -> Stack:
        """The stack as it is, and how its last operation ended. Raises StackGoneError."""
        try:
            described = self._cloudformation.describe_stacks(StackName=endpoint.stack)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                raise StackGoneError(endpoint.stack) from None
            raise
        events = self._last_operation(described["StackId"])
        started = events[-1]
        failed, reason = _first_failure(events)
        return Stack(
            status=described["StackStatus"],
            parameters={p["ParameterKey"]: p["ParameterValue"] for p in described["Parameters"]},
            token=started.get("ClientRequestToken", ""),
            failed=failed,
            reason=reason,
            event=started["EventId"],
            age=(datetime.datetime.now(datetime.UTC) - events[0]["Timestamp"]).total_seconds(),
            live=self._runs_what_the_stack_says(endpoint),
        )

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

    def update(self, endpoint: Endpoint, stack: Stack, update: Update) -> bool:
        """Start the update under the endpoint's release role; never wait for it. False: somebody else was first.

        Parameters of the stack that are no variant's here keep their values: one that is left out would be reset.
        """
        kept = [name for name in stack.parameters if name not in update.parameters]
        try:
            self._cloudformation.update_stack(
                StackName=endpoint.stack,
                UsePreviousTemplate=True,
                Parameters=[
                    *({"ParameterKey": name, "ParameterValue": value} for name, value in update.parameters.items()),
                    *({"ParameterKey": name, "UsePreviousValue": True} for name in kept),
                ],
                Capabilities=["CAPABILITY_IAM"],
                RoleARN=endpoint.role,
                ClientRequestToken=update.token,
            )
        except ClientError as error:
            if any(words in str(error) for words in _BUSY):
                return False
            raise
        return True

    def reject(self, reject: Reject) -> None:
        """Take the package out of the running, and say why where a person will look."""
        self._sagemaker.update_model_package(
            ModelPackageArn=reject.package,
            ModelApprovalStatus="Rejected",
            # One line of at most 1024 characters is all that the registry takes.
            ApprovalDescription=" ".join(reject.why.split())[:_DESCRIPTION_LIMIT],
        )

    def _runs_what_the_stack_says(self, endpoint: Endpoint) -> bool:
        """Whether the live endpoint's configuration is the stack's. True while there is no endpoint to compare."""
        try:
            live = self._sagemaker.describe_endpoint(EndpointName=endpoint.name)["EndpointConfigName"]
            declared = self._cloudformation.describe_stack_resource(
                StackName=endpoint.stack, LogicalResourceId=endpoint.configuration
            )["StackResourceDetail"]["PhysicalResourceId"]
        except ClientError as error:
            if any(words in str(error) for words in _ABSENT):
                return True
            raise
        # The physical id is an ARN, and ARNs have the name in lower case.
        return bool(declared.rsplit("/", 1)[-1].lower() == live.lower())

    def _last_operation(self, stack_id: str) -> list[dict[str, Any]]:
        """The events of the stack's last operation, newest first, down to the one that started it."""
        events: list[dict[str, Any]] = []
        for page in self._cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id):
            for event in page["StackEvents"]:
                events.append(event)
                if _starts_operation(event, stack_id):
                    return events
        return events


def _starts_operation(event: dict[str, Any], stack_id: str) -> bool:
    starts = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS")
    return event["PhysicalResourceId"] == stack_id and event["ResourceStatus"] in starts


def _first_failure(newest_first: list[dict[str, Any]]) -> tuple[str, str]:
    """(resource type, reason) of the operation's first failure that is not a consequence of another one."""
    failures = [
        (event["ResourceType"], f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}")
        for event in reversed(newest_first)
        if event["ResourceStatus"].endswith("_FAILED") and _CANCELLED not in event.get("ResourceStatusReason", "")
    ]
    return failures[0] if failures else ("", "")
