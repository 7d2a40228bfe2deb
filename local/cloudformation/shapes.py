"""CloudFormation properties as API parameters, by the API's own shapes.

CloudFormation hands numbers and booleans over as strings, and its properties carry the names of the API's parameters.
A property the shape does not have is an error: it would otherwise vanish without a word.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

import botocore.session


class UnknownPropertyError(Exception):
    """A property that the resource's API does not take."""


@functools.cache
def _service(name: str) -> Any:
    return botocore.session.get_session().get_service_model(name)


def parameters(service: str, operation: str, properties: Mapping[str, Any], resource_type: str) -> dict[str, Any]:
    """`properties` as the parameters of `operation`, in the shape's types."""
    shape = _service(service).operation_model(operation).input_shape
    converted = _convert(properties, shape, resource_type)
    return dict(converted)


def members(service: str, operation: str) -> frozenset[str]:
    """The names of an operation's parameters."""
    return frozenset(_service(service).operation_model(operation).input_shape.members)


def _convert(value: Any, shape: Any, path: str) -> Any:
    kind = shape.type_name
    if kind == "structure":
        return _structure(value, shape, path)
    if kind == "list":
        return [_convert(item, shape.member, path) for item in value]
    if kind == "map":
        return {key: _convert(item, shape.value, path) for key, item in value.items()}
    return _scalar(value, kind)


def _structure(value: Any, shape: Any, path: str) -> dict[str, Any]:
    if unknown := sorted(set(value) - set(shape.members)):
        raise UnknownPropertyError(
            f"{path} has no {'property' if len(unknown) == 1 else 'properties'} {', '.join(unknown)} in the local "
            f"cloud. It knows: {', '.join(sorted(shape.members))}."
        )
    return {name: _convert(item, shape.members[name], f"{path}.{name}") for name, item in value.items()}


def _scalar(value: Any, kind: str) -> Any:
    if kind in ("integer", "long"):
        return int(value)
    if kind in ("float", "double"):
        return float(value)
    if kind == "boolean":
        return str(value).lower() == "true"
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict | list) else str(value)
