"""Whatever a stranger or a broken model sends, the function answers with a prediction or a well-formed problem."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .door import Door, assert_is_problem, environment, event, started
from .stub_runtime import Reply, StubRuntime, predictions, running

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
INSTANCES = st.dictionaries(st.sampled_from(["title", "text", "rating"]), SCALARS | JSON)
NEARLY = st.fixed_dictionaries({"instances": st.lists(INSTANCES | JSON, max_size=4) | JSON})
PREDICTIONS = st.dictionaries(st.sampled_from(["label", "probabilities"]), JSON) | JSON | st.just(predictions(1)[0])
ANSWERS = st.fixed_dictionaries(
    {"predictions": st.lists(PREDICTIONS, max_size=2) | JSON, "model_package": st.text() | JSON}
)


def written(values: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    """As Python writes them, NaN and Infinity included."""
    return values.map(lambda value: json.dumps(value).encode())


@pytest.fixture(scope="module")
def shared_runtime() -> Iterator[StubRuntime]:
    with running() as runtime:
        yield runtime


@pytest.fixture(scope="module")
def shared_door(shared_runtime: StubRuntime) -> Iterator[Door]:
    with started(environment(shared_runtime.url)) as door:
        yield door


@settings(deadline=None, max_examples=400, derandomize=True)
@given(body=st.binary() | written(JSON) | written(NEARLY), content_type=st.just("application/json") | st.text())
def should_answer_any_body_with_a_prediction_or_a_problem(shared_door: Door, body: bytes, content_type: str) -> None:
    encoded = base64.b64encode(body)

    response = shared_door.receive(event(encoded, isBase64Encoded=True, headers={"content-type": content_type}))

    if response.status == 200:
        assert len(response.document["predictions"]) == len(json.loads(body)["instances"])
    elif response.status == 415:
        assert_is_problem(response, 415, "unsupported-content-type")
    else:
        assert_is_problem(response, 400, "invalid-body")
        assert response.document["pointer"] == "" or response.document["pointer"].startswith("/instances")


@settings(deadline=None, max_examples=200, derandomize=True)
@given(text=st.text(st.characters(codec=None, categories=None)))
def should_answer_any_text_body_with_a_problem(shared_door: Door, text: str) -> None:
    assert_is_problem(shared_door.receive(event(text)), 400, "invalid-body")


@settings(deadline=None, max_examples=300, derandomize=True)
@given(body=st.binary() | written(JSON) | written(ANSWERS))
def should_answer_any_answer_of_the_model_with_a_prediction_or_502(
    shared_door: Door, shared_runtime: StubRuntime, body: bytes
) -> None:
    shared_runtime.replies = [Reply(200, body, {"x-Amzn-Invoked-Production-Variant": "linear"})]

    response = shared_door.send({"instances": [{"text": "x"}]})

    if response.status == 200:
        assert response.document.keys() == {"predictions", "variant", "model_package"}
    else:
        assert_is_problem(response, 502, "model-failed")
