"""What a check says about one resource, and the questions that most checks ask."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from review.iam.template import Resource

MISSING = object()


@dataclass(frozen=True)
class Finding:
    """`holds`: the demand is met here. `property`: the path whose removal would end that, where there is one."""

    holds: bool
    where: str
    what: str
    property: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def at(properties: Any, path: str) -> Any:
    """The value at `A.B.0.C`, or MISSING."""
    value = properties
    for part in path.split("."):
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return MISSING
    return value


def expect(resource: Resource, path: str, *allowed: Any) -> Finding:
    """The property is one of the allowed values; without any, it is given and neither empty nor false."""
    value = at(resource.properties, path)
    if value is MISSING:
        return Finding(False, resource.path, f"{path} is missing", path)
    holds = value in allowed if allowed else value not in (None, "", False, [], {})
    return Finding(holds, resource.path, f"{path}={shown(value)}", path)


def expect_that(resource: Resource, path: str, rule: Callable[[Any], bool], wanted: str) -> Finding:
    """The property meets a rule that `wanted` puts into words."""
    value = at(resource.properties, path)
    if value is MISSING:
        return Finding(False, resource.path, f"{path} is missing, wanted: {wanted}", path)
    holds = rule(value)
    return Finding(holds, resource.path, f"{path}={shown(value)}" + ("" if holds else f", wanted: {wanted}"), path)


def state(resource: Resource, holds: bool, what: str) -> Finding:
    """A finding that no single property decides."""
    return Finding(holds, resource.path, what)


def exists(found: list[Resource], what: str) -> Iterator[Finding]:
    """There must be one at all."""
    yield from (Finding(True, resource.path, resource.type) for resource in found)
    if not found:
        yield Finding(False, "templates", f"no {what}")


def shown(value: Any) -> str:
    """A value on one short line."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text if len(text) <= 90 else f"{text[:87]}..."


def as_list(value: Any) -> list[Any]:
    """IAM and EventBridge allow one value in place of a list of one."""
    return value if isinstance(value, list) else [value]
