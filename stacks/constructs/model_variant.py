"""The SageMaker model behind one variant."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk

from stacks.constructs.accepted import SERVERLESS_MODEL
from stacks.constructs.acknowledgement import acknowledge
from stacks.constructs.scoped_role import ScopedRole
from stacks.values.placement import Placement


class ModelVariant:
    """An isolated model in the VPC. `placement` None: a serverless one, for which SageMaker has neither.

    `containers`: CloudFormation's JSON, which may choose between lists. `name`: the model's, as a token.
    """

    def __init__(
        self,
        stack: cdk.Stack,
        variant: str,
        *,
        containers: Any,
        logical_id: str,
        role: ScopedRole,
        placement: Placement | None,
    ) -> None:
        place: dict[str, Any] = {"EnableNetworkIsolation": False}
        if placement:
            vpc = {"Subnets": placement.subnet_ids, "SecurityGroupIds": [placement.security_group_id]}
            place = {"EnableNetworkIsolation": True, "VpcConfig": vpc}
        # No name: a new package replaces the model. CloudFormation derives the name from the logical id, which is
        # therefore lower-case and says whose model it is: the release role is allowed `model/<logical id>-*` only.
        # A direct child of the stack keeps its id as its logical id.
        self.resource = cdk.CfnResource(
            stack,
            logical_id,
            type="AWS::SageMaker::Model",
            properties={"ExecutionRoleArn": role.role_arn, "Containers": containers, **place},
        )
        # Never delete what an endpoint may still run on: an old model goes when nothing uses it any more.
        self.resource.add_override("UpdateReplacePolicy", "Retain")
        self.resource.add_override("DeletionPolicy", "Delete")
        if placement is None:
            acknowledge(self.resource, SERVERLESS_MODEL)
        self.name = cdk.Token.as_string({"Fn::GetAtt": [logical_id, "ModelName"]})
