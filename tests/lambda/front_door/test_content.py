"""Bodies that are no plain JSON: JSON lines, CSV, bytes, gzip; each checked as its endpoint's model declares it."""

import base64
import gzip
import json
from typing import Any

import pytest
from front_door.predictions import SERVERLESS_LIMIT
from front_door.request import BODY_LIMIT, SENT_LIMIT

from .door import DECLARED, VALID, Door, Response, assert_is_problem, environment, event, hosted, started
from .stub_runtime import SERVED, Reply, StubRuntime

LINES = b'{"text": "Fits well."}\n{"title": null, "text": "Too small \xe2\x80\xa8 \xe2\x98\xb9"}\n'
TABLE = 'Lovely,Fits well.\r\n"A ""word""","Too small,\nsadly ☹"\r\n'.encode()
JSON = json.dumps(VALID).encode()
PHOTO = bytes(range(256))


def post(door: Door, body: bytes, content_type: str, endpoint: str = "reviews", **headers: str) -> Response:
    """As the gateway hands every body on: in base64."""
    encoded = base64.b64encode(body).decode()
    named = {"content-type": content_type} | {name.replace("_", "-"): value for name, value in headers.items()}
    return door.receive(event(encoded, isBase64Encoded=True, headers=named, pathParameters={"endpoint": endpoint}))


@pytest.mark.parametrize(
    ("body", "content_type"), [(LINES, "application/jsonlines"), (TABLE, "text/csv"), (JSON, "application/json")]
)
def should_count_instances_and_pass_the_bytes_on(
    door: Door, runtime: StubRuntime, body: bytes, content_type: str
) -> None:
    response = post(door, body, f"{content_type}; charset=utf-8")

    assert response.status == 200
    assert len(response.document["predictions"]) == 2
    (call,) = runtime.calls
    assert (call.body, call.headers["Content-Type"], call.headers["Accept"]) == (body, content_type, "application/json")


@pytest.mark.parametrize(
    ("body", "content_type", "pointer", "advice"),
    [
        (b"", "application/jsonlines", "/0", "not valid JSON"),
        (LINES + b"\n", "application/jsonlines", "/2", "number 3: The line is not valid JSON"),
        (LINES + b'{"text": " "}', "application/jsonlines", "/2/text", "may not be blank"),
        (b'{"text": "x"}\n' * 1001, "application/jsonlines", "", "more than 1000 lines"),
        (b"\xff", "application/jsonlines", "", "Byte 0 of the body is not UTF-8"),
        (b"", "text/csv", "", "The body has no rows"),
        (b"a,b\r\nc", "text/csv", "/1", "has 1 fields, not 2: title, text"),
        (b"a,b\n\nc,d", "text/csv", "/1", "has 0 fields, not 2"),
        (b"a,b,c", "text/csv", "/0", "has 3 fields, not 2"),
        (b"a, ", "text/csv", "/0/text", "may not be blank"),
        (b'a,"b" c', "text/csv", "/0", "It is not CSV"),
        (b'a,"b', "text/csv", "/0", "It is not CSV"),
        (b"a,b\0", "text/csv", "/0", "NUL"),
        (b"a,b\n" * 1001, "text/csv", "", "more than 1000 rows"),
        (b"a,\xff", "text/csv", "", "Byte 2 of the body is not UTF-8"),
    ],
)
def should_answer_400_and_point_at_the_line_or_row(
    door: Door, runtime: StubRuntime, body: bytes, content_type: str, pointer: str, advice: str
) -> None:
    response = post(door, body, content_type)

    assert_is_problem(response, 400, "invalid-body")
    assert response.document["pointer"] == pointer
    assert advice in response.document["detail"]
    assert runtime.calls == []


NUMBERS: dict[str, Any] = {
    "columns": ["age", "rate", "member", "note"],
    "header": True,
    "max_instances": 5,
    "instance": {
        "type": "object",
        "properties": {
            "age": {"type": "integer", "minimum": 0},
            "rate": {"type": ["number", "null"]},
            "member": {"type": "boolean"},
            "note": {"type": "string"},
        },
        "required": ["age", "rate", "member", "note"],
    },
}


@pytest.mark.parametrize(
    ("row", "pointer"),
    [
        ("41,0.5,true,1", None),
        ("0,,false,", None),
        ("0,-1e3,false,x", None),
        ("x,1,true,a", "/0/age"),
        ("1.5,1,true,a", "/0/age"),
        ("-1,1,true,a", "/0/age"),
        ("1,1e999,true,a", "/0/rate"),
        ("1,NaN,true,a", "/0/rate"),
        ("1,1,yes,a", "/0/member"),
    ],
)
def should_read_cells_as_their_columns_types(runtime: StubRuntime, row: str, pointer: str | None) -> None:
    tables = DECLARED | {"endpoints": {"reviews": hosted("reviews", requests={"text/csv": NUMBERS})}}
    runtime.always = Reply(200, b"1", {**SERVED, "Content-Type": "text/plain"})
    with started(environment(runtime.url), tables) as door:
        response = post(door, f"age,rate,member,note\n{row}\n".encode(), "text/csv")
        unnamed = post(door, row.encode(), "text/csv")

    assert_is_problem(unnamed, 400, "invalid-body")
    assert "name the columns: age,rate,member,note" in unnamed.document["detail"]
    if pointer is None:
        assert response.status == 200
    else:
        assert_is_problem(response, 400, "invalid-body")
        assert response.document["pointer"] == pointer


@pytest.mark.parametrize("answered", [b"\x89PNG\xff", b"plain"])
def should_pass_bytes_on_and_back_unread(door: Door, runtime: StubRuntime, answered: bytes) -> None:
    runtime.replies = [Reply(200, answered, {**SERVED, "Content-Type": "image/png"})]

    response = post(door, PHOTO, "image/jpeg", "photos", accept="image/png")

    assert (response.status, response.body) == (200, answered)
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["X-Served-Variant"] == "linear"
    (call,) = runtime.calls
    assert (call.body, call.headers["Content-Type"], call.headers["Accept"]) == (PHOTO, "image/jpeg", "image/png")


@pytest.mark.parametrize("media", ["text/plain; charset=utf-8", "application/json", "application/vnd.x+json"])
def should_send_text_back_as_text(door: Door, runtime: StubRuntime, media: str) -> None:
    runtime.replies = [Reply(200, '"ünicode"'.encode(), {**SERVED, "Content-Type": media})]

    answer = door.handler.handle(
        event("x", headers={"content-type": "image/gif"}, pathParameters={"endpoint": "photos"}), Context()
    )

    assert (answer["body"], answer["isBase64Encoded"]) == ('"ünicode"', False)


class Context:
    aws_request_id = "lambda-id"

    def get_remaining_time_in_millis(self) -> int:
        return 29_000


@pytest.mark.parametrize(
    ("size", "status", "name"),
    [(0, 400, "invalid-body"), (1, 200, ""), (1000, 200, ""), (1001, 413, "body-too-large")],
)
def should_hold_bytes_to_their_declared_limit(
    door: Door, runtime: StubRuntime, size: int, status: int, name: str
) -> None:
    runtime.always = Reply(200, b"", SERVED)

    response = post(door, b"x" * size, "image/gif", "photos")

    assert response.status == status
    if name:
        assert_is_problem(response, status, name)
    assert len(runtime.calls) == (status == 200)


def should_take_anything_where_nothing_is_declared(runtime: StubRuntime) -> None:
    runtime.always = Reply(200, b"", SERVED)
    grant = {"endpoints": ["other"], "choose_variant": False}
    with started(environment(runtime.url), DECLARED | {"clients": {"applications": grant}}) as door:
        for sent in ("application/x-parquet; v=1", "application/json", ""):
            assert post(door, b"{", sent, "other").status == 200

    assert [call.headers["Content-Type"] for call in runtime.calls] == [
        "application/x-parquet; v=1",
        "application/json",
        "application/octet-stream",
    ]


@pytest.mark.parametrize("content_type", ["image/x\r\nX-Evil: 1", "image/ü", "image/\0", "image/" + "x" * 5000])
def should_send_no_header_that_could_not_travel(door: Door, runtime: StubRuntime, content_type: str) -> None:
    runtime.always = Reply(200, b"", SERVED)

    assert post(door, PHOTO, content_type, "photos", accept=content_type).status == 200

    (call,) = runtime.calls
    assert (call.headers["Content-Type"], call.headers["Accept"]) == ("application/octet-stream", "*/*")
    assert "X-Evil" not in call.headers


def should_unpack_gzip(door: Door, runtime: StubRuntime) -> None:
    response = post(door, gzip.compress(JSON), "application/json", content_encoding="GZIP")

    assert response.status == 200
    assert runtime.calls[0].body == JSON


@pytest.mark.parametrize(
    ("body", "advice"),
    [
        (gzip.compress(JSON, mtime=0)[:-9], "ends too early"),
        (gzip.compress(JSON, mtime=0)[:5], "ends too early"),
        (b"", "ends too early"),
        (JSON, "is not gzip"),
        (gzip.compress(JSON, mtime=0)[:-8] + b"x" * 8, "is not gzip"),
        (gzip.compress(JSON, mtime=0) * 2, "bytes after"),
        (gzip.compress(JSON, mtime=0) + b"x", "bytes after"),
    ],
)
def should_answer_400_to_what_is_not_one_gzip_stream(
    door: Door, runtime: StubRuntime, body: bytes, advice: str
) -> None:
    response = post(door, body, "application/json", content_encoding="gzip")

    assert_is_problem(response, 400, "invalid-body")
    assert advice in response.document["detail"]
    assert runtime.calls == []


@pytest.mark.parametrize(("over", "status"), [(0, 200), (1, 413)])
@pytest.mark.parametrize(("endpoint", "limit"), [("reviews", BODY_LIMIT), ("small", SERVERLESS_LIMIT)])
def should_unpack_no_further_than_sagemaker_takes(
    door: Door, runtime: StubRuntime, endpoint: str, limit: int, over: int, status: int
) -> None:
    frame = '{"instances": [{"text": "%s"}]}'
    body = (frame % ("x" * (limit + over - len(frame % "")))).encode()
    if endpoint == "small":
        runtime.always = Reply(200, b"", SERVED)

    response = post(door, gzip.compress(body, 1), "application/json", endpoint, content_encoding="gzip")

    assert response.status == status
    if status == 413:
        assert_is_problem(response, 413, "body-too-large")
        assert str(limit) in response.document["detail"]
        assert runtime.calls == []


def should_stop_unpacking_a_bomb_at_the_limit(door: Door) -> None:
    bomb = gzip.compress(bytes(200 * 1024 * 1024), 9)
    assert len(bomb) < 250_000

    assert_is_problem(post(door, bomb, "application/json", content_encoding="gzip"), 413, "body-too-large")


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "x" * 5000])
def should_answer_415_to_an_encoding_it_cannot_unpack(door: Door, encoding: str) -> None:
    response = post(door, JSON, "application/json", content_encoding=encoding)

    assert_is_problem(response, 415, "unsupported-content-encoding")
    assert response.headers["Accept-Encoding"] == "gzip, identity"


def should_take_a_body_that_says_it_is_not_packed(door: Door) -> None:
    assert post(door, JSON, "application/json", content_encoding="identity").status == 200


@pytest.mark.parametrize(("size", "status"), [(6 * 1024 * 1024 - 32 * 1024, 200), (6 * 1024 * 1024, 502)])
def should_answer_502_before_lambda_refuses_too_long_an_answer(
    door: Door, runtime: StubRuntime, size: int, status: int
) -> None:
    runtime.replies = [Reply(200, b"x" * size, {**SERVED, "Content-Type": "text/plain"})]

    response = post(door, PHOTO, "image/gif", "photos")

    assert response.status == status
    if status == 502:
        assert_is_problem(response, 502, "answer-too-large")


@pytest.mark.parametrize("body", [b'"' * 4_000_000, b"\xff" * 5_000_000])
def should_count_what_an_answer_grows_by_on_its_way(door: Door, runtime: StubRuntime, body: bytes) -> None:
    runtime.replies = [Reply(200, body, {**SERVED, "Content-Type": "text/plain"})]

    assert_is_problem(post(door, PHOTO, "image/gif", "photos"), 502, "answer-too-large")


def should_take_as_much_as_can_be_sent(door: Door, runtime: StubRuntime) -> None:
    """One byte more is 413: tests/lambda/front_door/test_problems.py."""
    runtime.always = Reply(200, b"", SERVED)
    roomy = DECLARED | {"endpoints": {"photos": hosted("photos", requests={"image/*": {"max_bytes": BODY_LIMIT}})}}
    with started(environment(runtime.url), roomy) as other:
        assert post(other, bytes(SENT_LIMIT), "image/gif", "photos").status == 200


def should_take_a_csv_field_as_long_as_a_body_may_be(door: Door, runtime: StubRuntime) -> None:
    assert post(door, b"a," + b"b" * 200_000, "text/csv").status == 200
    assert len(runtime.calls) == 1


def should_say_no_more_of_a_bomb_than_is_known(door: Door) -> None:
    bomb = gzip.compress(bytes(20 * 1024 * 1024), 9)
    detail = post(door, bomb, "application/json", content_encoding="gzip").document["detail"]
    assert "more than 6291456 bytes when it is unpacked" in detail
