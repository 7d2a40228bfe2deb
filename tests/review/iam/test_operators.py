"""Condition operators against the examples and rules of AWS's documentation.

OPS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
SETS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
VARS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

from typing import Any

import pytest

from review.iam import Policies, Policy, PolicyError, Principal, Request, evaluate

ROLE = Principal("arn:aws:iam::111122223333:role/r")
DAY = "aws:currenttime"

# (source, condition, context, does it match)
CASES: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    (
        "OPS",
        {"StringEquals": {"aws:PrincipalTag/job-category": "iamuser-admin"}},
        {"aws:principaltag/Job-Category": "iamuser-admin"},
        True,
    ),
    ("OPS", {"StringEquals": {"k": "a"}}, {"k": "A"}, False),
    ("OPS", {"StringEquals": {"k": ["a", "b"]}}, {"k": "b"}, True),
    ("OPS", {"StringEquals": {"k": "a*"}}, {"k": "ab"}, False),
    ("OPS", {"StringEqualsIgnoreCase": {"k": "a"}}, {"k": "A"}, True),
    ("OPS", {"StringNotEquals": {"k": ["a", "b"]}}, {"k": "c"}, True),
    ("OPS", {"StringNotEquals": {"k": ["a", "b"]}}, {"k": "b"}, False),
    ("OPS: a negated operator matches an absent key", {"StringNotEquals": {"k": "a"}}, {}, True),
    ("OPS: any other does not", {"StringEquals": {"k": "a"}}, {}, False),
    ("OPS", {"StringNotEqualsIgnoreCase": {"k": "A"}}, {"k": "a"}, False),
    ("OPS", {"StringLike": {"s3:prefix": ["", "home/*"]}}, {"s3:prefix": "home/ann"}, True),
    ("OPS", {"StringLike": {"k": "a?c"}}, {"k": "ac"}, False),
    ("OPS", {"StringNotLike": {"k": "ml.p*"}}, {"k": "ml.p4d.24xlarge"}, False),
    ("OPS", {"NumericLessThanEquals": {"s3:max-keys": "10"}}, {"s3:max-keys": "10"}, True),
    ("OPS", {"NumericLessThan": {"s3:TlsVersion": "1.2"}}, {"s3:TlsVersion": "1.1"}, True),
    ("OPS", {"NumericLessThan": {"s3:TlsVersion": "1.2"}}, {}, False),
    ("OPS", {"NumericGreaterThan": {"k": "10"}}, {"k": "9"}, False),
    ("OPS", {"NumericGreaterThanEquals": {"k": "10"}}, {"k": "10.0"}, True),
    ("OPS", {"NumericEquals": {"k": "10"}}, {"k": "ten"}, False),
    ("OPS", {"NumericNotEquals": {"k": "10"}}, {}, True),
    (
        "OPS",
        # pragma: allowlist nextline secret - a made-up or public value that opens nothing
        {"DateGreaterThan": {"aws:TokenIssueTime": "2020-01-01T00:00:01Z"}},
        # pragma: allowlist nextline secret - a made-up or public value that opens nothing
        {"aws:TokenIssueTime": "2021-06-01T00:00:00Z"},
        True,
    ),
    ("OPS", {"DateLessThanEquals": {DAY: "2026-06-30T23:59:59Z"}}, {DAY: "2026-07-01T00:00:00Z"}, False),
    ("OPS: epoch", {"DateLessThan": {DAY: "1782864000"}}, {DAY: "2026-06-30T00:00:00Z"}, True),
    ("OPS", {"Bool": {"aws:SecureTransport": "false"}}, {"aws:SecureTransport": "False"}, True),
    ("OPS", {"Bool": {"aws:SecureTransport": False}}, {"aws:SecureTransport": "false"}, True),
    ("OPS", {"Bool": {"aws:MultiFactorAuthPresent": "true"}}, {}, False),
    ("OPS", {"BinaryEquals": {"k": "QmluYXJ5VmFsdWVJbkJhc2U2NA=="}}, {"k": "QmluYXJ5VmFsdWVJbkJhc2U2NA=="}, True),
    ("OPS", {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, {"aws:SourceIp": "203.0.113.7"}, True),
    (
        "OPS",
        {"IpAddress": {"aws:SourceIp": "2001:DB8:1234:5678::/64"}},
        {"aws:SourceIp": "2001:db8:1234:5678::1"},
        True,
    ),
    ("OPS", {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, {"aws:SourceIp": "203.0.113.7"}, False),
    (
        "OPS: no address, no match",
        {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        {"aws:SourceIp": "AWS Internal"},
        False,
    ),
    (
        "OPS: parts of an ARN are checked one by one",
        {"ArnEquals": {"k": "arn:aws:sns:*:111122223333:*"}},
        {"k": "arn:aws:sns:eu-west-1:111122223333:t"},
        True,
    ),
    ("OPS", {"ArnLike": {"k": "arn:aws:sns:*"}}, {"k": "arn:aws:sns:eu-west-1:111122223333:t"}, False),
    (
        "OPS",
        {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/cdk-*"}},
        {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/cdk-x"},
        False,
    ),
    ("OPS", {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/cdk-*"}}, {}, True),
    ("OPS: as ArnLike", {"ArnEquals": {"k": "arn:aws:sns:*"}}, {"k": "arn:aws:sns:eu-west-1:111122223333:t"}, False),
    (
        "OPS: the last part may hold colons",
        {"ArnLike": {"k": "arn:aws:logs:*:*:log-group:/p/*"}},
        {"k": "arn:aws:logs:eu-west-1:111122223333:log-group:/p/x:log-stream:y"},
        True,
    ),
    (
        "SETS: several values, no set operator (undefined by AWS): none may match",
        {"StringNotEquals": {"k": "a"}},
        {"k": ["a", "b"]},
        False,
    ),
    ("OPS: IfExists, absent", {"StringEqualsIfExists": {"k": "a"}}, {}, True),
    ("OPS: IfExists, present", {"StringEqualsIfExists": {"k": "a"}}, {"k": "b"}, False),
    ("OPS", {"BoolIfExists": {"aws:ViaAWSService": "false"}}, {"aws:ViaAWSService": "true"}, False),
    # pragma: allowlist nextline secret - a made-up or public value that opens nothing
    ("OPS: Null true is absence", {"Null": {"aws:TokenIssueTime": "true"}}, {}, True),
    ("OPS", {"Null": {"aws:TokenIssueTime": "true"}}, {"aws:TokenIssueTime": "x"}, False),
    # pragma: allowlist nextline secret - a made-up or public value that opens nothing
    ("OPS", {"Null": {"aws:TokenIssueTime": "false"}}, {"aws:TokenIssueTime": "x"}, True),
    ("OPS: keys are ANDed", {"StringEquals": {"a": "1", "b": "2"}}, {"a": "1", "b": "3"}, False),
    ("OPS: operators are ANDed", {"StringEquals": {"a": "1"}, "Bool": {"b": "true"}}, {"a": "1", "b": "true"}, True),
    (
        "SETS",
        {"ForAllValues:StringEquals": {"aws:TagKeys": ["environment", "cost-center"]}},
        {"aws:TagKeys": ["environment"]},
        True,
    ),
    (
        "SETS",
        {"ForAllValues:StringEquals": {"aws:TagKeys": ["environment"]}},
        {"aws:TagKeys": ["environment", "owner"]},
        False,
    ),
    ("SETS: true without the key", {"ForAllValues:StringEquals": {"aws:TagKeys": ["environment"]}}, {}, True),
    (
        "SETS: true for no values",
        {"ForAllValues:StringEquals": {"aws:TagKeys": ["environment"]}},
        {"aws:TagKeys": []},
        True,
    ),
    (
        "SETS",
        {"ForAnyValue:StringEquals": {"aws:TagKeys": ["environment"]}},
        {"aws:TagKeys": ["environment", "owner"]},
        True,
    ),
    ("SETS: false without the key", {"ForAnyValue:StringEquals": {"aws:TagKeys": ["environment"]}}, {}, False),
    ("SETS: also negated", {"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["environment"]}}, {}, False),
    (
        "SETS",
        {"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["environment"]}},
        {"aws:TagKeys": ["environment", "owner"]},
        True,
    ),
    (
        "SETS",
        {"ForAllValues:StringNotLike": {"sagemaker:InstanceTypes": ["ml.p*"]}},
        {"sagemaker:InstanceTypes": ["ml.m5.large", "ml.p3.2xlarge"]},
        False,
    ),
    ("VARS", {"StringLike": {"s3:prefix": "${aws:username}/*"}}, {"aws:username": "ann", "s3:prefix": "ann/x"}, True),
    ("VARS: an absent key matches nothing", {"StringEquals": {"k": "${aws:username}"}}, {"k": "ann"}, False),
    ("VARS: a default", {"StringEquals": {"k": "${aws:username, 'nobody'}"}}, {"k": "nobody"}, True),
    ("VARS: ${*} is a star", {"StringLike": {"k": "a${*}"}}, {"k": "ab"}, False),
    ("VARS", {"StringEquals": {"k": "a${*}"}}, {"k": "a*"}, True),
    (
        "VARS: what a variable brings is no wildcard",
        {"StringLike": {"k": "${aws:username}"}},
        {"k": "ann", "aws:username": "*"},
        False,
    ),
    (
        "VARS: single-valued keys only",
        {"StringEquals": {"k": "${aws:TagKeys}"}},
        {"k": "a", "aws:TagKeys": ["a", "b"]},
        False,
    ),
    ("VARS: strings and ARNs only", {"NumericEquals": {"k": "${n}"}}, {"k": "1", "n": "1"}, False),
]


def policy(condition: dict[str, Any], version: str = "2012-10-17") -> Policy:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": condition}
    return Policy.parse({"Version": version, "Statement": statement}, source="case")


def allowed(condition: dict[str, Any], context: dict[str, Any], version: str = "2012-10-17") -> bool:
    request = Request("s3:GetObject", "arn:aws:s3:::b/k", ROLE, context)
    return evaluate(request, Policies(identity=[policy(condition, version)])).allowed


@pytest.mark.parametrize(("source", "condition", "context", "matches"), CASES)
def should_match_as_the_documentation_says(
    source: str, condition: dict[str, Any], context: dict[str, Any], matches: bool
) -> None:
    assert allowed(condition, context) is matches, source


def should_take_variables_literally_before_version_2012() -> None:
    context = {"k": "ann", "aws:username": "ann"}
    assert not allowed({"StringEquals": {"k": "${aws:username}"}}, context, version="2008-10-17")
    assert allowed({"StringEquals": {"k": "${aws:username}"}}, context)


@pytest.mark.parametrize(
    "operator", ["StringEqual", "stringEquals", "NullIfExists", "ForSomeValues:StringEquals", "Bool:StringEquals", ""]
)
def should_name_an_operator_that_it_does_not_know(operator: str) -> None:
    with pytest.raises(PolicyError, match=f"case, statement 0: unknown condition operator '{operator}'"):
        policy({operator: {"k": "true"}})


@pytest.mark.parametrize(
    "condition", [{"Null": {"k": "maybe"}}, {"StringEquals": {"k": {"a": 1}}}, {"Bool": {"k": None}}]
)
def should_name_values_that_no_operator_takes(condition: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match=r"case, statement 0: .* k "):
        policy(condition)
