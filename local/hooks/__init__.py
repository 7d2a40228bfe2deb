"""The only package that touches MiniStack's internals; the rest of `local/` is written against these functions."""

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
from local.hooks.networks import attach
from local.hooks.policies import register_resource_tags
from local.hooks.scope import account, in_request_scope, region
from local.hooks.services import register_condition_keys, register_resource_arn, register_service

__all__ = [
    "AccessDenied",
    "account",
    "asgi_app",
    "assume_role",
    "attach",
    "check",
    "client",
    "emit_event",
    "endpoint_url",
    "event_target",
    "in_request_scope",
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
]
