"""From a resource's metadata to the ids of findings."""

from __future__ import annotations

from typing import Any

import pytest

from review.accepted import acknowledgements, flat
from review.findings import Acknowledgement, Place
from stacks.permissions.statement import Because

PATH = "/ashlar/dev/training/"
POLICY = Place("dev", "s", "Policy", "s/Policy")
ARN = {"Fn::GetAtt": ["Bucket", "Arn"]}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("*", "*"),
        ({"Fn::Join": ["", [ARN, "/raw/*"]]}, "<Bucket.Arn>/raw/*"),
        ({"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::*"]]}, "arn:<AWS::Partition>:s3:::*"),
        ({"Fn::Sub": "arn:${AWS::Partition}:s3:::*"}, "arn:<AWS::Partition>:s3:::*"),
        ({"Fn::Join": ["", [{"Fn::ImportValue": "data:BucketArn"}, "/*"]]}, "data:BucketArn/*"),
        ({"Fn::Select": [0, "a"]}, '{"Fn::Select":[0,"a"]}'),
    ],
)
def should_write_values_as_cdk_nag_does(value: object, text: str) -> None:
    assert flat(value) == text


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Properties": {"Path": PATH, "PolicyDocument": {"Statement": list(statements)}}}


def because(**reasons: str) -> dict[str, Any]:
    """A template's metadata."""
    return {"wildcards": {PATH: reasons}}


def statement(sid: str, action: Any, resource: Any, effect: str = "Allow") -> dict[str, Any]:
    return {"Sid": sid, "Effect": effect, "Action": action, "Resource": resource}


def should_accept_each_wildcard_of_a_statement_that_has_a_reason() -> None:
    resource = policy(
        statement("Read", ["s3:Get*", "s3:ListBucket"], [ARN, {"Fn::Join": ["", [ARN, "/raw/*"]]}]),
        statement("Other", "s3:PutObject", "*"),
    )
    accepted = list(acknowledgements(resource, POLICY, because(Read="OBJECT_KEYS")))
    assert [each.rule for each in accepted] == [
        "AwsSolutions-IAM5[Action::s3:Get*]",
        "AwsSolutions-IAM5[Resource::<Bucket.Arn>/raw/*]",
    ]
    assert {each.reason for each in accepted} == {Because.OBJECT_KEYS.value}
    assert {each.evidence for each in accepted} == {"Statement Read: s3:Get*, s3:ListBucket"}


def should_not_accept_anything_for_a_denial() -> None:
    resource = policy(statement("No", "s3:*", "*", "Deny"))
    assert list(acknowledgements(resource, POLICY, because(No="OBJECT_KEYS"))) == []


@pytest.mark.parametrize("path", ["/ashlar/dev/function/", ""])
def should_not_accept_the_same_statement_of_another_kind_of_role(path: str) -> None:
    resource = policy(statement("Read", "s3:Get*", "*"))
    resource["Properties"]["Path"] = path
    assert list(acknowledgements(resource, POLICY, because(Read="OBJECT_KEYS"))) == []


def should_refuse_a_reason_that_does_not_exist() -> None:
    with pytest.raises(KeyError, match="BECAUSE_I_SAY_SO"):
        list(acknowledgements(policy(statement("A", "s3:*", "*")), POLICY, because(A="BECAUSE_I_SAY_SO")))


def should_accept_what_a_resource_acknowledges() -> None:
    resource = {"Metadata": {"acknowledged": {"AwsSolutions-S1": {"reason": "why", "evidence": "where"}}}}
    (accepted,) = acknowledgements(resource, POLICY, {})
    assert accepted == Acknowledgement("AwsSolutions-S1", POLICY, "why", "where")


@pytest.mark.parametrize(
    ("action", "found"),
    [
        ("ec2:CreateNetworkInterface", ["CKV_AWS_111"]),
        ("ec2:CreateNetworkInterfacePermission", ["CKV_AWS_109", "CKV_AWS_111"]),
    ],
)
def should_accept_what_checkov_sees_in_the_statement(action: str, found: list[str]) -> None:
    resource = policy(statement("Interfaces", [action], ["*"]))
    accepted = acknowledgements(resource, POLICY, because(Interfaces="NETWORK_INTERFACES"))
    assert [each.rule for each in accepted if each.rule.startswith("CKV")] == found
