"""What must hold for any policy: found by hypothesis, not by example."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from review.iam import Kind, Policies, Policy, Principal, Request, evaluate

OWN = "111122223333"
ACTIONS = ["s3:GetObject", "s3:PutObject", "kms:Decrypt", "s3:*", "*"]
RESOURCES = ["arn:aws:s3:::b/x", "arn:aws:s3:::b/*", "*"]
KEYS = ["aws:SourceVpce", "aws:PrincipalTag/project", "aws:TagKeys"]
VALUES = ["a", "b", "ab", "a*"]
OPERATORS = [
    *("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"),
    *("NumericLessThan", "Bool", "ArnLike", "IpAddress"),
]
ROLE = Principal(f"arn:aws:iam::{OWN}:role/r", session=f"arn:aws:sts::{OWN}:assumed-role/r/s")
ANYONE = st.sampled_from(["*", {"AWS": ROLE.arn}, {"AWS": OWN}, {"AWS": ROLE.session}, {"AWS": "999999999999"}])

conditions = st.dictionaries(
    st.sampled_from(OPERATORS),
    st.dictionaries(st.sampled_from(KEYS), st.lists(st.sampled_from(VALUES), min_size=1, max_size=2), min_size=1),
    max_size=2,
)
contexts = st.dictionaries(
    st.sampled_from(KEYS), st.one_of(st.sampled_from(VALUES), st.lists(st.sampled_from(VALUES), max_size=2))
)
requests = st.builds(
    Request,
    st.sampled_from(ACTIONS[:3]),
    st.sampled_from(["arn:aws:s3:::b/x", "arn:aws:s3:::c"]),
    st.just(ROLE),
    contexts,
    st.sampled_from(["", OWN, "999999999999"]),
)


def statements(effect: str | None = None, principal: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    parts = {
        "Effect": st.just(effect) if effect else st.sampled_from(["Allow", "Deny"]),
        "Action": st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=2),
        "Resource": st.sampled_from(RESOURCES),
        "Condition": conditions,
    }
    return st.fixed_dictionaries(parts | ({"Principal": ANYONE} if principal else {}))


def documents(principal: bool = False) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(statements(principal=principal), max_size=4)


def parsed(bodies: list[dict[str, Any]], kind: Kind = Kind.IDENTITY) -> list[Policy]:
    return [Policy.parse({"Version": "2012-10-17", "Statement": bodies}, source="p", kind=kind)]


policies = st.builds(
    Policies,
    identity=documents().map(parsed),
    boundary=st.none() | documents().map(parsed),
    resource=st.none() | documents(principal=True).map(lambda d: parsed(d, Kind.RESOURCE)),
    endpoint=st.none() | documents(principal=True).map(lambda d: parsed(d, Kind.RESOURCE)),
    scp=st.none() | documents().map(parsed),
)


@given(requests, policies, statements("Deny"))
def should_never_allow_more_for_another_deny(request: Request, before: Policies, deny: dict[str, Any]) -> None:
    after = replace(before, identity=[*before.identity, *parsed([deny])])
    assert evaluate(request, before).allowed or not evaluate(request, after).allowed


@given(requests, policies, statements("Allow"))
def should_never_allow_less_for_another_allow(request: Request, before: Policies, allow: dict[str, Any]) -> None:
    after = replace(before, identity=[*before.identity, *parsed([allow])])
    assert evaluate(request, after).allowed or not evaluate(request, before).allowed


@given(requests, policies, documents())
def should_never_allow_more_under_a_boundary(request: Request, free: Policies, bodies: list[dict[str, Any]]) -> None:
    unbounded = replace(free, boundary=None)
    assert evaluate(request, unbounded).allowed or not evaluate(request, replace(free, boundary=parsed(bodies))).allowed


@given(requests, documents(), documents(principal=True), st.randoms(use_true_random=False))
def should_not_depend_on_the_order_of_statements(
    request: Request, identity: list[dict[str, Any]], resource: list[dict[str, Any]], random: Any
) -> None:
    before = evaluate(request, Policies(parsed(identity), resource=parsed(resource, Kind.RESOURCE)))
    random.shuffle(identity)
    random.shuffle(resource)
    after = evaluate(request, Policies(parsed(identity), resource=parsed(resource, Kind.RESOURCE)))
    assert before.allowed is after.allowed


@given(requests, documents())
def should_not_depend_on_how_statements_are_split_over_policies(request: Request, bodies: list[dict[str, Any]]) -> None:
    one = evaluate(request, Policies(parsed(bodies)))
    several = evaluate(request, Policies([policy for body in bodies for policy in parsed([body])]))
    assert one.allowed is several.allowed


@given(requests, policies)
def should_not_depend_on_the_case_of_actions_and_keys(request: Request, given: Policies) -> None:
    loud = replace(request, action=request.action.upper(), context={k.upper(): v for k, v in request.context.items()})
    assert evaluate(request, given) == evaluate(loud, given)


def holds(operator: str, key: str, values: list[str], context: dict[str, Any]) -> bool:
    body = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {operator: {key: values}}}
    return evaluate(Request("s3:GetObject", "*", ROLE, context), Policies(parsed([body]))).allowed


lines = st.tuples(st.sampled_from(OPERATORS), st.sampled_from(KEYS), st.lists(st.sampled_from(VALUES), min_size=1))


@given(lines, contexts)
def should_take_if_exists_as_the_operator_or_absence(line: tuple[str, str, list[str]], context: dict[str, Any]) -> None:
    operator, key, values = line
    absent = holds("Null", key, ["true"], context)
    assert holds(f"{operator}IfExists", key, values, context) is (absent or holds(operator, key, values, context))


@given(lines, contexts)
def should_find_one_value_wherever_all_match_and_some_exist(
    line: tuple[str, str, list[str]], context: dict[str, Any]
) -> None:
    operator, key, values = line
    every = holds(f"ForAllValues:{operator}", key, values, context)
    if holds("Null", key, ["true"], context):
        assert every and not holds(f"ForAnyValue:{operator}", key, values, context)
    else:
        assert not every or holds(f"ForAnyValue:{operator}", key, values, context)


@given(st.sampled_from(["StringEquals", "StringLike", "ArnLike", "IpAddress"]), st.sampled_from(VALUES), contexts)
def should_negate_exactly(operator: str, value: str, context: dict[str, Any]) -> None:
    negated = "NotIpAddress" if operator == "IpAddress" else operator.replace("ng", "ngNot").replace("Arn", "ArnNot")
    single = {key: found for key, found in context.items() if isinstance(found, str)}
    assert holds(operator, KEYS[0], [value], single) is not holds(negated, KEYS[0], [value], single)
