"""What IAM's own API is authorised on: ARNs with their path, the boundary and the policy that a request is about.

Source: service authorization reference for AWS Identity and Access Management.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from local import hooks
from local.hooks.services import Request


def _parameters(body: bytes) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def _existing_role(given: Mapping[str, str]) -> dict[str, Any]:
    """The role that a request is about; a request that makes one speaks for itself, even if the name is taken."""
    return {} if given.get("Action") == "CreateRole" else hooks.role(given.get("RoleName", "")) or {}


def _resource_arn(
    _method: str, _path: str, _headers: Mapping[str, str], body: bytes, _region: str, account: str
) -> str:
    """A role or policy that is made has the path of the request; one that exists has its own."""
    given = _parameters(body)
    prefix, path = f"arn:aws:iam::{account}:", given.get("Path", "/")
    if name := given.get("RoleName"):
        return str(_existing_role(given).get("Arn") or f"{prefix}role{path}{name}")
    for kind, field in (("group", "GroupName"), ("user", "UserName")):
        if name := given.get(field):
            return f"{prefix}{kind}{path}{name}"
    made = f"{prefix}policy{path}{given['PolicyName']}" if given.get("PolicyName") else "*"
    return given.get("PolicyArn") or made


def _condition_keys(request: Request) -> dict[str, Any]:
    given = _parameters(request.body)
    role = _existing_role(given)
    found = {
        "iam:PermissionsBoundary": given.get("PermissionsBoundary") or role.get("PermissionsBoundary"),
        "iam:PolicyARN": given.get("PolicyArn"),
    }
    return {name: value for name, value in found.items() if value}


def install() -> None:
    """Authorise so from now on."""
    hooks.register_resource_arn("iam", _resource_arn)
    hooks.register_condition_keys("iam", _condition_keys)
