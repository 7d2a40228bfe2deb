"""Permissions are written in stacks/permissions and nowhere else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

ELSEWHERE = [
    *sorted((ROOT / "stacks").glob("*.py")),
    *sorted((ROOT / "stacks/constructs").glob("*.py")),
    ROOT / "app.py",
]
ACTION = re.compile(r"[a-z][a-z0-9-]*:[A-Z*][A-Za-z*]*")
# An f-string that makes actions: f"s3:{verb}". ARNs are written in parts as well, but begin otherwise.
SERVICES = (
    "access-analyzer apigateway application-autoscaling cloudformation cloudtrail cloudwatch cognito-idp ec2 ecr "
    "events execute-api iam kms lambda logs route53 s3 sagemaker sns sqs ssm sts wafv2 xray"
)
SERVICE = re.compile(f"({SERVICES.replace(' ', '|')}):")
# The CDK's ways to write one; from_json takes a document that was written in stacks/permissions.
WAYS = re.compile(
    r"PolicyStatement|\bgrant\w*\(|add_to_\w*policy|iam\.(Role|Policy|ManagedPolicy)\(|inline_polic|aws_managed_polic"
)
# A resource-based permission that AWS::Lambda::Permission makes of two values; the other is the caller's ARN.
NOT_A_POLICY = {(name, "lambda:InvokeFunction") for name in ("prediction_api.py", "wake_up.py")}


def written(path: Path) -> Iterator[str]:
    """The text of every string of a file, docstrings aside; of an f-string, what it begins with."""
    tree = ast.parse(path.read_text("utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


@pytest.mark.parametrize("path", ELSEWHERE, ids=lambda path: path.name)
def should_name_no_action_outside_of_permissions(path: Path) -> None:
    found = {text for text in written(path) if ACTION.fullmatch(text) or SERVICE.fullmatch(text)}
    assert {text for text in found if (path.name, text) not in NOT_A_POLICY} == set()


@pytest.mark.parametrize("path", ELSEWHERE, ids=lambda path: path.name)
def should_grant_nothing_by_the_cdks_own_means(path: Path) -> None:
    assert not WAYS.search(path.read_text("utf-8"))


def should_find_a_permission_where_there_is_one(tmp_path: Path) -> None:
    file = tmp_path / "wrong.py"
    file.write_text(
        '"""s3:GetObject is named here."""\nactions = ["s3:GetObject", f"kms:{verb}", "arn:", "sagemaker:*"]\n'
    )
    found = [text for text in written(file) if ACTION.fullmatch(text) or SERVICE.fullmatch(text)]
    assert found == ["s3:GetObject", "sagemaker:*", "kms:"]
    for way in ("bucket.grant_read(role)", "iam.PolicyStatement(", "role.add_to_principal_policy(", "iam.Role(self"):
        assert WAYS.search(way)


def should_make_every_role_and_policy_in_the_constructs_for_them() -> None:
    """A role of one's own would have neither the boundary nor the path."""
    makers = {
        path.name
        for path in ELSEWHERE
        if re.search(r"CfnRole\(|CfnManagedPolicy\(|CfnPolicy\(", path.read_text("utf-8"))
    }
    assert makers == {"bootstrap.py", "scoped_role.py"}


def should_look_for_every_service_that_a_permission_names() -> None:
    named = set()
    for file in (ROOT / "stacks/permissions").glob("*.py"):
        named |= {text.split(":")[0] for text in written(file) if ACTION.fullmatch(text)}
    # Condition keys, and the pattern of an alarm's ARN.
    assert named - {"aws", "alarm"} <= set(SERVICES.split())
