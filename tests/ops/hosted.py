"""A hosted endpoint of `dev` as the APIs tell it: its stack, its registry, what SageMaker runs. Tests change it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.ops.conftest import Client, Deployed, refused

STACK = "arn:aws:cloudformation:eu-west-1:111122223333:stack/ashlar-dev-inference-reviews/1"
CONFIGURATION = "ashlardevreviewsconfig-abc"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def group(candidate: str) -> str:
    return f"ashlar-dev-reviews-{candidate}"


def package(candidate: str, version: int) -> str:
    return f"arn:aws:sagemaker:eu-west-1:111122223333:model-package/{group(candidate)}/{version}"


def token(*packages: str) -> str:
    """A client request token of the reconciler's."""
    return "-".join(["release", *(hashlib.sha256(arn.encode()).hexdigest()[:8] for arn in packages), "0a1b2c3d"])


class Hosted(Client):
    """CloudFormation, SageMaker and STS of one endpoint with the variants linear (90) and xgboost (10).

    `registry`: ARN -> [approval status, description]. `serving`: variant -> package, `declared` the same where
    the stack selects others. `events`: oldest first.
    """

    def __init__(self, deployed: Deployed) -> None:
        self.registry = {package(candidate, 1): ["Approved", ""] for candidate in ("linear", "xgboost")}
        self.serving = {candidate: package(candidate, 1) for candidate in ("linear", "xgboost")}
        self.declared: dict[str, str] = {}
        self.weights = {"linear": 90.0, "xgboost": 10.0}
        self.tags: dict[str, dict[str, str]] = {}
        self.events: list[dict[str, Any]] = []
        self.endpoint: dict[str, Any] = {"EndpointStatus": "InService", "EndpointConfigName": CONFIGURATION}
        self.stack = {"StackId": STACK, "StackName": "ashlar-dev-inference-reviews", "StackStatus": "UPDATE_COMPLETE"}
        deployed.clients |= {"sagemaker": self, "cloudformation": self, "sts": self}
        deployed.stack = self._stack  # type: ignore[method-assign]

    def _stack(self, *name: str) -> dict[str, Any]:
        assert name == ("inference", "reviews")
        selected = self.declared or self.serving
        values = {f"{name.title()}ModelPackage": arn for name, arn in selected.items()}
        return {**self.stack, "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()]}

    def operation(self, token: str, *events: tuple[str, str, str], minutes: int = 0) -> None:
        """Events of one operation: (resource, status, reason); `stack` is the stack itself. A minute apart."""
        for index, (resource, status, reason) in enumerate(events):
            self.events.append(
                {
                    "LogicalResourceId": resource,
                    "PhysicalResourceId": STACK if resource == "stack" else resource,
                    "ResourceType": {
                        "stack": "AWS::CloudFormation::Stack",
                        "endpoint": "AWS::SageMaker::Endpoint",
                    }.get(resource, "AWS::IAM::Role"),
                    "ResourceStatus": status,
                    "ResourceStatusReason": reason,
                    "ClientRequestToken": token,
                    "Timestamp": NOW + timedelta(minutes=minutes + index),
                }
            )

    def describe_stack_events(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        assert StackName == STACK
        return {"StackEvents": list(reversed(self.events))}

    def list_stack_resources(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        arn = f"arn:aws:sagemaker:eu-west-1:111122223333:endpoint-config/{CONFIGURATION}"
        return {
            "StackResourceSummaries": [{"ResourceType": "AWS::SageMaker::EndpointConfig", "PhysicalResourceId": arn}]
        }

    def get_caller_identity(self) -> dict[str, Any]:
        return {"Arn": "arn:aws:iam::111122223333:user/ada"}

    def describe_endpoint(self, EndpointName: str) -> dict[str, Any]:  # noqa: N803
        assert EndpointName == "ashlar-dev-reviews"
        if not self.endpoint:
            raise refused("ValidationException", 'Could not find endpoint "ashlar-dev-reviews".')
        variants = [{"VariantName": name, "CurrentWeight": weight} for name, weight in self.weights.items()]
        return {"ProductionVariants": variants, **self.endpoint}

    def describe_endpoint_config(self, EndpointConfigName: str) -> dict[str, Any]:  # noqa: N803
        assert EndpointConfigName == self.endpoint["EndpointConfigName"]
        variants = [{"VariantName": name, "ModelName": f"model-{name}"} for name in self.serving]
        return {"ProductionVariants": variants, "CreationTime": NOW}

    def describe_model(self, ModelName: str) -> dict[str, Any]:  # noqa: N803
        return {"PrimaryContainer": {"ModelPackageName": self.serving[ModelName.removeprefix("model-")]}}

    def list_model_packages(self, ModelPackageGroupName: str) -> dict[str, Any]:  # noqa: N803
        found = [
            {
                "ModelPackageArn": arn,
                "ModelPackageVersion": int(arn.rsplit("/", 1)[-1]),
                "ModelApprovalStatus": status,
                "CreationTime": NOW,
            }
            for arn, (status, _) in self.registry.items()
            if f"/{ModelPackageGroupName}/" in arn
        ]
        return {"ModelPackageSummaryList": found}

    def describe_model_package(self, ModelPackageName: str) -> dict[str, Any]:  # noqa: N803
        status, description = self.registry[ModelPackageName]
        return {"ModelApprovalStatus": status, "ApprovalDescription": description}

    def update_model_package(
        self,
        ModelPackageArn: str,  # noqa: N803
        ModelApprovalStatus: str,  # noqa: N803
        ApprovalDescription: str,  # noqa: N803
    ) -> None:
        assert len(ApprovalDescription) <= 1024
        self.registry[ModelPackageArn] = [ModelApprovalStatus, ApprovalDescription]

    def list_tags(self, ResourceArn: str) -> dict[str, Any]:  # noqa: N803
        return {"Tags": [{"Key": k, "Value": v} for k, v in self.tags.get(ResourceArn, {}).items()]}

    def add_tags(self, ResourceArn: str, Tags: list[dict[str, str]]) -> None:  # noqa: N803
        self.tags.setdefault(ResourceArn, {}).update({tag["Key"]: tag["Value"] for tag in Tags})

    def delete_tags(self, ResourceArn: str, TagKeys: list[str]) -> None:  # noqa: N803
        for key in TagKeys:
            self.tags.get(ResourceArn, {}).pop(key, None)
