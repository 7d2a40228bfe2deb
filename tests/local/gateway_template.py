"""The template of an API with a method for each kind of caller, in front of a function that does as it is told."""

from __future__ import annotations

import json
from typing import Any

from tests.local import stacks
from tests.local.sagemaker.workshop import unique

Json = dict[str, Any]
STAGE = "v1"
# What the body says happens; else the event comes back.
FUNCTION = """\
import base64, json, os, time

def handler(event, context):
    body = event.get("body") or ""
    told = base64.b64decode(body).decode("latin-1") if event.get("isBase64Encoded") else body
    if told == "raise":
        raise RuntimeError("arn:aws:iam::123456789012:role/secret")
    if told == "exit":
        os._exit(1)
    if told == "no response":
        return {"answer": 1}
    if told.startswith("sleep"):
        time.sleep(float(told.split()[1]))
    if told.startswith("bytes"):
        content = base64.b64encode(bytes(range(256))).decode()
        return {"statusCode": 200, "headers": {"Content-Type": "image/png"}, "body": content, "isBase64Encoded": True}
    if told.startswith("large"):
        return {"statusCode": 200, "body": "x" * int(told.split()[1])}
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(
        {**event, "body": body[:100], "length": len(told), "function": context.invoked_function_arn})}
"""
PROBLEM = json.dumps({"type": "urn:test:{name}", "status": 0, "request_id": "$context.requestId"})
KINDS = {
    "ACCESS_DENIED": 403,
    "INVALID_API_KEY": 403,
    "INVALID_SIGNATURE": 401,
    "MISSING_AUTHENTICATION_TOKEN": 401,
    "QUOTA_EXCEEDED": 429,
    "REQUEST_TOO_LARGE": 413,
    "INTEGRATION_TIMEOUT": 504,
    "THROTTLED": 429,
    "UNAUTHORIZED": 401,
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
}

API: Json = {"RestApiId": {"Ref": "Api"}}
_TOKENS = {"AuthorizationType": "COGNITO_USER_POOLS", "AuthorizerId": {"Ref": "Authorizer"}}
METHODS: Json = {
    "Signed": {"AuthorizationType": "AWS_IAM"},
    "Token": {**_TOKENS, "AuthorizationScopes": ["api/one.predict", "api/two.predict"]},
    "Identity": _TOKENS,
    "Key": {"AuthorizationType": "NONE", "ApiKeyRequired": True},
    "Open": {"AuthorizationType": "NONE"},
    "Closed": {"AuthorizationType": "NONE"},
}


def _arn(path: str) -> Json:
    return {"Fn::Sub": f"arn:aws:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{Api}}/*/{path}"}


def _plans() -> Json:
    """Three plans with a key each: generous, two requests and hardly more, two requests a day."""
    generous, stingy = {"RateLimit": 1000, "BurstLimit": 1000}, {"RateLimit": 0.01, "BurstLimit": 2}
    quota: Json = {"Quota": {"Limit": 2, "Period": "DAY"}}
    stages = [{"ApiId": {"Ref": "Api"}, "Stage": {"Ref": "Stage"}}]
    limited: Json = {
        "Usual": {"Throttle": generous},
        "Slow": {"Throttle": stingy},
        "Few": {"Throttle": generous, **quota},
    }
    plans: Json = {}
    for name, limits in limited.items():
        member = {"KeyId": {"Ref": f"{name}Key"}, "KeyType": "API_KEY", "UsagePlanId": {"Ref": f"{name}Plan"}}
        plans[f"{name}Key"] = ("ApiGateway::ApiKey", {"Enabled": True})
        plans[f"{name}Plan"] = ("ApiGateway::UsagePlan", {"ApiStages": stages, **limits})
        plans[f"{name}Member"] = ("ApiGateway::UsagePlanKey", member)
    return plans


def _routes() -> Json:
    uri = {"Fn::Sub": "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Alias}/invocations"}
    integration = {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": uri, "TimeoutInMillis": 2000}
    root = {"ParentId": {"Fn::GetAtt": ["Api", "RootResourceId"]}}
    routes: Json = {}
    for name, method in METHODS.items():
        place = {"HttpMethod": "POST", "ResourceId": {"Ref": f"{name}Path"}}
        routes[f"{name}Path"] = ("ApiGateway::Resource", {**API, **root, "PathPart": name.lower()})
        routes[f"{name}Method"] = ("ApiGateway::Method", {**API, **place, **method, "Integration": integration})
    return routes


def _responses() -> Json:
    responses: Json = {}
    for kind, status in KINDS.items():
        headers = {"gatewayresponse.header.Content-Type": "'application/problem+json'"}
        if status == 429:
            headers["gatewayresponse.header.Retry-After"] = "'1'"
        responses[f"Response{kind.replace('_', '')}"] = (
            "ApiGateway::GatewayResponse",
            {
                **API,
                "ResponseType": kind,
                "ResponseParameters": headers,
                "ResponseTemplates": {"application/json": PROBLEM.replace("{name}", kind)},
                **({"StatusCode": str(status)} if status else {}),
            },
        )
    return responses


def template(role: str, code: Json) -> stacks.Template:
    """`role`: the function's. `code`: where its archive is."""
    api, gateway, plans = API, _responses(), _plans()
    everyone = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "execute-api:Invoke",
        "NotResource": "execute-api:/*/POST/signed",
    }
    typed: Json = {
        "Function": (
            "Lambda::Function",
            {"Runtime": "python3.13", "Handler": "index.handler", "Role": role, "Timeout": 29, "Code": code},
        ),
        "Version": ("Lambda::Version", {"FunctionName": {"Ref": "Function"}}),
        "Alias": (
            "Lambda::Alias",
            {
                "FunctionName": {"Ref": "Function"},
                "FunctionVersion": {"Fn::GetAtt": ["Version", "Version"]},
                "Name": "live",
                "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 1},
            },
        ),
        "Api": (
            "ApiGateway::RestApi",
            {
                "Name": "gateway",
                "BinaryMediaTypes": ["*/*"],
                # pragma: allowlist nextline secret - a made-up or public value that opens nothing
                "ApiKeySourceType": "HEADER",
                "EndpointConfiguration": {"Types": ["REGIONAL"]},
                "Policy": {"Version": "2012-10-17", "Statement": [everyone]},
            },
        ),
        "Pool": (
            "Cognito::UserPool",
            {
                "UserPoolName": "gateway",
                "DeletionProtection": "INACTIVE",
                "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True},
                "UserPoolTier": "ESSENTIALS",
            },
        ),
        "Server": (
            "Cognito::UserPoolResourceServer",
            {
                "UserPoolId": {"Ref": "Pool"},
                "Identifier": "api",
                "Name": "api",
                "Scopes": [{"ScopeName": f"{n}.predict", "ScopeDescription": n} for n in ("one", "two", "three")],
            },
        ),
        "Domain": ("Cognito::UserPoolDomain", {"UserPoolId": {"Ref": "Pool"}, "Domain": unique("gateway")}),
        "Client": (
            "Cognito::UserPoolClient",
            {
                "UserPoolId": {"Ref": "Pool"},
                "ClientName": "one",
                "GenerateSecret": True,
                "AllowedOAuthFlows": ["client_credentials"],
                "AllowedOAuthFlowsUserPoolClient": True,
                "AllowedOAuthScopes": ["api/one.predict", "api/three.predict"],
                "SupportedIdentityProviders": ["COGNITO"],
                "AccessTokenValidity": 5,
                # pragma: allowlist nextline secret - a made-up or public value that opens nothing
                "TokenValidityUnits": {"AccessToken": "minutes"},
                "EnableTokenRevocation": True,
                "PreventUserExistenceErrors": "ENABLED",
                "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"],
            },
        ),
        "Authorizer": (
            "ApiGateway::Authorizer",
            {
                **api,
                "Name": "pool",
                "Type": "COGNITO_USER_POOLS",
                "IdentitySource": "method.request.header.Authorization",
                "ProviderARNs": [{"Fn::GetAtt": ["Pool", "Arn"]}],
            },
        ),
        **_routes(),
        **gateway,
        **{
            f"Permission{name}": (
                "Lambda::Permission",
                {
                    "Action": "lambda:InvokeFunction",
                    "FunctionName": {"Ref": "Alias"},
                    "Principal": "apigateway.amazonaws.com",
                    "SourceArn": _arn(f"POST/{name.lower()}"),
                },
            )
            for name in METHODS
            if name != "Closed"
        },
        "Deployment": ("ApiGateway::Deployment", api),
        "Stage": (
            "ApiGateway::Stage",
            {
                **api,
                "DeploymentId": {"Ref": "Deployment"},
                "StageName": STAGE,
                "MethodSettings": [
                    {
                        "ResourcePath": "/*",
                        "HttpMethod": "*",
                        "ThrottlingRateLimit": 1000,
                        "ThrottlingBurstLimit": 1000,
                    },
                    {
                        "ResourcePath": "/open",
                        "HttpMethod": "POST",
                        "ThrottlingRateLimit": 0.01,
                        "ThrottlingBurstLimit": 5,
                    },
                ],
            },
        ),
        **plans,
    }
    resources = {name: {"Type": f"AWS::{kind}", "Properties": given} for name, (kind, given) in typed.items()}
    resources["Deployment"]["DependsOn"] = [*(f"{name}Method" for name in METHODS), *gateway]
    resources["Client"]["DependsOn"] = ["Server"]
    outputs = {
        "Api": {"Ref": "Api"}, "Pool": {"Ref": "Pool"}, "Client": {"Ref": "Client"}, "Function": {"Ref": "Function"},
        **{name: {"Ref": name} for name in plans if name.endswith("Key")},
    }  # fmt: skip
    return {"Resources": resources, "Outputs": {name: {"Value": value} for name, value in outputs.items()}}
