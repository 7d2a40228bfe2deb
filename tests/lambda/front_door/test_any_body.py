"""Whatever a stranger or a broken model sends, the function answers with a prediction or a well-formed problem."""

import base64
import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .door import DECLARED, Door, assert_is_problem, environment, event, started
from .stub_runtime import SERVED, Reply, StubRuntime, predictions, running

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
INSTANCES = st.dictionaries(st.sampled_from(["title", "text", "rating"]), SCALARS | JSON)
NEARLY = st.fixed_dictionaries({"instances": st.lists(INSTANCES | JSON, max_size=4) | JSON})
PREDICTIONS = st.dictionaries(st.sampled_from(["label", "probabilities"]), JSON) | JSON | st.just(predictions(1)[0])
ANSWERS = st.fixed_dictionaries(
    {"predictions": st.lists(PREDICTIONS, max_size=2) | JSON, "model_package": st.text() | JSON}
)
ANY_TEXT = st.text(st.characters(codec=None, categories=None))
TYPES = st.sampled_from(["application/json", "application/jsonlines", "text/csv", "image/png", "text/html"])
ENCODINGS = st.sampled_from(["gzip", "identity", "br"])
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": TYPES | ANY_TEXT,
        "content-encoding": ENCODINGS | ANY_TEXT,
        "X-Target-Variant": ANY_TEXT,
        "Accept": ANY_TEXT,
    },
)
ENDPOINTS = st.sampled_from([*DECLARED["endpoints"], "none"]) | ANY_TEXT
STATUSES = {200, 400, 403, 404, 409, 413, 415, 502}


def written(values: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    """As Python writes them, NaN and Infinity included."""
    return values.map(lambda value: json.dumps(value).encode())


def cut(body: bytes, at: int) -> bytes:
    """Packed, and not always whole."""
    packed = gzip.compress(body)
    return packed[: len(packed) - at]


LINES = st.lists(written(INSTANCES | JSON), max_size=4).map(b"\n".join)
ROWS = st.text(st.sampled_from('ab,"\r\n ☹\0')).map(str.encode)
PACKED = st.builds(cut, written(NEARLY) | st.binary(), st.integers(0, 12))
BODIES = st.binary() | written(JSON) | written(NEARLY) | LINES | ROWS | PACKED
NUMBER_LIES = st.sampled_from([b"[" * 200_000, b'{"instances":' + b"9" * 5000 + b"}", b'{"instances":[1e999]}'])


@pytest.fixture(scope="module")
def shared_runtime() -> Iterator[StubRuntime]:
    with running() as runtime:
        yield runtime


@pytest.fixture(scope="module")
def shared_door(shared_runtime: StubRuntime) -> Iterator[Door]:
    with started(environment(shared_runtime.url)) as door:
        yield door


@settings(deadline=None, max_examples=400, derandomize=True)
@given(body=BODIES | NUMBER_LIES, content_type=st.just("application/json") | st.text())
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


@settings(deadline=None, max_examples=800, derandomize=True)
@given(body=BODIES | NUMBER_LIES, headers=HEADERS, endpoint=ENDPOINTS)
def should_answer_anything_sent_with_any_headers(
    shared_door: Door, shared_runtime: StubRuntime, body: bytes, headers: dict[str, str], endpoint: str
) -> None:
    if endpoint != "reviews":
        shared_runtime.replies = [Reply(200, body, SERVED)]
    encoded = base64.b64encode(body).decode()

    response = shared_door.receive(
        event(encoded, isBase64Encoded=True, headers=headers, pathParameters={"endpoint": endpoint})
    )

    shared_runtime.replies = []
    assert response.status in STATUSES
    if response.status != 200:
        assert_is_problem(response, response.status, response.document["type"].rpartition(":")[2])


@settings(deadline=None, max_examples=200, derandomize=True)
@given(text=ANY_TEXT, content_type=TYPES, is_base64=st.booleans())
def should_answer_any_text_of_any_event(
    shared_door: Door, shared_runtime: StubRuntime, text: str, content_type: str, is_base64: bool
) -> None:
    response = shared_door.receive(event(text, isBase64Encoded=is_base64, headers={"content-type": content_type}))

    if response.status != 200:
        assert response.status in (400, 415)
        assert_is_problem(response, response.status, response.document["type"].rpartition(":")[2])


@settings(deadline=None, max_examples=300, derandomize=True)
@given(method=ANY_TEXT, resource=ANY_TEXT, query=st.none() | st.dictionaries(ANY_TEXT, ANY_TEXT))
def should_answer_any_route_with_a_problem(
    shared_door: Door, method: str, resource: str, query: dict[str, str] | None
) -> None:
    response = shared_door.receive(
        event("", httpMethod=method, resource=resource, queryStringParameters=query, pathParameters=None, headers=None)
    )

    assert_is_problem(response, 404, "unknown-route")


@settings(deadline=None, max_examples=300, derandomize=True)
@given(body=st.binary() | written(JSON) | written(ANSWERS))
def should_answer_any_answer_of_the_model_with_a_prediction_or_502(
    shared_door: Door, shared_runtime: StubRuntime, body: bytes
) -> None:
    shared_runtime.replies = [Reply(200, body, SERVED)]

    response = shared_door.send({"instances": [{"text": "x"}]})

    if response.status == 200:
        assert response.document.keys() == {"predictions", "variant", "model_package"}
    else:
        assert_is_problem(response, 502, "model-failed")
