"""The answer's own text goes on to the caller, and says what it said when it was read: no more, and no ARN."""

from __future__ import annotations

import json
from typing import Any

import pytest
from front_door.endpoint_client import Answer
from front_door.prediction import promised, read
from front_door.problems import Problem
from hypothesis import given
from hypothesis import strategies as st

ARN = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/ashlar-dev-reviews/3"
SHORT = "ashlar-dev-reviews/3"
ANYTHING = promised({})
TEXTS = st.text(max_size=5) | st.sampled_from(["predictions", "model_package", ARN, 'a"b', "\\"])
PREDICTIONS = st.lists(
    st.recursive(
        st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
        max_leaves=4,
    ),
    max_size=3,
)


def answered(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        read(Answer("linear", text.encode(), "application/json"), ANYTHING, instances=None, verbose=False)
    )
    return found


@given(PREDICTIONS, st.sampled_from([ARN, SHORT]), st.sampled_from([None, 1]), st.booleans(), st.booleans())
def should_say_what_the_model_said(
    predictions: list[Any], package: str, indent: int | None, ascii_only: bool, more: bool
) -> None:
    document = {"model_package": package, "predictions": predictions} | ({"more": 1} if more else {})
    text = f" {json.dumps(document, indent=indent, ensure_ascii=ascii_only)}\n"

    found = answered(text)

    assert found["model_package"] == SHORT
    assert found["variant"] == "linear"
    assert found.keys() == {"predictions", "model_package", "variant"}
    # An ARN that stands elsewhere for itself may be shortened as well.
    assert json.dumps(found["predictions"]).replace(ARN, SHORT) == json.dumps(predictions).replace(ARN, SHORT)


@pytest.mark.parametrize(
    "text",
    [
        f'{{"model_package": "{ARN}", "predictions": [1], "model_package": "{SHORT}"}}',
        f'{{"predictions": ["{ARN}"], "predictions": [1], "model_package": "{SHORT}"}}',
        f'{{"model\\u005fpackage": "{ARN}", "predictions": [1], "model_package": "{SHORT}"}}',
        f'{{"predictions": [1], "model_package": "{ARN}", "note": "{ARN}"}}',
    ],
)
def should_not_repeat_what_a_reader_of_json_would_not_see(text: str) -> None:
    found = read(Answer("linear", text.encode(), "application/json"), ANYTHING, instances=1, verbose=False)
    assert json.loads(found) == {"predictions": [1], "model_package": SHORT, "variant": "linear"}
    assert "arn:" not in found


def should_keep_a_number_that_is_too_large_as_the_model_wrote_it_or_say_so() -> None:
    written = f'{{"predictions": [1e999], "model_package": "{SHORT}"}}'
    assert "1e999" in read(Answer("linear", written.encode(), "application/json"), ANYTHING, instances=1, verbose=False)
    escaped = written.replace("[1e999]", '[1e999, "\\u0041"]')
    with pytest.raises(Problem, match="too large"):
        read(Answer("linear", escaped.encode(), "application/json"), ANYTHING, instances=2, verbose=False)
