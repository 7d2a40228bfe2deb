"""Bodies that nobody should send, through the real gateway: each is answered, and the function lives on."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

import psutil
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.end_to_end.front_door.door import JSON, Caller, Door
from tests.end_to_end.front_door.place import STACK, Place
from tests.local.running import running

PREDICTIONS = "/endpoints/reviews/predictions"
MEDIA_TYPES = (JSON, "application/jsonlines", "text/csv")
TEXT = b'{"instances": [{"text": "Lovely dress"}]}'
MIB = 1024 * 1024
FEW, MANY = 60, 1000
Sent = tuple[bytes, dict[str, str]]


def _typed(body: bytes, content_type: str = JSON, **headers: str) -> Sent:
    return body, {"Content-Type": content_type, **headers}


def _packed(body: bytes) -> Sent:
    return _typed(body, Content_Encoding="gzip")


# What it is -> what is sent, and the status and problem that it is answered with.
HOSTILE: dict[str, tuple[Callable[[], Sent], tuple[int, str]]] = {
    "nothing": (lambda: _typed(b""), (400, "invalid-body")),
    "no media type": (lambda: (TEXT, {}), (415, "unsupported-content-type")),
    "another media type": (lambda: _typed(TEXT, "application/xml"), (415, "unsupported-content-type")),
    "no media type at all": (lambda: _typed(TEXT, "\x7f;;=,"), (415, "unsupported-content-type")),
    "deep lists": (lambda: _typed(b"[" * 200_000 + b"]" * 200_000), (400, "invalid-body")),
    "deep objects": (lambda: _typed(b'{"instances":' * 100_000), (400, "invalid-body")),
    "deep within an instance": (
        lambda: _typed(b'{"instances": [{"text": ' + b"[" * 50_000 + b"]" * 50_000 + b"}]}"),
        (400, "invalid-body"),
    ),
    "NaN": (lambda: _typed(b'{"instances": [{"text": NaN}]}'), (400, "invalid-body")),
    "infinity": (lambda: _typed(b'{"instances": [{"text": -Infinity}]}'), (400, "invalid-body")),
    "a huge float": (lambda: _typed(b'{"instances": [{"text": 1e999999999}]}'), (400, "invalid-body")),
    "a huge integer": (lambda: _typed(b'{"instances": [{"text": %s}]}' % (b"9" * 100_000)), (400, "invalid-body")),
    "UTF-16": (lambda: _typed(TEXT.decode().encode("utf-16")), (400, "invalid-body")),
    "Latin 1": (lambda: _typed('{"instances": [{"text": "Größe"}]}'.encode("latin-1")), (400, "invalid-body")),
    "half a surrogate pair": (lambda: _typed(b'{"instances": [{"text": "\\ud800"}]}'), (400, "invalid-body")),
    "zeros": (lambda: _typed(bytes(1000)), (400, "invalid-body")),
    "a name twice": (lambda: _typed(b'{"instances": [], "instances": [{"text": "x"}]}'), (400, "invalid-body")),
    "a long unknown name": (lambda: _typed(json.dumps({"x" * 100_000: 1}).encode()), (400, "invalid-body")),
    "too many instances": (
        lambda: _typed(json.dumps({"instances": [{"text": "x"}] * 1001}).encode()),
        (400, "invalid-body"),
    ),
    "JSON as CSV": (lambda: _typed(b'"unclosed, {"instances": [', "text/csv"), (400, "invalid-body")),
    "CSV as JSON": (lambda: _typed(b"Lovely,Fits well\n"), (400, "invalid-body")),
    "CSV as JSON lines": (lambda: _typed(b"Lovely,Fits well\n", "application/jsonlines"), (400, "invalid-body")),
    "no gzip": (lambda: _packed(TEXT), (400, "invalid-body")),
    "half of a gzip": (lambda: _packed(gzip.compress(TEXT)[:20]), (400, "invalid-body")),
    "gzip and more": (lambda: _packed(gzip.compress(TEXT) + b"more"), (400, "invalid-body")),
    "an unknown encoding": (lambda: _typed(TEXT, Content_Encoding="br"), (415, "unsupported-content-encoding")),
    "a bomb": (lambda: _packed(gzip.compress(bytes(500 * MIB), 9)), (413, "body-too-large")),
    "6 MB": (lambda: _typed(b" " * (6 * MIB)), (413, "body-too-large")),
    "6 MB and a byte": (lambda: _typed(b" " * (6 * MIB + 1)), (413, "body-too-large")),
    "more than the gateway takes": (lambda: _typed(b" " * (11 * MIB)), (413, "body-too-large")),
    "6 MB and a byte, packed": (lambda: _packed(gzip.compress(b" " * (6 * MIB + 1))), (413, "body-too-large")),
}


@pytest.mark.parametrize("what", list(HOSTILE))
def should_say_what_is_wrong(door: Door, team: Caller, what: str) -> None:
    make, expected = HOSTILE[what]
    body, headers = make()
    answer = door.send(team, "POST", PREDICTIONS, body, **headers)
    assert (answer.status, answer.problem) == expected, answer.content[:500]
    assert len(answer.content) < 2000


def should_take_six_megabytes_that_were_packed(door: Door, team: Caller) -> None:
    filled = TEXT[:-1] + b" " * (6 * MIB - len(TEXT)) + b"}"
    assert len(filled) == 6 * MIB
    body, headers = _packed(gzip.compress(filled))
    assert door.send(team, "POST", PREDICTIONS, body, **headers).status == 200


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
_DOCUMENTS = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["instances", "text", "title", "x"]), inner)
    ),
    max_leaves=20,
)
_BODIES = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda text: text.encode("utf-16")),
    _DOCUMENTS.map(lambda document: json.dumps(document).encode()),
    _DOCUMENTS.map(lambda document: json.dumps({"instances": [{"text": document}]}).encode()),
    st.tuples(_DOCUMENTS, st.integers(1, 20)).map(lambda cut: json.dumps(cut[0]).encode()[: -cut[1]]),
    st.binary(max_size=200).map(gzip.compress),
    st.tuples(st.binary(max_size=50), st.integers(0, 40)).map(lambda cut: gzip.compress(cut[0])[: cut[1]]),
)
_SENT = st.fixed_dictionaries(
    {"Content_Type": st.sampled_from([*MEDIA_TYPES, "image/png", "text/csv; header=present", "a/b; charset=utf-16"])},
    optional={
        "Content_Encoding": st.sampled_from(["gzip", "identity", "deflate"]),
        "Accept": st.sampled_from(["*/*", "image/png", "text/csv"]),
    },
)


@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.long)])
def should_live_on_whatever_is_sent(front_door: Place, door: Door, team: Caller, examples: int) -> None:
    assert door.predict(team).status == 200
    before = _workers(front_door)

    def is_answered(body: bytes, headers: dict[str, str]) -> None:
        answer = door.send(team, "POST", PREDICTIONS, body, **headers)
        assert answer.status == 200 or answer.problem, answer
        assert answer.status < 500, answer

    settled = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    settled(given(body=_BODIES, headers=_SENT)(is_answered))()
    # THEN the process that answered the first request answered all of them
    assert door.predict(team).status == 200
    assert before <= _workers(front_door)


def _workers(front_door: Place) -> set[psutil.Process]:
    """The processes of the function."""
    mark = str(front_door.cloud.state / "tmp" / f"ministack-lambda-{STACK}")
    found = set(running(lambda command, _: any(word.startswith(mark) for word in command)))
    assert found
    return found
