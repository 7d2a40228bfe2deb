"""As much of CloudWatch Logs' filter pattern syntax for JSON events as the CIS benchmark's filters use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

_TOKENS = re.compile(r'\s*(\(|\)|&&|\|\||NOT EXISTS|!=|=|\$[\w.]+|"[^"]*"|[\w.*]+)')


def matches(pattern: str, event: Mapping[str, Any]) -> bool:
    """Whether the filter counts the event. Raises ValueError for what is not read to the end."""
    inner = re.fullmatch(r"\{(.*)\}", pattern.strip())
    if not inner:
        raise ValueError(pattern)
    tokens = _TOKENS.findall(inner[1])
    if "".join(tokens).replace(" ", "") != inner[1].replace(" ", ""):
        raise ValueError(pattern)
    result = _either(tokens, event)
    if tokens:
        raise ValueError(tokens)
    return result


def _either(tokens: list[str], event: Mapping[str, Any]) -> bool:
    result = _both(tokens, event)
    while tokens and tokens[0] == "||":
        tokens.pop(0)
        result = _both(tokens, event) or result
    return result


def _both(tokens: list[str], event: Mapping[str, Any]) -> bool:
    result = _term(tokens, event)
    while tokens and tokens[0] == "&&":
        tokens.pop(0)
        result = _term(tokens, event) and result
    return result


def _term(tokens: list[str], event: Mapping[str, Any]) -> bool:
    first = tokens.pop(0)
    if first == "(":
        result = _either(tokens, event)
        if tokens.pop(0) != ")":
            raise ValueError(tokens)
        return result
    value: Any = event
    for part in first.removeprefix("$.").split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    operator = tokens.pop(0)
    if operator == "NOT EXISTS":
        return value is None
    wanted = tokens.pop(0).strip('"')
    if value is None:
        return False
    return fnmatchcase(str(value), wanted) is (operator == "=")
