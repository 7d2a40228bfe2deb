"""The role that API Gateway writes logs with: one for the whole account and region, of which the last set is used."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from stacks.constructs.scoped_role import ScopedRole
from stacks.permissions import functions, trust
from stacks.values.identity import Identity


class ApiLogging(Construct):
    """A stage that logs depends on `resource`."""

    def __init__(self, scope: Construct, id: str, *, identity: Identity) -> None:
        super().__init__(scope, id)
        role = ScopedRole(
            self,
            "Role",
            identity=identity,
            kind="api-logs",
            trust=trust.apigateway_service(),
            description="API Gateway writes logs",
            statements=functions.api_logs(),
        )
        self.resource = apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)
        # Other APIs of the account may have come to rely on the role.
        for each in (self.resource, role.role, *role.policies):
            each.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
