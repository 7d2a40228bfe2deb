"""Every part of MiniStack that Ashlar replaces or calls, each checked before the local cloud starts.

MiniStack offers no extension interface, so an upgrade may move any of these. One that is missing stops the start with
its name, instead of failing later as a resource that is quietly not what the template says.
"""

from __future__ import annotations

import importlib
from importlib import metadata
from typing import Any

PINNED_VERSION = "1.5.33"

_NEEDED: dict[str, tuple[str, ...]] = {
    "app": (
        "app",
        "AUTH",
        "SERVICE_HANDLERS",
        "_MAIN_LOOP",
        "_enforce_execute_api",
        "_handle_execute_api_request",
        "_maybe_record_cloudtrail",
        "_parse_execute_api_url",
    ),
    "core.iam_actions": (
        "SERVICE_TO_IAM_NAMESPACE",
        "_BOTOCORE_SERVICE_MAP",
        "extract_resource_arn",
        "_query_param",
        "identity_denial_message",
        "request_tag_context",
        "s3_service_context",
    ),
    "core.iam_evaluator": (
        "AuthError",
        "EvalContext",
        "_action_matches",
        "_conditions_met",
        "_first_match",
        "_principal_matches",
        "_resolve_condition_key",
        "_service_principal_matches",
        "_signed_request",
        "authenticate",
        "enforce",
        "evaluate_resource_policy",
        "parse_policy_document",
        "resolve_credential",
        "resolve_principal",
    ),
    "core.lambda_runtime": ("Worker", "execution_credentials"),
    "core.responses": ("get_account_id", "get_region", "new_uuid", "request_scope"),
    "core.router": ("SERVICE_PATTERNS", "extract_access_key_id"),
    "services.apigateway_v1": (
        "_AUTHENTICATION_GATEWAY_ERRORS",
        "_build_lambda_event_v1",
        "_check_api_key",
        "_extract_lambda_ref_from_integration_uri",
        "_fetch_jwks",
        "_gateway_error_response",
        "_gateway_responses",
        "_gw_error",
        "_invoke_lambda_proxy_v1",
        "_lambda_proxy_response",
        "_resolve_api_key",
        "_rest_apis",
        "_validate_cognito_authorizer",
        "authentication_error_response",
        "find_api_scope",
    ),
    "services.cloudformation": ("_stack_events", "_stacks"),
    "services.cloudformation.changesets": ("_add_event", "_find_change_set", "validate_template_support"),
    "services.cloudformation.engine": ("validate_template_support",),
    "services.cloudformation.handlers": ("_ACTION_HANDLERS", "_add_event", "validate_template_support"),
    "services.cloudformation.helpers": ("_error",),
    "services.cloudformation.provisioners": (
        "_RESOURCE_HANDLERS",
        "_REPLACING_PROPERTIES",
        "_STACK_TAG_PROPERTY",
        "_cw_metric_alarm_record",
    ),
    "services.cloudformation.stacks": ("CLIENT_REQUEST_TOKEN", "_add_event", "_runs_on_worker_thread"),
    "services.cloudwatch": (
        "_alarms",
        "_calc_stats",
        "_composite_alarms",
        "_dims_key",
        "_dispatch_alarm_actions",
        "_error",
        "_evaluate_alarm",
        "_evaluate_all_alarms",
        "_evaluate_parent_alarms",
        "_evict_old_metrics",
        "_metrics",
        "_point_stats",
        "_put_metric_alarm",
        "_record_history",
        "_stat_value",
        "_store_datum",
    ),
    "services.cognito": ("_get_pool_unscoped", "well_known_jwks"),
    "services.ec2": ("_p", "_parse_ip_permissions", "_route_tables", "_subnets", "_vpc_endpoints", "_vpce_fields_xml"),
    "services.eventbridge": (
        "_archive_event",
        "_cron_next_fire",
        "_dispatch_event",
        "_dispatch_to_lambda",
        "_dispatch_to_sqs",
        "_invoke_target",
        "_parse_cron_fields",
        "_pattern_event_view",
        "parse_arn",
    ),
    "services.iam": ("_mfa_devices", "_roles"),
    "services.lambda_svc": (
        "_execution_record_for_config",
        "_functions",
        "_get_func_record_for_ref",
        "_reserved_concurrency",
        "function_policy_for_arn",
        "invoke_async_with_retry",
    ),
    "services.s3": ("_multipart_uploads",),
    "services.sns": ("topic_policy_allows",),
    "services.sqs": ("queue_policy_allows",),
    "services.sts": ("_gen_secret", "_gen_session_access_key", "_gen_session_token", "_role_id", "register_session"),
    "services.tagging": ("resource_tags",),
}


def module(name: str) -> Any:
    """MiniStack's module `name`; RuntimeError that names what it lacks. MiniStack is not typed, hence `Any`."""
    if name not in _NEEDED:
        raise LookupError(f"local/hooks/internals.py does not declare what is used of ministack.{name}")
    found = importlib.import_module(f"ministack.{name}")
    for attribute in _NEEDED[name]:
        if not hasattr(found, attribute):
            raise RuntimeError(
                f"MiniStack {metadata.version('ministack')} has no ministack.{name}.{attribute}, which the local cloud "
                f"builds on. Install the pinned version: ministack=={PINNED_VERSION} (local/requirements.txt)."
            )
    return found


def check() -> None:
    """Look at every part now, so that one which is only used later stops the start as well."""
    for name in _NEEDED:
        module(name)


def asgi_app() -> Any:
    """MiniStack's application."""
    return module("app").app
