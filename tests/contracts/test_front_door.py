"""Where the front door meets the template and the model: both sides of each seam, in one test."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import payload
import pytest
from front_door import instances, predict
from front_door.endpoint_client import Answer
from front_door.problems import Problem
from front_door.settings import SET_BY_RUNTIME, SET_BY_TEMPLATE, Settings
from hypothesis import given
from hypothesis import strategies as st

from tests.stacks.resources import of_type, resolved

texts = st.text(min_size=1).filter(str.strip)
bodies = st.lists(st.fixed_dictionaries({"text": texts}, optional={"title": st.none() | st.text()}), min_size=1)
probabilities = st.lists(st.tuples(*[st.floats(0.01, 1)] * 3), min_size=1, max_size=5)


def encodable(document: Any) -> bytes | None:
    try:
        return json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # a lone surrogate is no text that a client could send
        return None


def should_set_in_the_template_what_the_function_reads(templates: Callable[[str], dict[str, Any]]) -> None:
    (function,) = of_type(templates("dev")["front-door"], "AWS::Lambda::Function")
    variables = function["Properties"]["Environment"]["Variables"]
    assert set(variables) <= set(SET_BY_TEMPLATE)
    assert not set(variables) & set(SET_BY_RUNTIME)
    environment = {name: resolved(value) for name, value in variables.items()} | {"AWS_REGION": "eu-west-1"}
    assert Settings.from_environment(environment).endpoints == {"reviews": "ashlar-dev-reviews"}


def should_leave_the_function_less_time_than_the_gateway(templates: Callable[[str], dict[str, Any]]) -> None:
    (function,) = of_type(templates("dev")["front-door"], "AWS::Lambda::Function")
    assert function["Properties"]["Timeout"] <= 29


@given(bodies)
def should_let_the_model_read_every_body_that_the_front_door_lets_through(document: list[dict[str, Any]]) -> None:
    body = encodable({"instances": document})
    if body is None:
        return
    assert instances.count(body) == len(document)
    assert len(payload.read_documents(body, "application/json")) == len(document)


@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["instances", "text", "title"]), inner),
    )
)
def should_let_nothing_through_that_the_model_would_refuse(document: Any) -> None:
    body = encodable(document)
    if body is None:
        return
    try:
        instances.count(body)
    except Problem:
        return
    assert payload.read_documents(body, "application/json")


@pytest.mark.parametrize(
    ("package", "shown"),
    [
        (
            "arn:aws:sagemaker:eu-west-1:111122223333:model-package/ashlar-dev-reviews-linear/7",
            "ashlar-dev-reviews-linear/7",
        )
    ],
)
@given(rows=probabilities)
def should_read_what_the_model_writes(package: str, shown: str, rows: list[tuple[float, ...]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODEL_PACKAGE", package)
        text, _ = payload.write_predictions(np.array(rows))
    read = predict._read(Answer("linear", text.encode()), len(rows))
    assert read.model_package == shown
    assert read.variant == "linear"
    assert [item["label"] for item in read.predictions] == [int(np.argmax(row)) - 1 for row in rows]
