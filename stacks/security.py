"""The customer keys: one for each class of data."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from config.schema import Keys
from stacks.constructs.encryption_key import EncryptionKey
from stacks.permissions.keys import for_log_groups, for_notifications, for_trail
from stacks.permissions.resource_statement import ResourceStatement
from stacks.values.account import Account
from stacks.values.key_arns import KeyArns


class Security(cdk.Stack):
    """`keys` are the ARNs of keys made here, or of those that `settings` names: these are used as they are.

    Controls: KMS.3, KMS.4, KMS.5; docs/audit.md says what the policy of an existing key must allow.
    """

    def __init__(
        self, scope: Construct, id: str, *, name: str, account: Account, settings: Keys, retain: bool, **stack: Any
    ) -> None:
        super().__init__(scope, id, **stack)

        def key(kind: str, existing: str | None, description: str, *statements: ResourceStatement) -> str:
            if existing:
                return existing
            made = EncryptionKey(
                self,
                kind.capitalize(),
                account=account,
                alias=f"{name}-{kind}",
                description=f"{name}: {description}",
                statements=statements,
                retain=retain,
            )
            return made.arn

        self.keys = KeyArns(
            data=key("data", settings.data, "raw and processed data"),
            artifacts=key("artifacts", settings.artifacts, "models and volumes"),
            functions=key("functions", settings.functions, "settings of functions"),
            logs=key("logs", settings.logs, "log groups", *for_log_groups(account, name)),
            trail=key("trail", settings.trail, "the audit trail", *for_trail(account, name)),
            notifications=key(
                "notifications",
                settings.notifications,
                "the operators' topic and dead letters",
                *for_notifications(account, name),
            ),
        )
