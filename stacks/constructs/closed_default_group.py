"""The VPC's default security group, without rules."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from constructs import Construct

from stacks.constructs.private_function import PrivateFunction
from stacks.permissions import network
from stacks.values.function_surroundings import FunctionSurroundings

# Instead of an hour: a function that is not heard within minutes never will be.
ANSWER_WITHIN_SECONDS = "300"


class ClosedDefaultGroup(Construct):
    """A custom resource, because CloudFormation can add rules to a group that it did not make, but take none away.

    Its function runs in the VPC and reaches EC2 and CloudFormation through the endpoints: what it needs on the way is
    `after`.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        group_id: str,
        log_group: str,
        around: FunctionSurroundings,
        after: Sequence[Construct],
    ) -> None:
        super().__init__(scope, id)
        function = PrivateFunction(
            self,
            "Function",
            package="default_security_group",
            log_group=log_group,
            environment={},
            memory_mb=256,
            timeout_seconds=60,
            statements=network.close_group(around.identity.account, group_id),
            around=around,
        )
        closed = cdk.CfnResource(
            self,
            "Closed",
            type="Custom::ClosedDefaultSecurityGroup",
            properties={"ServiceToken": function.arn, "ServiceTimeout": ANSWER_WITHIN_SECONDS, "GroupId": group_id},
        )
        closed.node.add_dependency(*after)
