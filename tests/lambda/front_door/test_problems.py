"""Every way a request can fail, each as its own problem."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import urllib3.util.connection
from front_door.request import SENT_LIMIT
from front_door.signed_client import SignedClient

from .door import Door, assert_is_problem, caller, environment, event, started
from .stub_runtime import SERVED, Reply, StubRuntime, answer, error, predictions

HUGE = json.dumps({"predictions": predictions(2), "model_package": "p/1"}).replace("0.7", "1e999").encode()


@pytest.mark.parametrize(
    ("body", "pointer", "advice"),
    [
        ("", "", "not valid JSON"),
        ("{", "", "line 1, column 2"),
        ('"\ufeff"[', "", "not valid JSON"),
        ("[" * 100_000, "", "nested too deeply"),
        ("[" * 65 + "]" * 65, "", "nested too deeply"),
        ('{"a":' * 65 + '"[]"' + "}" * 65, "", "nested too deeply"),
        ("[" * 64 + "]" * 64, "", "must be an object"),
        (json.dumps("[{" * 100), "", "must be an object"),
        ('{"instances": NaN}', "", "not finite"),
        ('{"instances": 1e999}', "", "not finite"),
        ('{"instances": ' + "9" * 5000 + "}", "", "too long"),
        ("\ud800", "", "UTF-8"),
        ('{"instances": [], "instances": [{"text": "x"}]}', "", "a name is in one object twice"),
        ('{"instances": [{"text": "x", "text": "y"}]}', "", "a name is in one object twice"),
        ('{"instances": [{"text": "\\ud800"}]}', "", "half of a surrogate pair"),
        ('{"instances": [{"text": "\\uDC00\\ud83d"}]}', "", "half of a surrogate pair"),
        ("[]", "", "must be an object, not an array. Send for example"),
        ("5", "", "must be an object, not a number"),
        ("{}", "/instances", "`instances` is missing"),
        ('{"instances": {}}', "/instances", "must be an array, not an object"),
        ('{"instances": []}', "/instances", "Send 1 to 1000"),
        (json.dumps({"instances": [{"text": "x"}] * 1001}), "/instances", "Send 1 to 1000"),
        ('{"instances": [{"text": "x"}], "model": "y"}', "", "'model' is unknown"),
        ('{"instances": ["x"]}', "/instances/0", "must be an object, not a string"),
        ('{"instances": [{"text": "x"}, {"text": "x", "rating": 5}]}', "/instances/1", "allowed: `title`, `text`"),
        ('{"instances": [{"text": "x", "' + "k" * 9999 + '": 5}]}', "/instances/0", "is unknown"),
        ('{"instances": [{"title": "x"}]}', "/instances/0/text", "`text` is missing"),
        ('{"instances": [{"text": " \\n"}]}', "/instances/0/text", "may not be blank"),
        ('{"instances": [{"text": null}]}', "/instances/0/text", 'not null. Send for example "Fits well."'),
        ('{"instances": [{"text": true}]}', "/instances/0/text", "not a boolean"),
        ('{"instances": [{"text": "x", "title": 5}]}', "/instances/0/title", "must be a string or null"),
    ],
)
def should_answer_400_and_point_at_what_is_wrong_with_the_body(
    door: Door, runtime: StubRuntime, body: str, pointer: str, advice: str
) -> None:
    response = door.receive(event(body))

    assert_is_problem(response, 400, "invalid-body")
    assert response.document["pointer"] == pointer
    assert advice in response.document["detail"]
    assert runtime.calls == []


@pytest.mark.parametrize("body", ["not base64", "ünicode"])
def should_answer_400_when_the_body_is_not_the_base64_it_says(door: Door, body: str) -> None:
    assert_is_problem(door.receive(event(body, isBase64Encoded=True)), 400, "invalid-body")


@pytest.mark.parametrize("change", [{"httpMethod": "GET"}, {"resource": "/"}])
def should_answer_404_on_an_unknown_route(door: Door, change: dict[str, Any]) -> None:
    response = door.send(**change)

    assert_is_problem(response, 404, "unknown-route")
    assert "POST /endpoints/{endpoint}/predictions, " in response.document["detail"]


@pytest.mark.parametrize("endpoint", ["Reviews", "ashlar", "x" * 5000])
def should_answer_404_and_name_an_unknown_endpoint(door: Door, endpoint: str) -> None:
    response = door.send(pathParameters={"endpoint": endpoint})

    assert_is_problem(response, 404, "unknown-endpoint")
    assert endpoint[:60] in response.document["detail"]


@pytest.mark.parametrize("headers", [None, {}, {"Content-Type": "text/html"}, {"Content-Type": "application/*"}])
def should_answer_415_and_say_what_the_model_takes(door: Door, headers: dict[str, str] | None) -> None:
    response = door.send(headers=headers)

    assert_is_problem(response, 415, "unsupported-content-type")
    assert "application/json, application/jsonlines, text/csv" in response.document["detail"]


def should_answer_413_above_what_can_be_sent_and_not_at_it(door: Door, runtime: StubRuntime) -> None:
    frame = '{"instances": [{"text": "%s"}]}'
    largest = frame % ("x" * (SENT_LIMIT - len(frame % "")))

    assert door.receive(event(largest)).status == 200
    assert_is_problem(door.receive(event(largest + " ")), 413, "body-too-large")
    assert len(runtime.calls) == 1


@pytest.mark.parametrize(
    ("reply", "status", "name", "calls"),
    [
        (error("ValidationError", 400, "Endpoint e of account 111122223333 not found."), 409, "no-model-yet", 1),
        (error("ValidationError", 400, "Variant linear of endpoint arn:aws:x not found."), 404, "unknown-variant", 1),
        (error("ThrottlingException", 400, "Rate exceeded"), 429, "throttled", 3),
        (Reply(400, b'{"__type": "com.amazon.coral#ThrottlingException"}'), 429, "throttled", 3),
        (Reply(429, b"not json"), 429, "throttled", 3),
        (error("ModelError", 424, "Received error (500) from arn:aws:x"), 502, "model-failed", 1),
        (error("ModelNotReadyException", 429), 503, "unavailable", 1),
        (error("ServiceUnavailable", 503), 503, "unavailable", 1),
        (error("InternalDependencyException", 530), 503, "unavailable", 1),
        (error("InternalFailure", 500), 503, "unavailable", 1),
        (Reply(0, b""), 503, "unavailable", 1),
        (error("AccessDeniedException", 403, "arn:aws:sts::111122223333:x is not authorized"), 500, "internal", 1),
        (error("ValidationError", 400, "arn:aws:x is malformed"), 500, "internal", 1),
        (Reply(302, b"", {"Location": "/elsewhere"}), 500, "internal", 1),
    ],
)
def should_turn_a_failed_call_into_its_problem_and_retry_only_throttling(
    door: Door, runtime: StubRuntime, reply: Reply, status: int, name: str, calls: int
) -> None:
    runtime.always = reply

    response = door.send()

    assert_is_problem(response, status, name)
    assert ("Retry-After" in response.headers) == (status in (429, 503))
    assert len(runtime.calls) == calls


def should_answer_after_a_throttled_call_succeeds_again(door: Door, runtime: StubRuntime) -> None:
    runtime.replies = [error("ThrottlingException", 400)] * 2

    assert door.send().status == 200
    assert len(runtime.calls) == 3


def should_give_up_rather_than_wait_past_the_deadline(
    door: Door, runtime: StubRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime.always = error("ThrottlingException", 400)
    monkeypatch.setattr("front_door.signed_client.RETRY_PAUSES", (1e9, 1e9))

    assert_is_problem(door.send(), 429, "throttled")
    assert len(runtime.calls) == 1


@pytest.mark.parametrize(
    "reply",
    [
        answer({"predictions": predictions(1), "model_package": "p/1"}),
        answer({"predictions": predictions(3), "model_package": "p/1"}),
        answer({"predictions": predictions(2)}),
        answer({"predictions": predictions(2), "model_package": ""}),
        answer({"predictions": [{"label": "good"}] * 2, "model_package": "p/1"}),
        answer({"predictions": [{**predictions(1)[0], "label": 2}] * 2, "model_package": "p/1"}),
        answer({"predictions": {"0": 1}, "model_package": "p/1"}),
        Reply(200, HUGE, SERVED),
        Reply(200, HUGE.replace(b"1e999", b"9" * 5000), SERVED),
        Reply(200, HUGE.replace(b"1e999", b"NaN"), SERVED),
        Reply(200, HUGE.replace(b"1e999", b"[" * 100_000), SERVED),
        answer(predictions(2)),
        answer(None),
        Reply(200, json.dumps({"predictions": predictions(2), "model_package": "p/1"}).encode()),
        Reply(200, b"", {"x-Amzn-Invoked-Production-Variant": "linear"}),
    ],
)
def should_answer_502_when_the_models_answer_is_not_what_the_api_promises(
    door: Door, runtime: StubRuntime, reply: Reply
) -> None:
    runtime.replies = [reply]

    assert_is_problem(door.send(), 502, "model-failed")


def should_answer_504_before_the_functions_time_is_up(door: Door, runtime: StubRuntime) -> None:
    answered = threading.Event()
    runtime.replies = [Reply(200, b"", after=answered)]
    try:
        assert_is_problem(door.send(remaining_ms=800), 504, "deadline-passed")
        assert not answered.is_set()  # the model has not answered yet
    finally:
        answered.set()


def should_answer_504_without_a_call_when_no_time_is_left(door: Door, runtime: StubRuntime) -> None:
    assert_is_problem(door.send(remaining_ms=400), 504, "deadline-passed")
    assert runtime.calls == []


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that each call of SageMaker was given; none is made."""
    found: list[float] = []

    def send(*_: Any, deadline: float, **__: Any) -> None:
        found.append(deadline - time.monotonic())
        raise RuntimeError("enough")

    monkeypatch.setattr(SignedClient, "send", send)
    return found


def should_stay_below_the_gateways_limit_however_long_the_function_may_run(door: Door, asked: list[float]) -> None:
    door.send(remaining_ms=900_000)

    assert 27 < asked[0] < 29


@pytest.mark.parametrize(
    ("waited", "least", "most"),
    [(20, 6, 8.1), (28.5, -1, 0), (-5, 27, 28.1), (3600, 27, 28.1), (None, 27, 28.1), ("x", 27, 28.1)],
)
def should_count_the_time_for_which_the_gateway_has_waited_already(
    door: Door, asked: list[float], waited: Any, least: float, most: float
) -> None:
    told = caller("applications")
    since = (time.time() - waited) * 1000 if isinstance(waited, int | float) else waited
    told["requestContext"]["requestTimeEpoch"] = since
    door.send(**told)

    assert least < asked[0] < most


@pytest.mark.parametrize(("refusals", "status", "attempts"), [(2, 200, 3), (99, 503, 3)])
def should_retry_a_refused_connection_at_most_twice(
    door: Door, monkeypatch: pytest.MonkeyPatch, refusals: int, status: int, attempts: int
) -> None:
    connect: Callable[..., Any] = urllib3.util.connection.create_connection
    seen: list[Any] = []

    def refuse_some(address: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append(address)
        if len(seen) <= refusals:
            raise ConnectionRefusedError
        return connect(address, *args, **kwargs)

    monkeypatch.setattr("urllib3.util.connection.create_connection", refuse_some)

    assert door.send().status == status
    assert len(seen) == attempts


def should_answer_503_when_nothing_listens() -> None:
    with started(environment("http://127.0.0.1:1")) as door:
        assert_is_problem(door.send(), 503, "unavailable")


def should_answer_500_and_log_the_traceback_when_something_unforeseen_happens(
    door: Door, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(SignedClient, "send", lambda *_, **__: 1 / 0)

    assert_is_problem(door.send(), 500, "internal")

    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["request_id"] == "gateway-id"
    assert "ZeroDivisionError" in json.loads(line)["traceback"]


def should_use_lambdas_request_id_when_the_gateway_gives_none(door: Door) -> None:
    assert door.send([], requestContext=None).document["request_id"] == "lambda-id"
