"""A permission says why it is wider than one resource, or it is not made at all."""

from __future__ import annotations

import json

import pytest

from stacks.permissions.statement import Because, Statement, parts, policy

BUCKET = "arn:aws:s3:::a-bucket"


def should_refuse_a_wildcard_without_a_reason() -> None:
    with pytest.raises(ValueError, match=r"^Statement Wide allows 'arn:aws:s3:::a-bucket/\*': .*because="):
        Statement("Wide", ["s3:GetObject"], [f"{BUCKET}/*"])


def should_refuse_a_wildcard_in_an_action_without_a_reason() -> None:
    with pytest.raises(ValueError, match=r"^Statement Wide allows 's3:Get\*'"):
        Statement("Wide", ["s3:Get*"], [BUCKET])


def should_refuse_a_reason_without_a_wildcard() -> None:
    with pytest.raises(ValueError, match=r"^Statement Narrow gives a reason, OBJECT_KEYS, but has no wildcard"):
        Statement("Narrow", ["s3:GetObject"], [f"{BUCKET}/one"], because=Because.OBJECT_KEYS)


def should_ask_no_reason_of_a_refusal() -> None:
    assert Statement("Never", ["s3:*"], ["*"], effect="Deny").document()["Effect"] == "Deny"


def should_refuse_two_statements_of_one_name() -> None:
    one = Statement("Same", ["s3:GetObject"], [f"{BUCKET}/one"])
    with pytest.raises(ValueError, match=r"^Two statements are called Same"):
        policy([one, Statement("Other", ["s3:GetObject"], [BUCKET]), one])


def should_leave_out_conditions_that_are_none() -> None:
    assert policy([Statement("One", ["s3:GetObject"], [BUCKET])]) == {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "One", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [BUCKET]}],
    }


def should_go_on_in_another_policy_where_one_would_be_too_long() -> None:
    many = [Statement(f"Number{n}", ["s3:GetObject"], [f"{BUCKET}/{n:0100}"]) for n in range(100)]
    found = parts(many)
    assert [statement for part in found for statement in part] == many
    lengths = [len(json.dumps(policy(part), separators=(",", ":"))) for part in found]
    assert max(lengths) <= 6144
    # No more of them than needed: a role takes ten.
    assert min(lengths[:-1]) > 5500


def should_count_a_reference_as_long_as_what_becomes_of_it() -> None:
    plain = [Statement(f"Number{n}", ["s3:GetObject"], [BUCKET]) for n in range(40)]
    references = [Statement(f"Number{n}", ["s3:GetObject"], ["${Token[TOKEN.1]}"]) for n in range(40)]
    assert len(parts(plain)) == 1
    assert len(parts(references)) > 1
