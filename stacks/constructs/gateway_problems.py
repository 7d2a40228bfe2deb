"""What API Gateway itself answers, as the same problems that the function answers with (RFC 9457)."""

from __future__ import annotations

import json

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from stacks.api_definition import PROBLEMS
from stacks.api_definition.problems import TYPE
from stacks.constructs.naming import construct_id

ROUTES = "GET /openapi.json lists the routes."
SIGN = "Sign the request (SigV4), or send the token or the API key that this API asks for."
OWNER = "It has been logged. Report the request id to the API's owner."
# Every type of response of API Gateway's -> the problem's name, and what to do. Never $context.error.*: it names ARNs.
# Source: API Gateway developer guide, gateway response types. API Gateway misses credentials before it misses a route.
RESPONSES = {
    "ACCESS_DENIED": ("forbidden", f"These credentials may not do this. Ask the API's owner for a grant. {ROUTES}"),
    # A function whose executions are all taken, and one that the API may not or cannot call.
    "API_CONFIGURATION_ERROR": ("unavailable", "The API could not call what answers it. Wait, then send it again."),
    "AUTHORIZER_CONFIGURATION_ERROR": ("internal", OWNER),
    "AUTHORIZER_FAILURE": ("internal", OWNER),
    "BAD_REQUEST_BODY": ("invalid-body", "The body is not what the route takes. GET /openapi.json describes it."),
    "BAD_REQUEST_PARAMETERS": ("invalid-request", "A parameter is missing. GET /openapi.json describes them."),
    "DEFAULT_4XX": ("unauthenticated", f"The credentials are not known here, or cannot be read. {SIGN}"),
    "DEFAULT_5XX": ("internal", OWNER),
    "EXPIRED_TOKEN": ("unauthenticated", "The credentials have expired. Take new ones, and send the request again."),
    "INTEGRATION_FAILURE": ("unavailable", "Wait, then send the request again."),
    "INTEGRATION_TIMEOUT": ("deadline-passed", "Send fewer instances a request, or start a job."),
    "INVALID_API_KEY": ("forbidden", "Send the API key that you were given, in the header X-Api-Key."),
    "INVALID_SIGNATURE": ("unauthenticated", "The signature is not of this request. Sign what is sent, and when."),
    "MISSING_AUTHENTICATION_TOKEN": ("unauthenticated", f"{SIGN} Or there is no such route: {ROUTES}"),
    "QUOTA_EXCEEDED": (
        "quota-exceeded",
        "Wait until the day (UTC) is over, or ask the API's owner for a larger quota.",
    ),
    "REQUEST_TOO_LARGE": (
        "body-too-large",
        "A body has at most 6 MB, and some 4.5 MB as it travels: send it compressed (Content-Encoding: gzip), send "
        "fewer instances, or upload it (POST /endpoints/{endpoint}/uploads).",
    ),
    "RESOURCE_NOT_FOUND": ("unknown-route", ROUTES),
    "THROTTLED": ("throttled", "Wait, then send the request again."),
    "UNAUTHORIZED": ("unauthenticated", f"{SIGN} It may have expired, or be of another API."),
    "UNSUPPORTED_MEDIA_TYPE": ("unsupported-content-type", "GET /openapi.json says what the route takes."),
    "WAF_FILTERED": ("blocked", "A rule of the firewall matched: requests too many or too large, or an attack's form."),
}


def gateway_problems(scope: Construct, api_id: str) -> list[apigateway.CfnGatewayResponse]:
    """One response for each type, for whoever deploys the API to wait for."""
    return [_response(scope, api_id, type, *its) for type, its in RESPONSES.items()]


def document(name: str, detail: str) -> str:
    """The problem, as a template of API Gateway's."""
    kind = PROBLEMS[name]
    problem = {"type": f"{TYPE}{name}", "title": kind.title, "status": kind.status, "detail": detail}
    return json.dumps({**problem, "request_id": "$context.requestId"})


def _response(scope: Construct, api_id: str, type: str, name: str, detail: str) -> apigateway.CfnGatewayResponse:
    kind = PROBLEMS[name]
    headers = {"Content-Type": "'application/problem+json'", "X-Request-Id": "context.requestId"}
    if kind.retry_after is not None:
        headers["Retry-After"] = f"'{kind.retry_after}'"
    return apigateway.CfnGatewayResponse(
        scope,
        construct_id(type.lower().replace("_", "-")),
        rest_api_id=api_id,
        response_type=type,
        status_code=str(kind.status),
        response_parameters={f"gatewayresponse.header.{header}": value for header, value in headers.items()},
        response_templates={"application/json": document(name, detail)},
    )
