"""The only package that touches MiniStack's internals; the rest of `local/` is written against these functions."""

# These take their place in MiniStack when they are imported.
from local.hooks import alarm_acceptance as alarm_acceptance
from local.hooks import gateway as gateway
from local.hooks import s3_signatures as s3_signatures
from local.hooks import tokens as tokens
from local.hooks.alarm_evaluation import in_alarm, missing_alarms
from local.hooks.alarm_evaluation import watch as watch_alarms
from local.hooks.cloudformation import register_cfn_type
from local.hooks.events import emit_event, event_target
from local.hooks.identity import (
    AccessDenied,
    assume_role,
    client,
    endpoint_url,
    require_allowed,
    require_allowed_to,
    require_pass_role,
    role,
)
from local.hooks.internals import asgi_app, check
from local.hooks.metric_data import Datum, put_metrics
from local.hooks.networks import attach
from local.hooks.policies import register_resource_tags
from local.hooks.scope import account, acting_in, in_request_scope, region
from local.hooks.services import register_condition_keys, register_resource_arn, register_service
from local.hooks.trail import leave_out_of_trail

__all__ = [
    "AccessDenied",
    "Datum",
    "account",
    "acting_in",
    "asgi_app",
    "assume_role",
    "attach",
    "check",
    "client",
    "emit_event",
    "endpoint_url",
    "event_target",
    "in_alarm",
    "in_request_scope",
    "leave_out_of_trail",
    "missing_alarms",
    "put_metrics",
    "region",
    "register_cfn_type",
    "register_condition_keys",
    "register_resource_arn",
    "register_resource_tags",
    "register_service",
    "require_allowed",
    "require_allowed_to",
    "require_pass_role",
    "role",
    "watch_alarms",
]
