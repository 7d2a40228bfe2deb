"""API Gateway, Cognito and what is between them and a function answer as they do on AWS."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest

from tests.local import stacks
from tests.local.cloud import ACCOUNT, REGION, LocalCloud, eventually
from tests.local.gateway import Gateway, Json, deployed
from tests.local.sagemaker.workshop import unique

LARGEST_BYTES = 4_700_000


@pytest.fixture(scope="module")
def gateway(local_cloud: LocalCloud) -> Gateway:
    return deployed(local_cloud)


@pytest.fixture(scope="module")
def caller(gateway: Gateway) -> Json:
    """Credentials of a role that may call one route, and that has no function to call: its policy says nothing."""
    arn = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{gateway.outputs['Api']}/v1/POST/signed"
    statement = {"Action": "execute-api:Invoke", "Resource": arn}
    role = stacks.make_role(gateway.cloud, unique("caller"), "root", statement)
    return stacks.credentials_of(gateway.cloud, role)


def _problem(answer: Any) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.json["request_id"]) == 36
    return str(answer.json["type"]).removeprefix("urn:test:")


def should_tell_the_function_who_signed_and_give_it_the_bytes(gateway: Gateway, caller: Json) -> None:
    answer = gateway.signed("signed", b"\xff\x00", caller)
    assert answer.status == 200
    assert answer.json["isBase64Encoded"] is True
    assert answer.json["body"] == "/wA="
    identity = answer.json["requestContext"]["identity"]
    assert identity["userArn"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/caller-")
    assert "apiKeyId" not in identity


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        ({}, 401, "MISSING_AUTHENTICATION_TOKEN"),
        ({"Authorization": "Bearer x"}, 403, "DEFAULT_4XX"),
    ],
)
def should_refuse_who_does_not_sign(gateway: Gateway, headers: Json, status: int, kind: str) -> None:
    answer = gateway.send("signed", b"x", headers)
    assert (answer.status, _problem(answer)) == (status, kind)


def should_refuse_wrong_old_and_narrow_signatures(gateway: Gateway, caller: Json) -> None:
    wrong = gateway.signature("signed", b"other", caller)
    assert _problem(gateway.send("signed", b"x", wrong)) == "INVALID_SIGNATURE"
    with mock.patch("botocore.auth.get_current_datetime", lambda: datetime.now(UTC) - timedelta(minutes=20)):
        old = gateway.signature("signed", b"x", caller)
    assert _problem(gateway.send("signed", b"x", old)) == "INVALID_SIGNATURE"
    elsewhere = stacks.credentials_of(gateway.cloud, stacks.make_role(gateway.cloud, unique("narrow"), "root"))
    refused = gateway.signed("signed", b"x", elsewhere)
    assert (refused.status, _problem(refused)) == (403, "ACCESS_DENIED")


def should_not_know_routes_and_verbs_that_were_not_made(gateway: Gateway, caller: Json) -> None:
    for answer in (
        gateway.post("nothing"),
        gateway.signed("nothing", b"", caller),
        gateway.send("key", b"", {}, "PUT"),
    ):
        assert (answer.status, _problem(answer)) == (401, "MISSING_AUTHENTICATION_TOKEN")


@pytest.mark.parametrize(
    ("told", "status", "kind"),
    [
        (b"raise", 502, "DEFAULT_5XX"),
        (b"exit", 502, "DEFAULT_5XX"),
        (b"no response", 502, "DEFAULT_5XX"),
        (b"large 6300000", 502, "DEFAULT_5XX"),
        (b"sleep 2.5", 504, "INTEGRATION_TIMEOUT"),
    ],
)
def should_answer_for_a_function_that_does_not(gateway: Gateway, told: bytes, status: int, kind: str) -> None:
    answer = gateway.signed("signed", told)
    assert (answer.status, _problem(answer)) == (status, kind)
    assert b"arn:" not in answer.content


def should_not_call_a_function_that_does_not_let_the_api_in(gateway: Gateway) -> None:
    answer = gateway.post("closed")
    assert (answer.status, _problem(answer)) == (500, "DEFAULT_5XX")


def should_call_no_function_that_lambda_throttles(gateway: Gateway) -> None:
    functions, name = gateway.cloud.client("lambda"), gateway.outputs["Function"]
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    try:
        answer = gateway.signed("signed", b"x")
    finally:
        functions.delete_function_concurrency(FunctionName=name)
    assert (answer.status, _problem(answer)) == (500, "DEFAULT_5XX")


def should_pass_on_what_lambda_takes_and_no_more(gateway: Gateway) -> None:
    assert gateway.signed("signed", b"x" * LARGEST_BYTES).json["length"] == LARGEST_BYTES
    for size in (6 * 1024 * 1024, 6 * 1024 * 1024 + 1, 11_000_000):
        answer = gateway.signed("signed", b"x" * size)
        assert (answer.status, _problem(answer)) == (413, "REQUEST_TOO_LARGE")


def should_decode_bytes_for_who_accepts_them(gateway: Gateway) -> None:
    signed = gateway.signature("signed", b"bytes")
    decoded = gateway.send("signed", b"bytes", {**signed, "Accept": "image/png"})
    assert decoded.content == bytes(range(256))
    assert decoded.headers["content-type"] == "image/png"


def should_ask_for_a_key_and_tell_the_function_which(gateway: Gateway) -> None:
    # pragma: allowlist nextline secret - a made-up or public value that opens nothing
    for given in ({}, {"X-Api-Key": "made-up-made-up-made-up"}):
        answer = gateway.send("key", b"", given)
        assert (answer.status, _problem(answer)) == (403, "INVALID_API_KEY")
    identity = gateway.post("key", x_api_key=gateway.key("Usual")).json["requestContext"]["identity"]
    assert identity["apiKeyId"] == gateway.outputs["UsualKey"]


def should_refuse_a_key_that_was_disabled(gateway: Gateway) -> None:
    keys, value = gateway.cloud.client("apigateway"), gateway.key("Usual")
    for enabled, status in (("false", 403), ("true", 200)):
        change = [{"op": "replace", "path": "/enabled", "value": enabled}]
        keys.update_api_key(apiKey=gateway.outputs["UsualKey"], patchOperations=change)
        assert gateway.post("key", x_api_key=value).status == status


@pytest.mark.parametrize(("name", "kind"), [("Slow", "THROTTLED"), ("Few", "QUOTA_EXCEEDED")])
def should_limit_who_has_a_key(gateway: Gateway, name: str, kind: str) -> None:
    value = gateway.key(name)
    assert [gateway.post("key", x_api_key=value).status for _ in range(3)] == [200, 200, 429]
    answer = gateway.post("key", x_api_key=value)
    assert _problem(answer) == kind
    assert answer.headers["retry-after"] == "1"


def should_limit_everybody_together(gateway: Gateway) -> None:
    answers = [gateway.post("open") for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 5 + [429]
    assert _problem(answers[-1]) == "THROTTLED"


def should_give_a_client_a_token_for_its_scopes_only(gateway: Gateway) -> None:
    secret = gateway.secret()
    assert gateway.token("wrong", "api/one.predict").json["error"] == "invalid_client"
    assert gateway.token(secret, "api/two.predict").json["error"] == "invalid_grant"
    given = gateway.token(secret, "api/one.predict").json
    # pragma: allowlist nextline secret - a made-up or public value that opens nothing
    assert given["token_type"] == "Bearer"
    answer = gateway.post("token", Authorization=f"Bearer {given['access_token']}")
    claims = answer.json["requestContext"]["authorizer"]["claims"]
    assert claims["scope"] == "api/one.predict"
    assert claims["client_id"] == gateway.outputs["Client"]


def should_refuse_tokens_that_do_not_fit(gateway: Gateway) -> None:
    secret = gateway.secret()
    one, three = (gateway.token(secret, f"api/{n}.predict").json["access_token"] for n in ("one", "three"))
    head, body, _ = one.split(".")
    forged = f"{head}.{body}.{three.split('.')[2]}"
    for path, token in (("token", "a.b.c"), ("token", three), ("token", forged), ("identity", one)):
        answer = gateway.post(path, Authorization=f"Bearer {token}")
        assert (answer.status, _problem(answer)) == (401, "UNAUTHORIZED")
    assert gateway.post("token").status == 401


def should_refuse_a_token_that_has_expired(gateway: Gateway) -> None:
    users = gateway.cloud.client("cognito-idp")
    place: Json = {"UserPoolId": gateway.outputs["Pool"], "ClientId": gateway.outputs["Client"]}
    kept = users.describe_user_pool_client(**place)["UserPoolClient"]
    settings: Json = {
        name: kept[name] for name in ("AllowedOAuthFlows", "AllowedOAuthFlowsUserPoolClient", "AllowedOAuthScopes")
    }
    # pragma: allowlist nextline secret - a made-up or public value that opens nothing
    units: Json = {"AccessToken": "seconds"}
    users.update_user_pool_client(**place, **settings, AccessTokenValidity=1, TokenValidityUnits=units)
    try:
        token = gateway.token(gateway.secret(), "api/one.predict").json["access_token"]
    finally:
        # pragma: allowlist nextline secret - a made-up or public value that opens nothing
        usual: Json = {"AccessTokenValidity": 5, "TokenValidityUnits": {"AccessToken": "minutes"}}
        users.update_user_pool_client(**place, **settings, **usual)
    answer = eventually(lambda: (a := gateway.post("token", Authorization=token)).status != 200 and a)
    assert answer and _problem(answer) == "UNAUTHORIZED"


def should_answer_at_its_domain_alone(local_cloud: LocalCloud) -> None:
    name, domain = unique("domain"), f"{unique('api')}.example.org"
    method: Json = {"Type": "MOCK", "RequestTemplates": {"application/json": json.dumps({"statusCode": 200})}}
    method |= {"IntegrationResponses": [{"StatusCode": "200"}]}
    api = {"RestApiId": {"Ref": "Api"}}
    typed: Json = {
        "Api": ("ApiGateway::RestApi", {"Name": name, "DisableExecuteApiEndpoint": True}),
        "Method": (
            "ApiGateway::Method",
            {
                **api,
                "HttpMethod": "GET",
                "AuthorizationType": "NONE",
                "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
                "MethodResponses": [{"StatusCode": "200"}],
                "Integration": method,
            },
        ),
        "Deployment": ("ApiGateway::Deployment", api),
        "Stage": ("ApiGateway::Stage", {**api, "DeploymentId": {"Ref": "Deployment"}, "StageName": "v1"}),
        "Domain": (
            "ApiGateway::DomainName",
            {
                "DomainName": domain,
                "EndpointConfiguration": {"Types": ["REGIONAL"]},
                "RegionalCertificateArn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/{'0' * 8}",
                "SecurityPolicy": "TLS_1_2",
                "MutualTlsAuthentication": {"TruststoreUri": "s3://bucket/truststore.pem"},
            },
        ),
        "Mapping": (
            "ApiGateway::BasePathMapping",
            {**api, "DomainName": {"Ref": "Domain"}, "Stage": {"Ref": "Stage"}},
        ),
    }
    resources = {key: {"Type": f"AWS::{kind}", "Properties": given} for key, (kind, given) in typed.items()}
    resources["Deployment"]["DependsOn"] = ["Method"]
    stack = stacks.deploy(local_cloud, name, {"Resources": resources, "Outputs": {"Api": {"Value": {"Ref": "Api"}}}})
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.failures(local_cloud, name)
    gateway = Gateway(local_cloud, {"Api": stack["Outputs"][0]["OutputValue"]})
    assert gateway.send("", b"", {}, "GET").status == 403
    at_domain = gateway.http.request("GET", local_cloud.url, headers={"Host": domain})
    assert at_domain.status == 200
