"""Approval becomes a roll-out: a reconciler that updates inference stacks, with the narrow role it passes."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from stacks.constructs.naming import construct_id
from stacks.constructs.private_function import PrivateFunction
from stacks.constructs.scoped_role import ScopedRole
from stacks.constructs.wake_up import WakeUp
from stacks.inference import Inference
from stacks.permissions import release, trust
from stacks.values.function_surroundings import FunctionSurroundings

# A safety net: a missed event is made good at the next look.
SCHEDULE = "rate(10 minutes)"


class Release(cdk.Stack):
    """One function for all endpoints; for each endpoint one role that CloudFormation releases it with."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        endpoints: list[Inference],
        topic_arn: str,
        around: FunctionSurroundings,
        **stack: Any,
    ) -> None:
        super().__init__(scope, id, **stack)
        self._around = around
        account = around.identity.account
        roles = {endpoint.names.stack: self._release_role(endpoint) for endpoint in endpoints}
        described = [_described(endpoint, roles[endpoint.names.stack]) for endpoint in endpoints]
        statements = [*release.find(), *release.tell(topic_arn, around.dead_letters_key)]
        for endpoint in endpoints:
            statements += release.reconciler(account, endpoint.names, roles[endpoint.names.stack].role_arn)
        reconciler = PrivateFunction(
            self,
            "Reconciler",
            package="release",
            log_group=f"/{name}/release",
            environment={"ENDPOINTS": self.to_json_string(described), "TOPIC_ARN": topic_arn},
            memory_mb=256,
            timeout_seconds=120,
            statements=statements,
            around=around,
        )
        self._wake(reconciler, endpoints)

    def _release_role(self, endpoint: Inference) -> ScopedRole:
        identity = self._around.identity
        return ScopedRole(
            self,
            f"{construct_id(endpoint.names.endpoint)}Role",
            identity=identity,
            kind="release",
            trust=trust.cloudformation_service(),
            description=f"Releases {endpoint.names.endpoint}",
            statements=release.release(identity.account, endpoint.names, self._around.placement),
        )

    def _wake(self, reconciler: PrivateFunction, endpoints: list[Inference]) -> None:
        """Package changes, stack changes and a schedule: the reconciler looks at what is, not at what happened."""
        groups = sorted({group for endpoint in endpoints for group in endpoint.names.groups})
        account = self._around.identity.account
        stacks = [account.arn("cloudformation", f"stack/{endpoint.names.stack}/") for endpoint in endpoints]
        to: dict[str, Any] = {"function": reconciler, "dead_letters_arn": self._around.dead_letters_arn}
        WakeUp(
            self,
            "PackageChanged",
            description="A model package was registered, approved or rejected",
            pattern={
                "source": ["aws.sagemaker"],
                "detail-type": ["SageMaker Model Package State Change"],
                "detail": {"ModelPackageGroupName": groups},
            },
            **to,
        )
        WakeUp(
            self,
            "StackChanged",
            description="An inference stack reached a new status",
            pattern={
                "source": ["aws.cloudformation"],
                "detail-type": ["CloudFormation Stack Status Change"],
                "detail": {"stack-id": [{"prefix": stack} for stack in stacks]},
            },
            **to,
        )
        WakeUp(self, "Regularly", description="Makes good what was missed", schedule=SCHEDULE, **to)


def _described(endpoint: Inference, role: ScopedRole) -> dict[str, object]:
    """What the function must know of an endpoint; lambda/release/settings.py reads it."""
    variants = [
        {"name": v.name, "parameter": v.parameter, "group": v.group, "weight": v.weight} for v in endpoint.variants
    ]
    return {
        "stack": endpoint.names.stack,
        "role": role.role_arn,
        "name": endpoint.names.endpoint,
        "configuration": endpoint.names.configuration_id,
        "models": sorted(endpoint.names.model_ids.values()),
        "variants": variants,
    }
