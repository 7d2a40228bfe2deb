"""Metric math of alarms: the part of CloudWatch's that is arithmetic, and MAX, MIN, AVG, SUM and FILL over metrics.

Source: "Using math expressions with CloudWatch metrics" in CloudWatch's user guide.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping

Values = Mapping[str, float | None]
_Result = float | None | list[float | None]

_OPERATORS: dict[type[ast.operator], tuple[str, Callable[[float, float], float | None]]] = {
    ast.Add: ("+", lambda a, b: a + b),
    ast.Sub: ("-", lambda a, b: a - b),
    ast.Mult: ("*", lambda a, b: a * b),
    # CloudWatch leaves a period out whose quotient is none.
    ast.Div: ("/", lambda a, b: a / b if b else None),
}
_AGGREGATES: dict[str, Callable[[list[float]], float]] = {
    "MAX": max,
    "MIN": min,
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
}


class UnsupportedMathError(ValueError):
    """An expression that the local cloud cannot compute; `str()` names it."""


class Expression:
    """A metric math expression, read once; UnsupportedMathError where some of it is not supported."""

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self._tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise self._unsupported("its syntax") from error
        self.identifiers = {node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name)} - self._functions()
        self._check(self._tree)
        if self._is_list(self._tree):
            raise self._unsupported("a result of several time series")

    def value(self, metrics: Values, others: Values | None = None) -> float | None:
        """The value for one period; None where it has none. METRICS() are `metrics`, `others` further expressions."""
        found = self._value(self._tree, metrics, {**metrics, **(others or {})})
        return None if isinstance(found, list) else found

    def _unsupported(self, what: str) -> UnsupportedMathError:
        return UnsupportedMathError(
            f"The expression {self.text!r} is not supported by the local cloud: {what}. It knows numbers, ids, "
            "+ - * /, METRICS(), FILL(metrics, number), and MAX, MIN, AVG and SUM of METRICS() or of a list."
        )

    def _functions(self) -> set[str]:
        return {n.func.id for n in ast.walk(self._tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}

    def _check(self, node: ast.expr) -> None:
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            parts: list[ast.expr] = [node.left, node.right]
            if any(self._is_list(part) for part in parts):
                raise self._unsupported("arithmetic with several time series at once")
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            parts = [node.operand]
        elif isinstance(node, ast.List) and node.elts:
            parts = list(node.elts)
        elif isinstance(node, ast.Call) and not node.keywords:
            parts = self._checked_arguments(node)
        elif isinstance(node, ast.Name) or _number(node) is not None:
            parts = []
        else:
            raise self._unsupported(ast.unparse(node))
        for part in parts:
            self._check(part)

    def _checked_arguments(self, node: ast.Call) -> list[ast.expr]:
        name = _function(node)
        if name == "METRICS" and (not node.args or _prefix(node) is not None):
            return []
        if name == "FILL" and len(node.args) == 2 and _number(node.args[1]) is not None:
            return [node.args[0]]
        if name in _AGGREGATES and len(node.args) == 1 and self._is_list(node.args[0]):
            return list(node.args)
        raise self._unsupported(ast.unparse(node))

    @staticmethod
    def _is_list(node: ast.expr) -> bool:
        if isinstance(node, ast.Call) and _function(node) == "FILL" and node.args:
            node = node.args[0]
        return isinstance(node, ast.List) or (isinstance(node, ast.Call) and _function(node) == "METRICS")

    def _value(self, node: ast.expr, metrics: Values, known: Values) -> _Result:
        if isinstance(node, ast.BinOp):
            left, right = self._value(node.left, metrics, known), self._value(node.right, metrics, known)
            both = isinstance(left, float) and isinstance(right, float)
            return _OPERATORS[type(node.op)][1](left, right) if both else None  # type: ignore[arg-type]
        if isinstance(node, ast.UnaryOp):
            operand = self._value(node.operand, metrics, known)
            return -operand if isinstance(operand, float) else None
        if isinstance(node, ast.List):
            return [_single(self._value(element, metrics, known)) for element in node.elts]
        if isinstance(node, ast.Call):
            return self._called(node, metrics, known)
        return known.get(node.id) if isinstance(node, ast.Name) else _number(node)

    def _called(self, node: ast.Call, metrics: Values, known: Values) -> _Result:
        name = _function(node)
        if name == "METRICS":
            prefix = _prefix(node) or ""
            return [value for key, value in metrics.items() if key.startswith(prefix)]
        given = self._value(node.args[0], metrics, known)
        if name == "FILL":
            filling = _number(node.args[1])
            if isinstance(given, list):
                return [filling if value is None else value for value in given]
            return filling if given is None else given
        there = [value for value in given if value is not None] if isinstance(given, list) else []
        return float(_AGGREGATES[name](there)) if there else None


def _function(node: ast.Call) -> str:
    """Names of functions may be written in any case."""
    return node.func.id.upper() if isinstance(node.func, ast.Name) else ""


def _prefix(node: ast.Call) -> str | None:
    """The argument of METRICS("prefix")."""
    argument = node.args[0] if len(node.args) == 1 else None
    found = argument.value if isinstance(argument, ast.Constant) else None
    return found if isinstance(found, str) else None


def _number(node: ast.expr) -> float | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return float(node.value)
    return None


def _single(value: _Result) -> float | None:
    return None if isinstance(value, list) else value


def is_identifier(text: str) -> bool:
    """Whether CloudWatch takes `text` for the id of a metric or expression."""
    return re.fullmatch(r"[a-z][A-Za-z0-9_]*", text) is not None
