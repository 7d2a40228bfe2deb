"""The Security and Audit stacks on their own, in any variant."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk

from config.schema import Audit as AuditSettings
from config.schema import Keys
from stacks.audit import Audit
from stacks.security import Security
from stacks.values.account import Account
from stacks.values.identity import Identity
from stacks.values.key_arns import KeyArns

ACCOUNT = Account("aws", "111122223333", "eu-west-1")
NAME = "ashlar-test"
IDENTITY = Identity(ACCOUNT, "/ashlar/test/", ACCOUNT.global_arn("iam", "policy/boundary"))
CLASSES = ("data", "artifacts", "functions", "logs", "trail", "notifications")
KEYS = {kind: ACCOUNT.arn("kms", f"key/{number:08}-0000-0000-0000-000000000000") for number, kind in enumerate(CLASSES)}


def security(existing: Mapping[str, str] | None = None, *, retain: bool = True) -> tuple[dict[str, Any], KeyArns]:
    """The template, and what the stack hands on. `existing`: class -> ARN of a key."""
    app = _app()
    stack = Security(
        app, "Security", name=NAME, account=ACCOUNT, settings=Keys.model_validate(existing or {}), retain=retain
    )
    return app.synth().get_stack_by_name("Security").template, stack.keys


def audit(*, retain: bool = True, **settings: Any) -> dict[str, Any]:
    """The template. `settings`: of `audit` in the configuration."""
    app, chosen = _app(), AuditSettings.model_validate(settings)
    Audit(app, "Audit", name=NAME, identity=IDENTITY, keys=KeyArns(**KEYS), settings=chosen, retain=retain)
    template: dict[str, Any] = app.synth().get_stack_by_name("Audit").template
    return template


def _app() -> cdk.App:
    return cdk.App(builtin_cloud_formation_validation=False, outdir=tempfile.mkdtemp())
