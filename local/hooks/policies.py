"""What MiniStack's policy evaluation leaves out: global condition keys, policy variables, policies of VPC endpoints.

Source: IAM user guide, "AWS global condition context keys" and "IAM policy elements: Variables and tags".
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from local.hooks import current_request, internals, networks, scope

_evaluator = internals.module("core.iam_evaluator")
_actions = internals.module("core.iam_actions")
_iam = internals.module("services.iam")
_s3 = internals.module("services.s3")
_tagging = internals.module("services.tagging")

_VARIABLE = re.compile(r"\$\{([\w:/.=+@-]+)(?:\s*,\s*'([^']*)')?\}")
# What a variable without a value stands for: it equals nothing and matches nothing.
_NOTHING = "\0"
_PRINCIPAL_KEYS = frozenset({"aws:principalaccount", "aws:principaltype"})
_KMS_KEY_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"
_resource_tags: dict[str, Callable[[str], Mapping[str, str]]] = {}


def register_resource_tags(service: str, fn: Callable[[str], Mapping[str, str]]) -> None:
    """Take the aws:ResourceTag keys of `service`, the third part of an ARN, from what `fn(arn)` answers."""
    _resource_tags[service] = fn


def _principal_arn(context: Any) -> str | None:
    """A session's principal is its role, with the role's path."""
    arn = str(context.principal_arn)
    if ":assumed-role/" not in arn:
        return None if context.principal_type == "Service" else arn
    account, name = arn.split(":")[4], arn.split("/")[1]
    role = _iam._roles.get_scoped(account, None, name)
    return str(role["Arn"]) if role else f"arn:aws:iam::{account}:role/{name}"


def _with_mfa(context: Any) -> str | None:
    """MFA counts where a role is assumed with a device that exists; the sessions of roles carry none of it."""
    request = current_request.current()
    if context.action != "sts:AssumeRole" or request is None:
        return None
    given = {name: value[0] for name, value in parse_qs(request.body.decode("utf-8", "replace")).items()}
    code = given.get("TokenCode", "")
    valid = given.get("SerialNumber") in _iam._mfa_devices and len(code) == 6 and code.isdigit()
    return "true" if valid else None


def _tag(context: Any, name: str) -> str | None:
    arn = context.resource_arn
    service = (arn.split(":") + [""] * 3)[2]
    tags = _resource_tags.get(service, _tagging.resource_tags)(arn) or {}
    return next((value for key, value in tags.items() if key.lower() == name.lower()), None)


def _source_endpoint(context: Any) -> str | None:
    found = networks.endpoint()
    return str(found["VpcEndpointId"]) if found else None


def _source_vpc(context: Any) -> str | None:
    found = networks.endpoint()
    return str(found["VpcId"]) if found else None


def _over_tls(context: Any) -> str:
    """What a service does in the background comes with no request; on AWS services call each other over TLS."""
    is_in_the_background = context.principal_type == "Service" or current_request.current() is None
    return str(is_in_the_background or context.secure_transport).lower()


_KEYS: dict[str, Callable[[Any], str | None]] = {
    "aws:securetransport": _over_tls,
    "aws:principalarn": _principal_arn,
    "aws:principalisawsservice": lambda context: str(context.principal_type == "Service").lower(),
    # What a service does on its caller's behalf is done within MiniStack, where no policy is asked.
    "aws:viaawsservice": lambda context: "false",
    "aws:sourcevpce": _source_endpoint,
    "aws:sourcevpc": _source_vpc,
    # The server takes 1.2 as well, but does not tell which it was.
    "s3:tlsversion": lambda context: "1.3" if context.secure_transport else None,
}


def _resolve(original: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    def resolve(key: str, context: Any) -> Any:
        name = key.lower()
        if name in _KEYS:
            return _KEYS[name](context)
        if name in _PRINCIPAL_KEYS and context.principal_type == "Service":
            return None
        if name in ("aws:multifactorauthpresent", "aws:multifactorauthage") and (present := _with_mfa(context)):
            return present if name.endswith("present") else "0"
        found = original(key, context)
        if found is None and name.startswith("aws:resourcetag/"):
            return _tag(context, key.partition("/")[2])
        return found

    return resolve


def _filled(value: Any, context: Any) -> Any:
    """`value` with policy variables replaced, each by its value, its default, or what matches nothing."""
    if isinstance(value, list):
        return [_filled(item, context) for item in value]
    if not isinstance(value, str) or "${" not in value:
        return value

    def one(match: re.Match[str]) -> str:
        found = _evaluator._resolve_condition_key(match[1], context)
        return str(found) if isinstance(found, str) else match[2] if match[2] is not None else _NOTHING

    return _VARIABLE.sub(one, value)


def _with_variables() -> None:
    met, first_match = _evaluator._conditions_met, _evaluator._first_match

    def conditions_met(conditions: Mapping[str, Any], context: Any) -> bool:
        filled = {
            operator: {key: _filled(value, context) for key, value in block.items()}
            for operator, block in (conditions or {}).items()
            if isinstance(block, dict)
        }
        return bool(met(filled, context))

    def matching(context: Any, statements: list[Any], effect: str) -> Any:
        return first_match(context, [_with_resources(s, context) for s in statements if s.effect == effect], effect)

    _evaluator._conditions_met, _evaluator._first_match = conditions_met, matching


def _with_resources(statement: Any, context: Any) -> Any:
    if not any("${" in text for text in (*statement.resources, *statement.not_resources)):
        return statement
    return dataclasses.replace(
        statement,
        resources=_filled(statement.resources, context),
        not_resources=_filled(statement.not_resources, context),
    )


def _endpoint_limit(caller_arn: str) -> list[Any]:
    """The policy of the VPC endpoint that the current request goes through: a limit to what policies allow."""
    if not current_request.is_of_the_service():
        return []
    if networks.is_cut_off():
        return [[[]]]
    endpoint = networks.endpoint()
    document = endpoint.get("PolicyDocument") if endpoint else None
    if not document:
        return []
    parsed = json.loads(document) if isinstance(document, str) else document
    statements = parsed["Statement"] if isinstance(parsed["Statement"], list) else [parsed["Statement"]]
    applicable = [s for s in statements if _evaluator._principal_matches(s.get("Principal", "*"), caller_arn)]
    return [[_evaluator.parse_policy_document({"Statement": applicable})]]


def _with_endpoint_policies() -> None:
    resolve = _evaluator.resolve_principal

    def resolved(*args: Any, **named: Any) -> Any:
        principal = resolve(*args, **named)
        if getattr(principal, "policies", None) is not None:
            principal.limits += _endpoint_limit(principal.arn)
        return principal

    _evaluator.resolve_principal = resolved


def _with_the_object_key() -> None:
    """s3:x-amz-server-side-encryption-aws-kms-key-id of a write; of a part, that of its upload."""
    original = _actions.s3_service_context

    def s3_service_context(action: str, query: Any, path: str = "", headers: Any = None) -> dict[str, Any]:
        found: dict[str, Any] = original(action, query, path, headers)
        if action != "s3:PutObject":
            return found
        upload = _s3._multipart_uploads.get(_actions._query_param(query or {}, "uploadId"))
        given = upload["preserved_headers"] if upload and upload["requested_sse"] else {} if upload else headers
        key = (given or {}).get(_KMS_KEY_HEADER, "")
        if key and not key.startswith("arn:"):
            key = f"arn:aws:kms:{scope.region()}:{scope.account()}:{key if key.startswith('alias/') else f'key/{key}'}"
        return {**found, f"s3:{_KMS_KEY_HEADER}": key} if key else found

    _actions.s3_service_context = s3_service_context


def _with_deleted_versions() -> None:
    """DeleteObjects asks for s3:DeleteObjectVersion where it names versions; MiniStack forgets it for the first."""
    enforce = _evaluator.enforce

    def enforced(access_key_id: str, iam_action: str, *args: Any, **named: Any) -> Any:
        request, arn = current_request.current(), named.get("resource_arn") or ""
        if iam_action == "s3:DeleteObject" and request is not None and "delete" in request.query_params:
            bucket = arn.removeprefix("arn:aws:s3:::").partition("/")[0]
            if dict(_actions._s3_batch_delete_targets(bucket, request.body)).get(arn):
                iam_action = "s3:DeleteObjectVersion"
        return enforce(access_key_id, iam_action, *args, **named)

    _evaluator.enforce = enforced


def _install() -> None:
    _evaluator._resolve_condition_key = _resolve(_evaluator._resolve_condition_key)
    _with_variables()
    _with_endpoint_policies()
    _with_the_object_key()
    _with_deleted_versions()


_install()
