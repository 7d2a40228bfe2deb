"""Who calls, by what API Gateway authenticated, and what they may do."""

from collections.abc import Iterator
from typing import Any

import pytest

from .door import DECLARED, Door, assert_is_problem, caller, environment, started
from .stub_runtime import StubRuntime

Json = dict[str, Any]
KEYS = '{"key-a": "applications", "key-t": "testers", "key-gone": "removed"}'


@pytest.fixture(params=["iam", "cognito", "api_key"])
def auth(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def guarded(auth: str, runtime: StubRuntime) -> Iterator[Door]:
    """Each way to authenticate, with the same grants."""
    keys = {"API_KEYS": KEYS} if auth == "api_key" else {}
    with started(environment(runtime.url) | keys, DECLARED | {"auth": auth}) as door:
        yield door


def context(auth: str, client: str) -> Json:
    """What the gateway says of a client in each mode; both have the endpoint `reviews`."""
    if auth == "iam":
        return caller(client)
    if auth == "api_key":
        return {"requestContext": {"requestId": "gateway-id", "identity": {"apiKeyId": f"key-{client[0]}"}}}
    scopes = {
        "applications": "ashlar-local/reviews.predict ashlar-local/later.predict",
        "testers": "ashlar-local/reviews.predict ashlar-local/choose-variant",
    }
    claims = {"client_id": client, "scope": scopes.get(client, "")}
    return {"requestContext": {"requestId": "gateway-id", "authorizer": {"claims": claims}}}


def should_let_a_client_call_what_it_was_granted(guarded: Door, auth: str) -> None:
    assert guarded.send(**context(auth, "applications")).status == 200


def should_answer_403_to_a_client_without_the_grant_and_call_no_model(
    guarded: Door, auth: str, runtime: StubRuntime
) -> None:
    response = guarded.send(pathParameters={"endpoint": "other"}, **context(auth, "applications"))

    assert_is_problem(response, 403, "not-granted")
    assert runtime.calls == []


def should_answer_404_before_403_on_an_endpoint_that_is_none(guarded: Door, auth: str) -> None:
    response = guarded.send(pathParameters={"endpoint": "none"}, **context(auth, "applications"))

    assert_is_problem(response, 404, "unknown-endpoint")


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"identity": None, "authorizer": None},
        {"identity": {"userArn": None, "apiKeyId": None}, "authorizer": {"claims": None}},
        # pragma: allowlist nextline secret - a made-up or public value that opens nothing
        {"identity": {"userArn": "arn:aws:iam::1:user/ashlar-local-caller-applications", "apiKeyId": "key-x"}},
        {"identity": {"userArn": "arn:aws:sts::1:assumed-role/other/ashlar-local-caller-applications"}},
        {"identity": {"userArn": "arn:aws:sts::1:federated-user/ashlar-local-caller-applications"}},
        # pragma: allowlist nextline secret - a made-up or public value that opens nothing
        {"identity": {"apiKeyId": "key-gone"}},
        {"authorizer": {"claims": {"client_id": "x"}}},
        {
            "authorizer": {
                "claims": {
                    "client_id": "x",
                    "scope": "ashlar-local/reviews reviews.predict ashlar-local/reviews.predict.x",
                }
            }
        },
        {"authorizer": {"claims": {"client_id": "x", "scope": "other/reviews.predict x/ashlar-local/reviews.predict"}}},
    ],
)
def should_grant_nothing_to_a_principal_that_is_no_client(guarded: Door, told: Json) -> None:
    response = guarded.send(requestContext={"requestId": "gateway-id", **told})

    assert_is_problem(response, 403, "not-granted")


@pytest.mark.parametrize(
    ("client", "variant", "status", "name"),
    [
        ("testers", "xgboost", 200, ""),
        ("testers", "roberta", 404, "unknown-variant"),
        ("testers", "", 404, "unknown-variant"),
        ("testers", "x\r\nX-Evil: 1", 404, "unknown-variant"),
        ("applications", "xgboost", 403, "variant-not-allowed"),
        ("applications", "roberta", 403, "variant-not-allowed"),
    ],
)
def should_let_only_those_choose_a_variant_who_may(
    guarded: Door, auth: str, runtime: StubRuntime, client: str, variant: str, status: int, name: str
) -> None:
    headers = {"Content-Type": "application/json", "X-Target-Variant": variant}

    response = guarded.send(headers=headers, **context(auth, client))

    if status == 200:
        assert response.status == 200
        assert runtime.calls[0].headers["X-Amzn-SageMaker-Target-Variant"] == variant
    else:
        assert_is_problem(response, status, name)
        assert runtime.calls == []


def should_let_the_weights_choose_without_the_header(door: Door, runtime: StubRuntime) -> None:
    assert door.send(**caller("testers")).status == 200
    assert "X-Amzn-SageMaker-Target-Variant" not in runtime.calls[0].headers


def should_send_who_asks_an_asynchronous_endpoint_for_a_prediction_to_its_jobs(door: Door) -> None:
    response = door.send(pathParameters={"endpoint": "later"})

    assert_is_problem(response, 409, "asynchronous-endpoint")
    assert "POST /endpoints/later/jobs" in response.document["detail"]


@pytest.mark.parametrize(("key", "status"), [("key-a", 200), ("key-t", 403), ("key-x", 403), (None, 403)])
def should_take_a_role_with_the_key_of_its_own_client_only(runtime: StubRuntime, key: str | None, status: int) -> None:
    with started(environment(runtime.url) | {"API_KEYS": KEYS}) as door:
        told = caller("applications")
        told["requestContext"]["identity"]["apiKeyId"] = key
        response = door.send(**told)

    assert response.status == status
    if status == 403:
        assert_is_problem(response, 403, "not-granted")
        assert "another client's" in response.document["detail"]
