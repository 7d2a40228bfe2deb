"""What CloudFormation alone cannot do to a live endpoint: custom resources around its update, and their function."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk

from config.schema import Endpoint, Variant
from stacks.constructs.private_function import PrivateFunction
from stacks.constructs.scaling_arguments import policies, schedules
from stacks.permissions import live_endpoint as permissions
from stacks.values.function_surroundings import FunctionSurroundings

# The function waits, once weights or numbers have changed, until the endpoint is in service again.
ANSWER_WITHIN_SECONDS = "900"
HOLD, VARIANTS = "ScalingHold", "LiveVariants"


class LiveEndpoint:
    """HOLD comes before the endpoint's update, VARIANTS after it and before scalable targets and their policies.

    SageMaker refuses another instance type under a registered scalable target, so the hold deregisters it. An update
    keeps live weights and numbers of instances, so a changed one is applied afterwards. Both know all variants: one
    that scales no more had a target before.
    """

    def __init__(
        self,
        stack: cdk.Stack,
        *,
        endpoint: str,
        settings: Endpoint,
        configuration_id: str,
        stack_name: str,
        log_group: str,
        around: FunctionSurroundings,
    ) -> None:
        function = PrivateFunction(
            stack,
            "Live",
            package="live_endpoint",
            log_group=log_group,
            environment={},
            memory_mb=256,
            timeout_seconds=900,
            statements=permissions.live_endpoint(around.identity.account, endpoint, configuration_id, stack_name),
            around=around,
        )
        # Not by Fn::GetAtt: for that CloudFormation would read the function at each release, as the release's role.
        self.function = around.identity.account.arn("lambda", f"function:{function.function.ref}")
        self._endpoint = endpoint
        fleets = {name: its for name, its in settings.variants.items() if not its.serverless}
        self._hold = self._resource(stack, HOLD, {name: _machines(endpoint, name, its) for name, its in fleets.items()})
        live = {name: _live(endpoint, name, its) for name, its in settings.variants.items()}
        self._variants = self._resource(stack, VARIANTS, live)

    @property
    def resources(self) -> list[cdk.CfnResource]:
        """Both."""
        return [self._hold, self._variants]

    def waits_for(self, id: str) -> None:
        """The variants wait for the endpoint, which they name as text, by its logical id."""
        self._variants.add_override("DependsOn", id)

    def _resource(self, stack: cdk.Stack, id: str, variants: dict[str, Any]) -> cdk.CfnResource:
        own = {"EndpointName": self._endpoint, "Variants": variants}
        service = {"ServiceToken": self.function, "ServiceTimeout": ANSWER_WITHIN_SECONDS}
        return cdk.CfnResource(stack, id, type=f"Custom::{id}", properties={**service, **own})


def _live(endpoint: str, name: str, its: Variant) -> dict[str, Any]:
    """What of a variant an update keeps, and what its scaling is."""
    if its.serverless:
        return {"Weight": its.weight}
    fixed = {} if its.scaling else {"Instances": its.initial_instances}
    return {"Weight": its.weight, **_machines(endpoint, name, its), **fixed}


def _machines(endpoint: str, name: str, its: Variant) -> dict[str, Any]:
    """The type of a variant's instances and, where it scales, all that its scalable target has."""
    if its.scaling is None:
        return {"InstanceType": its.instance_type}
    return {
        "InstanceType": its.instance_type,
        "Min": its.scaling.min,
        "Max": its.scaling.max,
        "Policies": policies(endpoint, name, its.instance_type, its.scaling),
        "Schedules": schedules(its.scaling),
    }
