"""The conditions of a Condition step: all of the list must hold."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from local.sagemaker.errors import unsupported, validation

Json = dict[str, Any]
Evaluate = Callable[[Any], Any]

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
_OTHERS: Mapping[str, tuple[str, ...]] = {"In": ("QueryValue", "Values"), "Not": ("Expression",), "Or": ("Conditions",)}


def conditions_of(step: str, arguments: Json) -> list[Json]:
    """Return a Condition step's conditions, or raise ValidationException for one that cannot be evaluated."""
    conditions = arguments.get("Conditions")
    if not isinstance(conditions, list) or not conditions:
        raise validation(f"Step {step}: a Condition step needs a list of Conditions.")
    for condition in conditions:
        _check(step, condition)
    return conditions


def hold(conditions: list[Json], evaluate: Evaluate) -> bool:
    """Return whether every condition holds; `evaluate` gives the value of an operand."""
    return all(_holds(condition, evaluate) for condition in conditions)


def _check(step: str, condition: Json) -> None:
    kind = condition.get("Type")
    fields = ("LeftValue", "RightValue") if kind in _COMPARISONS else _OTHERS.get(str(kind))
    if fields is None:
        raise unsupported(f"Step {step}: condition type {kind}", f"Supported: {', '.join([*_COMPARISONS, *_OTHERS])}.")
    for field in fields:
        if field not in condition:
            raise validation(f"Step {step}: a condition of type {kind} needs {field}.")
    nested = condition["Conditions"] if kind == "Or" else [condition["Expression"]] if kind == "Not" else []
    for inner in nested:
        _check(step, inner)


def _holds(condition: Json, evaluate: Evaluate) -> bool:
    match condition["Type"]:
        case "Not":
            return not _holds(condition["Expression"], evaluate)
        case "Or":
            return any(_holds(inner, evaluate) for inner in condition["Conditions"])
        case "In":
            return evaluate(condition["QueryValue"]) in [evaluate(value) for value in condition["Values"]]
    compare = _COMPARISONS[condition["Type"]]
    return bool(compare(evaluate(condition["LeftValue"]), evaluate(condition["RightValue"])))
