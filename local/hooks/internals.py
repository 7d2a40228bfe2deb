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
    "app": ("app", "AUTH", "SERVICE_HANDLERS", "_MAIN_LOOP"),
    "core.concurrency": ("run_reentrant",),
    "core.iam_actions": (
        "SERVICE_TO_IAM_NAMESPACE",
        "_BOTOCORE_SERVICE_MAP",
        "extract_resource_arn",
        "identity_denial_message",
        "request_tag_context",
    ),
    "core.iam_evaluator": (
        "AuthError",
        "EvalContext",
        "_action_matches",
        "_conditions_met",
        "_service_principal_matches",
        "enforce",
        "resolve_credential",
    ),
    "core.lambda_runtime": ("Worker",),
    "core.responses": ("get_account_id", "get_region", "new_uuid", "request_scope"),
    "core.router": ("SERVICE_PATTERNS", "extract_access_key_id"),
    "services.apigateway_v1": ("_resources",),
    "services.cloudformation": ("_stacks", "_change_sets", "handle_request"),
    "services.cloudformation.changesets": ("_add_event", "_find_change_set", "validate_template_support"),
    "services.cloudformation.engine": ("validate_template_support",),
    "services.cloudformation.handlers": ("_add_event", "validate_template_support"),
    "services.cloudformation.helpers": ("_error",),
    "services.cloudformation.provisioners": ("_RESOURCE_HANDLERS", "_REPLACING_PROPERTIES"),
    "services.cloudformation.stacks": ("CLIENT_REQUEST_TOKEN", "_add_event", "_runs_on_worker_thread"),
    "services.eventbridge": ("_archive_event", "_dispatch_event", "_invoke_target", "_pattern_event_view"),
    "services.iam": ("_roles",),
    "services.sts": ("_gen_secret", "_gen_session_access_key", "_gen_session_token", "_role_id", "register_session"),
}


def module(name: str) -> Any:
    """MiniStack's module `name`; MiniStack has no type information, hence `Any`."""
    if name not in _NEEDED:
        raise LookupError(f"local/hooks/internals.py does not declare what is used of ministack.{name}")
    return importlib.import_module(f"ministack.{name}")


def check() -> None:
    """Raise RuntimeError that names what of MiniStack is missing, if anything is."""
    installed = metadata.version("ministack")
    for name, attributes in _NEEDED.items():
        found = importlib.import_module(f"ministack.{name}")
        for attribute in attributes:
            if not hasattr(found, attribute):
                raise RuntimeError(
                    f"MiniStack {installed} has no ministack.{name}.{attribute}, which the local cloud builds on. "
                    f"Install the pinned version: ministack=={PINNED_VERSION} (local/requirements.txt)."
                )


def asgi_app() -> Any:
    """MiniStack's application."""
    return module("app").app
