"""API Gateway. Source: Security Hub, APIGateway controls; AwsSolutions and Serverless packs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from review.controls.estate import Estate, statements
from review.controls.findings import Finding, expect, expect_that, shown, state
from review.controls.properties import demand
from review.controls.registry import control
from review.iam.template import Resource

STAGE = "ApiGateway::Stage"

demand("APIGateway.2", STAGE, "ClientCertificateId")
demand("APIGateway.3", STAGE, "TracingEnabled", True)
demand("APIGateway.8", "ApiGatewayV2::Route", "AuthorizationType", "AWS_IAM", "CUSTOM", "JWT")
demand("APIGateway.9", "ApiGatewayV2::Stage", "AccessLogSettings.DestinationArn")
demand("APIGateway.10", "ApiGatewayV2::Integration", "TlsConfig")
# What Security Hub recommends of the service's TLS policies.
TLS = (
    "SecurityPolicy_TLS13_1_3_2025_09",
    "SecurityPolicy_TLS13_1_3_FIPS_2025_09",
    "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
)
demand("apigw:tls", "ApiGateway::RestApi", "SecurityPolicy", *TLS)


@control("APIGateway.11")
def domains_refuse_old_tls(estate: Estate) -> Iterator[Finding]:
    """Together with mutual TLS the service takes none of the recommended policies (developer guide, domain names)."""
    for domain in estate.of("ApiGateway::DomainName"):
        mutual = "MutualTlsAuthentication" in domain.properties
        yield expect(domain, "SecurityPolicy", *TLS, *(["TLS_1_2"] if mutual else []))


@control("APIGateway.1")
def execution_logged(estate: Estate) -> Iterator[Finding]:
    """Without data traces: they would write whole requests and answers into the log."""
    for stage in estate.of(STAGE):
        yield expect_that(stage, "MethodSettings", _logs, "LoggingLevel INFO or ERROR, DataTraceEnabled not true")


@control("APIGateway.4")
def behind_a_web_acl(estate: Estate) -> Iterator[Finding]:
    for stage in estate.of(STAGE):
        suffix = f"/restapis/{stage.properties['RestApiId']}/stages/{stage.ref}"
        associations = estate.of("WAFv2::WebACLAssociation")
        guarding = [a for a in associations if str(a.properties["ResourceArn"]).endswith(suffix)]
        yield state(stage, bool(guarding), f"web ACL: {', '.join(a.path for a in guarding) or 'none'}")


@control("APIGateway.5")
def cache_encrypted(estate: Estate) -> Iterator[Finding]:
    """Only of stages that cache: predictions are answers to POST and not cached."""
    for stage in estate.of(STAGE):
        settings = stage.properties.get("MethodSettings", [])
        caching = [s for s in settings if s.get("CachingEnabled") or stage.properties.get("CacheClusterEnabled")]
        if caching:
            yield state(stage, all(s.get("CacheDataEncrypted") is True for s in caching), "CacheDataEncrypted")


@control("apigw:auth")
def methods_authenticated(estate: Estate) -> Iterator[Finding]:
    for method in estate.of("ApiGateway::Method"):
        if method.properties["HttpMethod"] != "OPTIONS":
            yield expect(method, "AuthorizationType", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS")


@control("apigw:validation")
def requests_validated(estate: Estate) -> Iterator[Finding]:
    """A method with a body names a validator that checks bodies, and the schema of each content type."""
    validators = {v.ref for v in estate.of("ApiGateway::RequestValidator") if v.properties.get("ValidateRequestBody")}
    for method in estate.of("ApiGateway::Method"):
        if method.properties["HttpMethod"] in ("POST", "PUT", "PATCH"):
            yield expect_that(method, "RequestValidatorId", validators.__contains__, "a validator of request bodies")
            yield expect(method, "RequestModels")


@control("apigw:throttle")
def stages_throttled(estate: Estate) -> Iterator[Finding]:
    for stage in estate.of(STAGE):
        yield expect_that(stage, "MethodSettings", _throttles, "ThrottlingRateLimit and ThrottlingBurstLimit")


@control("apigw:structured-log")
def access_logged_as_json(estate: Estate) -> Iterator[Finding]:
    for stage in estate.of(STAGE):
        yield expect(stage, "AccessLogSetting.DestinationArn")
        yield expect_that(stage, "AccessLogSetting.Format", _is_json, "a JSON object")


@control("apigw:private-or-regional")
def not_at_the_edge(estate: Estate) -> Iterator[Finding]:
    """A private API says by its policy from which endpoints it is called, a regional one by whom, or by its scopes."""
    for api in estate.of("ApiGateway::RestApi"):
        types = api.properties.get("EndpointConfiguration", {}).get("Types", ["EDGE"])
        yield state(api, types in (["PRIVATE"], ["REGIONAL"]), f"EndpointConfiguration.Types={shown(types)}")
        if types == ["PRIVATE"]:
            yield state(api, _limited(api, {"aws:sourcevpce", "aws:sourcevpc"}), "resource policy by aws:SourceVpce")
        elif _asks_for_scopes(estate, api):
            yield state(api, True, "scopes of a user pool at each method")
        else:
            yield state(
                api, _limited(api, {"aws:principalaccount", "aws:principalorgid"}), "resource policy by account"
            )


def _asks_for_scopes(estate: Estate, api: Resource) -> bool:
    methods = [its.properties for its in estate.of("ApiGateway::Method") if its.properties["RestApiId"] == api.ref]
    scoped = [
        its.get("AuthorizationType") == "COGNITO_USER_POOLS" and its.get("AuthorizationScopes") for its in methods
    ]
    return bool(scoped) and all(scoped)


def _limited(api: Resource, keys: set[str]) -> bool:
    if "Policy" not in api.properties:
        return False
    found = statements(api, api.properties["Policy"])
    denied = any(keys & s.condition_keys for s in found if not s.allows)
    named = all(("AWS", "*") not in s.principals or keys & s.condition_keys for s in found if s.allows)
    return denied or named


def _logs(settings: list[dict[str, Any]]) -> bool:
    return any(s.get("LoggingLevel") in ("INFO", "ERROR") for s in settings) and not any(
        s.get("DataTraceEnabled") for s in settings
    )


def _throttles(settings: list[dict[str, Any]]) -> bool:
    return any(s.get("ThrottlingRateLimit", -1) > 0 and s.get("ThrottlingBurstLimit", -1) > 0 for s in settings)


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except json.JSONDecodeError:
        return False
