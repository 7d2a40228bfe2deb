"""Who calls an asynchronous endpoint: a role for the account's applications."""

from __future__ import annotations

import aws_cdk as cdk

from stacks.constructs.scoped_role import ScopedRole
from stacks.permissions import hosting, trust
from stacks.values.identity import Identity
from stacks.values.store import Store


class RequesterRole:
    """It may leave requests of one endpoint, ask for them, and read what came of them. Its ARN is an output."""

    def __init__(self, stack: cdk.Stack, *, endpoint: str, identity: Identity, data: Store) -> None:
        made = ScopedRole(
            stack,
            "Requester",
            identity=identity,
            kind=hosting.REQUESTER,
            trust=trust.applications(identity.account),
            description=f"Calls {endpoint}",
            statements=hosting.requester(identity.account, endpoint, data),
        )
        # Not by Fn::GetAtt: for that CloudFormation would read the role at each release, as the release's role.
        arn = identity.account.global_arn("iam", f"role{identity.path_of(hosting.REQUESTER)}{made.role.ref}")
        cdk.CfnOutput(stack, "RequesterRole", value=arn)
