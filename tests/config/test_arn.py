"""ARNs: what is taken apart can be put together again, and what cannot be is no ARN."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.arn import Arn

arns = st.builds(
    Arn,
    st.sampled_from(["aws", "aws-cn", "aws-us-gov"]),
    st.from_regex(r"[a-z0-9-]+", fullmatch=True),
    st.from_regex(r"[a-z0-9-]*", fullmatch=True),
    st.from_regex(r"[0-9]{12}|aws|", fullmatch=True),
    st.from_regex(r"[!-~]+", fullmatch=True),
)


@given(arns)
def should_put_together_what_it_took_apart(arn: Arn) -> None:
    assert Arn.parse(str(arn)) == arn


@given(st.one_of(st.text(), st.from_regex(r"arn:[a-z:*/ -]*", fullmatch=True)))
def should_lose_nothing_of_any_text(text: str) -> None:
    try:
        arn = Arn.parse(text)
    except ValueError as error:
        assert repr(text) in str(error)
    else:
        assert str(arn) == text


@pytest.mark.parametrize("text", ["", "arn:aws:kms", "arn:aws:iam::1:", "arn:aws:iam::1:role/a b", "urn:aws:s3:::b"])
def should_refuse_what_is_no_arn(text: str) -> None:
    with pytest.raises(ValueError, match="is no ARN"):
        Arn.parse(text)


def should_know_the_kind_of_thing() -> None:
    assert Arn.parse("arn:aws:iam::111122223333:role/path/name").kind == "role"
    assert Arn.parse("arn:aws:iam::111122223333:role/path/name").name == "path/name"
    assert Arn.parse("arn:aws:sns:eu-west-1:111122223333:topic").kind == "topic"
    assert Arn.parse("arn:aws:sns:eu-west-1:111122223333:topic").name == ""
