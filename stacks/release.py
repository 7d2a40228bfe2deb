"""Approval becomes a roll-out: a reconciler that updates inference stacks, with the narrow role it passes."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.constructs.naming import construct_id
from stacks.constructs.placement import Placement
from stacks.constructs.private_function import PrivateFunction
from stacks.constructs.release_role import ReleaseRole
from stacks.constructs.scoped_role import ScopedRole
from stacks.inference import Inference

# A safety net: a missed event is made good at the next look.
SCHEDULE = cdk.Duration.minutes(10)


class Release(cdk.Stack):
    """One function for all endpoints; for each endpoint one role that CloudFormation releases it with."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        endpoints: list[Inference],
        key: kms.IKey,
        logs_key: kms.IKey,
        placement: Placement,
        **stack: Any,
    ) -> None:
        super().__init__(scope, id, **stack)
        roles = {endpoint.stack_name: self._release_role(endpoint) for endpoint in endpoints}
        described = [_described(endpoint, roles[endpoint.stack_name]) for endpoint in endpoints]
        reconciler = PrivateFunction(
            self,
            "Reconciler",
            package="release",
            log_group=f"/{name}/release",
            environment={"ENDPOINTS": self.to_json_string(described)},
            memory_mb=256,
            timeout_seconds=120,
            key=key,
            logs_key=logs_key,
            placement=placement,
        )
        for endpoint in endpoints:
            self._may_release(reconciler.role, endpoint, roles[endpoint.stack_name])
        self._wake(reconciler, endpoints)

    def _release_role(self, endpoint: Inference) -> ReleaseRole:
        return ReleaseRole(
            self,
            f"{construct_id(endpoint.endpoint_name)}Role",
            endpoint=endpoint.endpoint_name,
            model_ids=list(endpoint.model_ids.values()),
            configuration_id=endpoint.configuration_id,
            groups=_groups(endpoint),
            hosting_role=endpoint.role,
            volume_key=endpoint.volume_key,
        )

    def _may_release(self, function: ScopedRole, endpoint: Inference, release: ReleaseRole) -> None:
        """The function itself can touch no model: it may only update this stack, as the release role."""
        id = construct_id(endpoint.endpoint_name)
        stacks = [function.arn("cloudformation", "stack", f"{endpoint.stack_name}/*")]
        verbs = ["DescribeStackEvents", "DescribeStackResource", "DescribeStacks"]
        function.allow(f"Read{id}", [f"cloudformation:{verb}" for verb in verbs], stacks)
        live = [function.arn("sagemaker", "endpoint", endpoint.endpoint_name)]
        function.allow(f"Live{id}", ["sagemaker:DescribeEndpoint"], live)
        only_as = {"StringEquals": {"cloudformation:RoleArn": release.role.role_arn}}
        function.allow(f"Update{id}", ["cloudformation:UpdateStack"], stacks, only_as)
        to_cloudformation = {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}
        function.allow(f"Pass{id}", ["iam:PassRole"], [release.role.role_arn], to_cloudformation)
        groups = _groups(endpoint)
        packages = [function.arn("sagemaker", "model-package", f"{group}/*") for group in groups]
        # It may take a package out of the running, but approve none.
        only_reject = {"StringEquals": {"sagemaker:ModelApprovalStatus": "Rejected"}}
        function.allow(f"Reject{id}", ["sagemaker:UpdateModelPackage"], packages, only_reject)
        # Listing supports no resource; the function lists its own groups only.
        function.allow(f"List{id}", ["sagemaker:ListModelPackages"], ["*"])

    def _wake(self, reconciler: PrivateFunction, endpoints: list[Inference]) -> None:
        """Package changes, stack changes and a schedule: the reconciler looks at what is, not at what happened."""
        groups = sorted({group for endpoint in endpoints for group in _groups(endpoint)})
        ids = [reconciler.role.arn("cloudformation", "stack", f"{endpoint.stack_name}/") for endpoint in endpoints]
        target = targets.LambdaFunction(reconciler.function)
        events.Rule(
            self,
            "PackageChanged",
            description="A model package was registered, approved or rejected",
            event_pattern=events.EventPattern(
                source=["aws.sagemaker"],
                detail_type=["SageMaker Model Package State Change"],
                detail={"ModelPackageGroupName": groups},
            ),
            targets=[target],
        )
        events.Rule(
            self,
            "StackChanged",
            description="An inference stack reached a new status",
            event_pattern=events.EventPattern(
                source=["aws.cloudformation"],
                detail_type=["CloudFormation Stack Status Change"],
                detail={"stack-id": [{"prefix": id} for id in ids]},
            ),
            targets=[target],
        )
        events.Rule(self, "Regularly", schedule=events.Schedule.rate(SCHEDULE), targets=[target])


def _groups(endpoint: Inference) -> list[str]:
    return sorted({variant.group for variant in endpoint.variants})


def _described(endpoint: Inference, role: ReleaseRole) -> dict[str, object]:
    """What the function must know of an endpoint; lambda/release/settings.py reads it."""
    variants = [
        {"name": v.name, "parameter": v.parameter, "group": v.group, "weight": v.weight} for v in endpoint.variants
    ]
    return {
        "stack": endpoint.stack_name,
        "role": role.role.role_arn,
        "name": endpoint.endpoint_name,
        "configuration": endpoint.configuration_id,
        "variants": variants,
    }
