"""Requests and answers are held to SageMaker's own API model, as botocore ships it.

botocore checks required members and types on the client; patterns and lengths only the service checks. A
definition that AWS would refuse must be refused here too, so both are checked again.
"""

import datetime as dt
import functools
import re
from collections.abc import Iterator
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from local.sagemaker.errors import validation

# Some of the model's patterns backtrack without end on a long text that does not match.
_LONGEST_TEXT_MATCHED = 4096
_TYPES: dict[str, tuple[type[Any], ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (int, float, str),
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
}


@functools.cache
def model() -> ServiceModel:
    """Return SageMaker's API model; loading it takes a third of a second, so it is loaded once."""
    return botocore.session.get_session().get_service_model("sagemaker")


@functools.cache
def is_operation(name: str) -> bool:
    """Return whether SageMaker has an operation of this name."""
    return name in model().operation_names


def check_request(operation: str, params: dict[str, Any]) -> None:
    """Raise ValidationException, in the service's words, unless `params` fit the operation's input shape."""
    check_shape(params, model().operation_model(operation).input_shape)


def check_shape(value: Any, shape: Shape | None) -> None:
    """Raise ValidationException naming every member of `value` that does not fit `shape`."""
    problems = list(_problems(value, shape, "")) if shape is not None else []
    if problems:
        plural = "s" if len(problems) > 1 else ""
        raise validation(f"{len(problems)} validation error{plural} detected: " + "; ".join(problems))


def answer(operation: str, result: dict[str, Any]) -> dict[str, Any]:
    """Return what the service sends: the members the output shape knows, timestamps as epoch seconds."""
    shape = model().operation_model(operation).output_shape
    return {} if shape is None else dict(encode(result, shape))


def encode(value: Any, shape: Shape) -> Any:
    """Return `value` reduced to `shape` and ready for JSON."""
    if isinstance(shape, StructureShape):
        members = shape.members
        return {k: encode(v, members[k]) for k, v in value.items() if k in members and v is not None}
    if isinstance(shape, ListShape):
        return [encode(item, shape.member) for item in value]
    if isinstance(shape, MapShape):
        return {k: encode(v, shape.value) for k, v in value.items()}
    return value.timestamp() if isinstance(value, dt.datetime) else value


def _problems(value: Any, shape: Shape, path: str) -> Iterator[str]:
    if not _is_of_type(value, shape):
        yield f"Value at '{path}' failed to satisfy constraint: Member must be of type {shape.type_name}"
    elif isinstance(shape, StructureShape):
        yield from _structure_problems(value, shape, path)
    elif isinstance(shape, ListShape):
        yield from _bound_problems(len(value), shape, path, "length")
        for index, item in enumerate(value):
            yield from _problems(item, shape.member, f"{path}.{index + 1}.member")
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield from _problems(key, shape.key, f"{path} (key)")
            yield from _problems(item, shape.value, f"{path}.{key}")
    else:
        yield from _scalar_problems(value, shape, path)


def _is_of_type(value: Any, shape: Shape) -> bool:
    expected = _TYPES.get(shape.type_name)
    if expected is None:
        return True
    return isinstance(value, expected) and not (isinstance(value, bool) and bool not in expected)


def _structure_problems(value: dict[str, Any], shape: StructureShape, path: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
    for name, item in value.items():
        if name not in shape.members:
            yield f"'{_join(path, name)}' is not a member of {shape.name}"
        elif item is not None:
            yield from _problems(item, shape.members[name], _join(path, name))


def _scalar_problems(value: Any, shape: Shape, path: str) -> Iterator[str]:
    if isinstance(value, str):
        yield from _bound_problems(len(value), shape, path, "length")
        yield from _text_problems(value, shape, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _bound_problems(value, shape, path, "value")


def _text_problems(value: str, shape: Shape, path: str) -> Iterator[str]:
    choices = getattr(shape, "enum", None)
    constraint = f"Value '{value[:200]}' at '{path}' failed to satisfy constraint: Member must satisfy"
    if choices and value not in choices:
        yield f"{constraint} enum value set: [{', '.join(choices)}]"
    pattern = shape.metadata.get("pattern")
    if pattern and len(value) <= _LONGEST_TEXT_MATCHED and not _matches(pattern, value):
        yield f"{constraint} regular expression pattern: {pattern}"


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:  # a construct of Java's that Python does not know, such as \p{L}
        return True


def _bound_problems(size: float, shape: Shape, path: str, what: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    constraint = f"Value at '{path}' failed to satisfy constraint: Member must have {what}"
    if least is not None and size < float(least):
        yield f"{constraint} greater than or equal to {least}"
    if most is not None and size > float(most):
        yield f"{constraint} less than or equal to {most}"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
