"""An organisation's own qualifier reaches all that `cdk bootstrap` made with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.stacks.resources import Template
from tests.stacks.variant import assembly_of, changed, stacks_of

ACCOUNT = "111122223333"
OWN = {"identity": {"bootstrap_qualifier": "org1"}}


@pytest.fixture(scope="module")
def stacks() -> dict[str, Template]:
    return stacks_of(changed("dev", OWN))


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list):
        for each in value:
            yield from strings(each)
    if isinstance(value, str):
        yield value


def should_take_code_from_the_bucket_of_the_qualifier(stacks: dict[str, Template]) -> None:
    resources = [its for template in stacks.values() for its in template["Resources"].values()]
    code = [its["Properties"]["Code"]["S3Bucket"] for its in resources if its["Type"] == "AWS::Lambda::Function"]
    assert set(code) == {f"cdk-org1-assets-{ACCOUNT}-eu-west-1"}


def should_decrypt_the_code_archive_with_the_key_of_the_qualifier(stacks: dict[str, Template]) -> None:
    policies = [
        its for its in stacks["training-reviews"]["Resources"].values() if "PolicyDocument" in its["Properties"]
    ]
    statements = [s for policy in policies for s in policy["Properties"]["PolicyDocument"]["Statement"]]
    keys = [s["Condition"] for s in statements if s["Sid"] == "CodeKey"]
    assert len(keys) == 5  # processing, training, evaluation, scan, experiment
    alias = {"kms:ResourceAliases": "alias/cdk-org1-assets-key"}
    assert all(condition == {"ForAnyValue:StringEquals": alias} for condition in keys)


def should_let_the_deployers_of_the_qualifier_into_the_buckets(stacks: dict[str, Template]) -> None:
    text = json.dumps(stacks["data"])
    for role in ("cfn-exec", "deploy"):
        assert f"role/cdk-org1-{role}-role-{ACCOUNT}-eu-west-1" in text


def should_deploy_as_the_roles_of_the_qualifier() -> None:
    for stack in assembly_of(changed("dev", OWN)).stacks:
        assert f":role/cdk-org1-deploy-role-{ACCOUNT}-" in stack.assume_role_arn
        assert f":role/cdk-org1-cfn-exec-role-{ACCOUNT}-" in stack.cloud_formation_execution_role_arn


def should_name_the_default_qualifier_nowhere(stacks: dict[str, Template]) -> None:
    (limits,) = stacks_of(changed("dev", OWN), bootstrap=True).values()
    everything = {**stacks, "bootstrap": limits}
    assert not [
        (name, text) for name, template in everything.items() for text in strings(template) if "hnb659fds" in text
    ]
    assert limits["Outputs"]["Qualifier"]["Value"] == "org1"
