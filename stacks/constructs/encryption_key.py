"""A customer managed key for one class of data."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.permissions.keys import of_every_key
from stacks.permissions.resource_statement import ResourceStatement, resource_policy
from stacks.values.account import Account

PENDING_WINDOW_DAYS = 30


class EncryptionKey(Construct):
    """One symmetric key, rotated every year, with the alias `alias/<alias>`. `arn` is the key's, never the alias's.

    Its policy delegates to the account's IAM; `statements` let services in.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        account: Account,
        alias: str,
        description: str,
        statements: Sequence[ResourceStatement],
        retain: bool,
    ) -> None:
        super().__init__(scope, id)
        key = kms.CfnKey(
            self,
            "Key",
            description=description,
            enable_key_rotation=True,
            pending_window_in_days=PENDING_WINDOW_DAYS,
            key_policy=resource_policy([*of_every_key(account), *statements], "*"),
        )
        key.apply_removal_policy(cdk.RemovalPolicy.RETAIN if retain else cdk.RemovalPolicy.DESTROY)
        kms.CfnAlias(self, "Alias", alias_name=f"alias/{alias}", target_key_id=key.ref)
        self.arn = key.attr_arn
