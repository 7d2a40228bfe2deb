"""Resolving a deployed template: each function's meaning, and an error for what nobody outside can know."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.verify.template import Template, UnresolvedError

BODY: dict[str, Any] = {
    "Conditions": {
        "IsSet": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Value"}, "none"]}]},
        "Both": {"Fn::And": [{"Condition": "IsSet"}, {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}]},
        "Neither": {"Fn::Or": [{"Fn::Not": [{"Condition": "IsSet"}]}, {"Fn::Equals": ["a", "b"]}]},
    },
    "Resources": {
        "Key": {"Type": "AWS::KMS::Key"},
        "Store": {"Type": "AWS::S3::Bucket"},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"Path": "/a/b/"}},
        "Kept": {"Type": "AWS::SNS::Topic", "Condition": "Both", "Properties": {"Name": "kept"}},
        "Gone": {"Type": "AWS::SNS::Topic", "Condition": "Neither"},
    },
}
TEMPLATE = Template(
    BODY,
    {"AWS::Region": "eu-west-1", "AWS::AccountId": "1", "AWS::Partition": "aws", "Value": "x"},
    {"Key": "k-1", "Store": "the-store", "Role": "the-role"},
    lambda: {"other:Export": "from-another-stack"},
)


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"Ref": "Value"}, "x"),
        ({"Ref": "Store"}, "the-store"),
        ({"Fn::GetAtt": ["Key", "Arn"]}, "arn:aws:kms:eu-west-1:1:key/k-1"),
        ({"Fn::GetAtt": "Store.Arn"}, "arn:aws:s3:::the-store"),
        ({"Fn::GetAtt": ["Role", "Arn"]}, "arn:aws:iam::1:role/a/b/the-role"),
        ({"Fn::ImportValue": "other:Export"}, "from-another-stack"),
        ({"Fn::ImportValue": {"Fn::Join": [":", ["other", "Export"]]}}, "from-another-stack"),
        ({"Fn::Join": ["/", ["a", {"Ref": "Value"}]]}, "a/x"),
        ({"Fn::Select": [1, {"Fn::Split": [".", "a.b.c"]}]}, "b"),
        ({"Fn::Sub": "${AWS::Region}-${Store}-${Key.Arn}-${!Literal}"}, None),
        ({"Fn::Sub": ["${given}", {"given": {"Ref": "Value"}}]}, "x"),
        ({"Fn::If": ["Both", "yes", {"Ref": "Unknown"}]}, "yes"),
        ({"Fn::If": ["Neither", {"Ref": "Unknown"}, ["no"]]}, ["no"]),
        ([{"Fn::If": ["Neither", "a", {"Ref": "AWS::NoValue"}]}, "b"], ["b"]),
        ({"left": {"Ref": "AWS::NoValue"}, "kept": {"Ref": "Value"}}, {"kept": "x"}),
        ({"left": {"Fn::If": ["Neither", "a", {"Ref": "AWS::NoValue"}]}}, {}),
    ],
)
def should_resolve_what_a_function_stands_for(node: Any, expected: Any) -> None:
    text = "eu-west-1-the-store-arn:aws:kms:eu-west-1:1:key/k-1-${Literal}"
    assert TEMPLATE.value(node) == (text if expected is None else expected)


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"Ref": "Unknown"}, "Unknown is no parameter and no resource"),
        ({"Fn::GetAtt": ["Key", "KeyId"]}, r"KeyId of Key \(AWS::KMS::Key\)"),
        ({"Fn::ImportValue": "gone"}, "no stack exports gone"),
        ({"Fn::Transform": {}}, "Fn::Transform is not known here"),
    ],
)
def should_say_what_it_cannot_know(node: Any, message: str) -> None:
    with pytest.raises(UnresolvedError, match=message):
        TEMPLATE.value([{"deep": node}])


def should_give_the_resources_that_the_stack_has() -> None:
    assert TEMPLATE.of_type("AWS::SNS::Topic") == {"Kept": {"Name": "kept"}}


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text().filter(lambda key: key != "Ref" and "::" not in key), inner)
    ),
)


@given(plain)
def should_leave_alone_what_is_no_function(node: Any) -> None:
    assert TEMPLATE.value(node) == node
