"""Estates to check: minimal ones written down, and an environment's own with one property changed."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from config import load_environment
from config.schema import Platform
from review.controls import Estate, Finding
from review.controls.registry import CHECKS

Resources = dict[str, list[Any] | None]


def minimal(resources: Resources, platform: Platform | None = None) -> Estate:
    """`LogicalId: [type, properties, further attributes]`; None: it is not there."""
    written = {id: its for id, its in resources.items() if its is not None}
    template = {"Resources": {id: _resource(*its) for id, its in written.items()}}
    return Estate({"stack": template}, platform or load_environment("prod"))


def _resource(type: str, properties: dict[str, Any], attributes: dict[str, Any] | None = None) -> dict[str, Any]:
    full = type if type.startswith("Custom::") else f"AWS::{type}"
    return {"Type": full, "Properties": properties, **(attributes or {})}


def judged(id: str, estate: Estate) -> str:
    """What the check of a row says: satisfied, violated or not_applicable."""
    found = list(CHECKS[id](estate))
    if not found:
        return "not_applicable"
    return "satisfied" if all(finding.holds for finding in found) else "violated"


def findings(id: str, estate: Estate) -> list[Finding]:
    return list(CHECKS[id](estate))


def without(templates: dict[str, Any], where: str, path: str) -> dict[str, Any]:
    """The same templates, less the property at `path` of the resource `<stack>/<LogicalId>`."""
    stack, logical_id = where.split("/")[:2]
    resource = copy.deepcopy(templates[stack]["Resources"][logical_id])
    *parents, last = path.split(".")
    inside = _inside(resource["Properties"], parents)
    del inside[int(last) if isinstance(inside, list) else last]
    changed = {**templates[stack]["Resources"], logical_id: resource}
    return {**templates, stack: {**templates[stack], "Resources": changed}}


def _inside(value: Any, path: Iterable[str]) -> Any:
    for part in path:
        value = value[int(part) if isinstance(value, list) else part]
    return value
