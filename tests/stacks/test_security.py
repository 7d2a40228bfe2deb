"""The customer keys: what they are, whom their policies let in, and keys that exist already."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stacks.permissions.resource_statement import ResourceStatement
from tests.conftest import ROOT as ROOT_FOLDER
from tests.stacks.foundation import ACCOUNT, CLASSES, KEYS, NAME, security
from tests.stacks.resources import of_type

Template = dict[str, Any]
ROOT = "arn:aws:iam::111122223333:root"
TRAIL = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/ashlar-test-trail"
QUEUE = "arn:aws:sqs:eu-west-1:111122223333:ashlar-test-dead-letters"
OF_QUEUE = {"StringEquals": {"kms:EncryptionContext:aws:sqs:arn": QUEUE}}
GROUP = "arn:aws:logs:eu-west-1:111122223333:log-group:"


def _log_groups(*patterns: str) -> tuple[str, dict[str, Any]]:
    encrypted = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": [f"{GROUP}{pattern}" for pattern in patterns]}}
    return "logs.eu-west-1.amazonaws.com", encrypted


# class -> the services that its key lets in beside the account's IAM, each with its condition
SERVICES: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "data": [],
    "artifacts": [],
    "functions": [],
    "logs": [
        _log_groups("/ashlar-test/*", "/aws/sagemaker/Endpoints/ashlar-test-*", "aws-waf-logs-ashlar-test*"),
    ],
    "trail": [
        (
            "cloudtrail.amazonaws.com",
            {
                "StringEquals": {"aws:SourceArn": TRAIL},
                "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": "arn:aws:cloudtrail:*:111122223333:trail/*"},
            },
        ),
        ("cloudtrail.amazonaws.com", {"StringEquals": {"aws:SourceArn": TRAIL}}),
        _log_groups("/ashlar-test/trail"),
    ],
    "notifications": [
        ("cloudwatch.amazonaws.com", {"StringEquals": {"aws:SourceAccount": "111122223333"}}),
        (
            "events.amazonaws.com",
            {
                "StringEquals": {
                    "kms:EncryptionContext:aws:sns:topicArn": "arn:aws:sns:eu-west-1:111122223333:ashlar-test-operators"
                }
            },
        ),
        ("events.amazonaws.com", OF_QUEUE),
        ("sns.amazonaws.com", OF_QUEUE),
    ],
}


@pytest.fixture(scope="module")
def template() -> Template:
    return security()[0]


def policies(template: Template) -> dict[str, list[dict[str, Any]]]:
    """Class -> statements of its key's policy, by the alias that points to the key."""
    resources = template["Resources"]
    return {
        alias["Properties"]["AliasName"].removeprefix(f"alias/{NAME}-"): resources[
            alias["Properties"]["TargetKeyId"]["Ref"]
        ]["Properties"]["KeyPolicy"]["Statement"]
        for alias in of_type(template, "AWS::KMS::Alias")
    }


def should_make_one_key_and_alias_for_each_class(template: Template) -> None:
    assert set(policies(template)) == set(CLASSES) == set(SERVICES)
    assert len(of_type(template, "AWS::KMS::Key")) == len(CLASSES)


def should_rotate_every_key_and_wait_thirty_days_before_deleting_one(template: Template) -> None:
    for key in of_type(template, "AWS::KMS::Key"):
        assert key["Properties"]["EnableKeyRotation"] is True
        assert key["Properties"]["PendingWindowInDays"] == 30


@pytest.mark.parametrize(("retain", "policy"), [(True, "Retain"), (False, "Delete")])
def should_keep_keys_as_long_as_the_data(retain: bool, policy: str) -> None:
    for key in of_type(security(retain=retain)[0], "AWS::KMS::Key"):
        assert (key["DeletionPolicy"], key["UpdateReplacePolicy"]) == (policy, policy)


@pytest.mark.parametrize("kind", CLASSES)
def should_let_in_the_services_that_need_the_class_and_nobody_else(template: Template, kind: str) -> None:
    delegation, grants, *services = policies(template)[kind]
    assert delegation["Principal"] == grants["Principal"] == {"AWS": ROOT}
    assert [(s["Principal"]["Service"], s["Condition"]) for s in services] == SERVICES[kind]


@pytest.mark.parametrize("kind", CLASSES)
def should_allow_nobody_a_grant_to_anyone_but_a_service(template: Template, kind: str) -> None:
    granting = [s for s in policies(template)[kind] if "kms:CreateGrant" in s["Action"]]
    assert [s["Condition"] for s in granting] == [{"Bool": {"kms:GrantIsForAWSResource": "true"}}]
    assert granting[0]["Action"] == ["kms:CreateGrant"]  # another action never carries the key: it would be dead


@pytest.mark.parametrize("kind", CLASSES)
def should_leave_the_key_manageable_by_the_account(template: Template, kind: str) -> None:
    delegation = policies(template)[kind][0]
    assert {"kms:PutKeyPolicy", "kms:GetKeyPolicy", "kms:DescribeKey", "kms:Decrypt"} <= set(delegation["Action"])
    assert not [action for action in delegation["Action"] if "*" in action]


@pytest.mark.parametrize("kind", CLASSES)
def should_use_a_service_for_encryption_only(template: Template, kind: str) -> None:
    used = ("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey*", "ReEncrypt*")
    for statement in policies(template)[kind][2:]:
        assert set(statement["Action"]) <= {f"kms:{action}" for action in used}


def should_stay_within_the_size_of_a_key_policy(template: Template) -> None:
    for statements in policies(template).values():
        assert len(json.dumps(statements)) < 32 * 1024


@pytest.mark.parametrize("kind", CLASSES)
def should_use_an_existing_key_as_it_is(kind: str) -> None:
    template, keys = security({kind: KEYS[kind]})
    assert getattr(keys, kind) == KEYS[kind]
    assert set(policies(template)) == set(CLASSES) - {kind}


def should_make_nothing_when_all_keys_exist() -> None:
    template, keys = security(KEYS)
    assert "Resources" not in template
    assert [getattr(keys, kind) for kind in CLASSES] == list(KEYS.values())


def should_tell_the_owners_of_existing_keys_every_statement_they_need(template: Template) -> None:
    told = (ROOT_FOLDER / "docs/audit.md").read_text("utf-8").splitlines()
    for kind, found in policies(template).items():
        for statement in found[2:]:
            (row,) = [line for line in told if line.startswith(f"| `{kind}` | `{statement['Sid']}` |")]
            assert statement["Principal"]["Service"].replace("eu-west-1", "<region>") in row
            for keys in statement["Condition"].values():
                assert all(f"`{key}`" in row for key in keys), row


def should_refuse_a_statement_that_allows_everybody() -> None:
    with pytest.raises(ValueError, match="name the principal"):
        ResourceStatement("Open", "*", ["kms:Decrypt"], {"StringEquals": {"kms:CallerAccount": ACCOUNT.id}})
