"""Who acts: clients of our own endpoint, roles assumed by services, and the iam:PassRole check MiniStack leaves out."""

from __future__ import annotations

import functools
import json
import os
import re
import threading
import time
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from local.hooks import internals, scope

_evaluator = internals.module("core.iam_evaluator")
_actions = internals.module("core.iam_actions")
_iam = internals.module("services.iam")
_sts = internals.module("services.sts")
_router = internals.module("core.router")

_session = boto3.Session()
_session_lock = threading.Lock()

# A service renews the credentials of what it runs; twelve hours is longer than a local cloud usually lives.
_SESSION_SECONDS = 12 * 3600


# They tell nobody for whom they act when they assume a role (sources: stacks/permissions/trust.py).
_WITHOUT_SOURCE = {f"{service}.amazonaws.com" for service in ("apigateway", "cloudformation", "cloudtrail", "lambda")}


class AccessDenied(Exception):  # noqa: N818 - what AWS calls it
    """A refusal by IAM; `str()` is the message that AWS would give."""

    code = "AccessDeniedException"


def endpoint_url() -> str:
    """The address of our own endpoint: loopback, TLS."""
    return f"https://127.0.0.1:{os.environ['GATEWAY_PORT']}"


def client(service: str, *, credentials: Mapping[str, str] | None = None, place: str | None = None) -> Any:
    """A boto3 client of our own endpoint, in the account and region of the current request.

    It acts as the account's root, or with `credentials`: AccessKeyId, SecretAccessKey and SessionToken; and calls from
    the VPC whose token is `place`, or from none.
    """
    if credentials is None:
        return _root_client(service, scope.account(), scope.region())
    return _new_client(service, credentials, scope.region(), place)


@functools.cache
def _root_client(service: str, account: str, region: str) -> Any:
    # pragma: allowlist nextline secret - a made-up or public value that opens nothing
    return _new_client(service, {"AccessKeyId": account, "SecretAccessKey": "local"}, region)


def _new_client(service: str, credentials: Mapping[str, str], region: str, place: str | None = None) -> Any:
    config = Config(
        s3={"addressing_style": "path"}, retries={"max_attempts": 1}, max_pool_connections=64, user_agent_appid=place
    )
    # One session, because it keeps the service models it has read; making clients from it is not thread-safe.
    with _session_lock:
        return _session.client(
            service,
            region_name=region,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials.get("SessionToken"),
            endpoint_url=endpoint_url(),
            verify=os.environ["AWS_CA_BUNDLE"],
            config=config,
        )


def assume_role(
    role_arn: str,
    session_name: str,
    *,
    service_principal: str = "sagemaker.amazonaws.com",
    source_arn: str | None = None,
) -> dict[str, str]:
    """Credentials of `role_arn` as `service_principal` gets them; AccessDenied where the trust policy refuses it.

    STS is not asked over the network, because no request can be signed by a service: MiniStack would see the account's
    root. So the trust policy is evaluated here, for the service, with aws:SourceAccount and, if given, aws:SourceArn,
    unless it is a service that sends neither.
    """
    role_name = role_arn.rsplit("/", 1)[-1]
    found = role(role_name)
    if found is None or found["Arn"] != role_arn or not _trusts(found, role_arn, service_principal, source_arn):
        raise AccessDenied(
            f"{service_principal} is not authorized to perform: sts:AssumeRole on resource: {role_arn}. "
            "The role must exist and its trust policy must allow the service principal."
        )
    return _new_session(role_arn, role_name, session_name)


def role(name: str) -> dict[str, Any] | None:
    """MiniStack's record of a role: Arn, Path, PermissionsBoundary and more."""
    found: dict[str, Any] | None = _iam._roles.get(name)
    return found


def _trusts(role: Mapping[str, Any], role_arn: str, service_principal: str, source_arn: str | None) -> bool:
    document = role.get("AssumeRolePolicyDocument") or "{}"
    statements = (json.loads(document) if isinstance(document, str) else document).get("Statement", [])
    source = {"aws:sourceaccount": scope.account(), "aws:sourcearn": source_arn}
    context = _evaluator.EvalContext(
        principal_arn=service_principal,
        principal_type="Service",
        principal_account=scope.account(),
        action="sts:AssumeRole",
        resource_arn=role_arn,
        region=scope.region(),
        service_context={} if service_principal in _WITHOUT_SOURCE else source,
    )
    allowed = False
    for statement in [statements] if isinstance(statements, dict) else statements:
        if not _statement_applies(statement, service_principal, context):
            continue
        if statement.get("Effect") == "Deny":
            return False
        allowed = True
    return allowed


def _statement_applies(statement: Mapping[str, Any], service_principal: str, context: Any) -> bool:
    principal = statement.get("Principal")
    return bool(
        _evaluator._action_matches("sts:AssumeRole", _list(statement.get("Action")), _list(statement.get("NotAction")))
        and (principal == "*" or _evaluator._service_principal_matches(principal, service_principal))
        and _evaluator._conditions_met(statement.get("Condition", {}), context)
    )


def _list(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _new_session(role_arn: str, role_name: str, session_name: str) -> dict[str, str]:
    name = re.sub(r"[^\w+=,.@-]", "-", session_name)[:64]
    credentials = {
        "AccessKeyId": str(_sts._gen_session_access_key()),
        "SecretAccessKey": str(_sts._gen_secret()),
        "SessionToken": str(_sts._gen_session_token()),
    }
    account = role_arn.split(":")[4]
    _sts.register_session(
        credentials["AccessKeyId"],
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{role_name}/{name}",
            "UserId": f"{_sts._role_id(role_arn)}:{name}",
            "SecretAccessKey": credentials["SecretAccessKey"],
            "SessionToken": credentials["SessionToken"],
            "Expiration": time.time() + _SESSION_SECONDS,
            "AccountId": account,
            "PrincipalType": "AssumedRole",
            "SourceAccessKeyId": "",
            "SourcePrincipalArn": "",
            "SessionTags": [],
            "SessionPolicies": None,
        },
    )
    return credentials


def require_allowed(
    headers: Mapping[str, str], action: str, resource_arn: str, keys: Mapping[str, Any] | None = None
) -> None:
    """Raise AccessDenied unless the caller of the current request may do `action` on `resource_arn` as well.

    For operations that AWS authorises on more than one resource or as more than one action. `headers` are the
    request's, with lower-case names; `keys` are the condition keys it has for this action.
    """
    _require(headers, action, resource_arn, keys or {})


def require_pass_role(headers: Mapping[str, str], role_arn: str, service_principal: str) -> None:
    """Raise AccessDenied unless the caller of the current request may pass `role_arn` to `service_principal`.

    `headers` are the request's, with lower-case names.
    """
    _require(headers, "iam:PassRole", role_arn, {"iam:PassedToService": service_principal})


def _require(headers: Mapping[str, str], action: str, resource_arn: str, context: Mapping[str, Any]) -> None:
    require_allowed_to(_router.extract_access_key_id(dict(headers)), action, resource_arn, context)


def require_allowed_to(access_key_id: str, action: str, resource_arn: str, keys: Mapping[str, Any]) -> None:
    """Raise AccessDenied unless who has the access key may do `action` on `resource_arn`, with these condition keys."""
    refusal = _evaluator.enforce(
        access_key_id,
        action,
        action.partition(":")[0],
        scope.region(),
        resource_arn=resource_arn,
        service_context=dict(keys),
    )
    if refusal is None:
        return
    if isinstance(refusal, _evaluator.AuthError):
        raise AccessDenied(refusal.message)
    denied = refusal.decision == "Deny"
    raise AccessDenied(_actions.identity_denial_message(action, refusal.principal_arn, resource_arn, denied))


def caller_credentials(headers: Mapping[str, str]) -> dict[str, str] | None:
    """The credentials that signed the current request, to go on acting as its caller; None for the account's root."""
    key = _router.extract_access_key_id(dict(headers))
    found = _evaluator.resolve_credential(key, scope.account())
    if getattr(found, "principal_type", "Root") == "Root":
        return None
    credentials = {"AccessKeyId": key, "SecretAccessKey": found.secret_access_key}
    return {**credentials, "SessionToken": found.session_token} if found.session_token else credentials
