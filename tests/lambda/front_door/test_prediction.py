"""A prediction that works: what is sent to SageMaker, what comes back."""

import base64

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .door import CREDENTIALS, REGION, Door, event
from .stub_runtime import PACKAGE, Call, StubRuntime, answer, predictions


def should_answer_with_the_models_predictions_its_package_and_the_variant(door: Door) -> None:
    response = door.send()

    assert response.status == 200
    assert response.headers == {
        "Content-Type": "application/json",
        "X-Request-Id": "gateway-id",
        "X-Served-Variant": "linear",
        "X-Content-Type-Options": "nosniff",
    }
    assert response.document == {"predictions": predictions(2), "variant": "linear", "model_package": PACKAGE}


def should_send_the_body_to_the_hosted_endpoint_byte_for_byte(door: Door, runtime: StubRuntime) -> None:
    body = '{ "instances" :\n[{"text":"caf\\u00e9 ☕"}] }'.encode()

    assert door.receive(event(body)).status == 200
    assert door.receive(event(base64.b64encode(body), isBase64Encoded=True)).status == 200

    assert [call.body for call in runtime.calls] == [body, body]
    assert {call.path for call in runtime.calls} == {"/endpoints/ashlar-local-reviews/invocations"}
    assert {call.headers["Content-Type"] for call in runtime.calls} == {"application/json"}
    # What a caller is told captured data says as well, so that labels find their answers.
    assert {call.headers["X-Amzn-SageMaker-Inference-Id"] for call in runtime.calls} == {"gateway-id"}


def should_sign_the_request_so_that_botocore_computes_the_same_signature(door: Door, runtime: StubRuntime) -> None:
    door.send()

    (call,) = runtime.calls
    signature = call.headers["Authorization"].rpartition("Signature=")[2]
    assert call.headers["X-Amz-Security-Token"] == CREDENTIALS["AWS_SESSION_TOKEN"]
    assert signature == _signature(call, f"{runtime.url}{call.path}")
    assert signature != _signature(Call(call.path, call.headers, b"another body"), f"{runtime.url}{call.path}")


def _signature(call: Call, url: str) -> str:
    """The signature of what arrived, computed by botocore from the headers that the caller says it signed."""
    authorization = call.headers["Authorization"]
    received = {name.lower(): value for name, value in call.headers.items()}
    signed = authorization.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert {"host", "content-type", "x-amz-date", "x-amz-security-token"} <= set(signed)
    request = AWSRequest("POST", url, headers={name: received[name] for name in signed}, data=call.body)
    request.context["timestamp"] = received["x-amz-date"]
    signer = SigV4Auth(Credentials(*CREDENTIALS.values()), "sagemaker", REGION)
    return str(signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request))


def should_take_the_content_type_header_in_any_case(door: Door) -> None:
    assert door.send(headers={"Content-TYPE": "Application/JSON"}).status == 200


def should_take_a_surrogate_pair_for_the_character_that_it_is(door: Door, runtime: StubRuntime) -> None:
    assert door.receive(event('{"instances": [{"text": "\\ud83d\\uDE00 and \\\\ud800"}]}')).status == 200


def should_accept_as_many_instances_as_the_limit(door: Door) -> None:
    assert len(door.send({"instances": [{"text": "x"}] * 1000}).document["predictions"]) == 1000


def should_show_a_package_by_its_name_and_version_when_the_model_gives_its_arn(
    door: Door, runtime: StubRuntime
) -> None:
    arn = f"arn:aws:sagemaker:eu-west-1:111122223333:model-package/{PACKAGE}"
    runtime.replies = [answer({"predictions": predictions(2), "model_package": arn})]

    assert door.send().document["model_package"] == PACKAGE


def should_use_one_connection_for_many_calls(door: Door, runtime: StubRuntime) -> None:
    for _ in range(3):
        assert door.send().status == 200

    assert runtime.connections == 1


def should_not_trust_a_connection_that_was_idle_for_long(
    door: Door, runtime: StubRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert door.send().status == 200
    monkeypatch.setattr("front_door.signed_client.IDLE_SECONDS", -1.0)
    assert door.send().status == 200

    assert runtime.connections == 2
