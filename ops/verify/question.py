"""How a check of the verification is written: a name, and a function that compares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ops.checks.row import Answer, Check, Verdict

AS_DECLARED = "as declared"


def check(name: str, path: str, rule: str, ask: Callable[..., Answer], *arguments: Any) -> Check:
    """A row of the report. `path`: the setting that it is about."""
    return Check(name, AS_DECLARED, path, None, rule, lambda cloud: ask(*arguments))


def compared(found: Any, declared: Any, message: str, fix: str) -> Answer:
    """Equal, or an error that shows both."""
    if found == declared:
        return Answer(shown(found), needed=shown(declared))
    return Answer(shown(found), Verdict.ERROR, message, fix, needed=shown(declared))


def shown(value: Any) -> str:
    """A value as a cell of the table."""
    if value is None or value in ([], {}, ""):
        return "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} {shown(each)}" for key, each in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(map(shown, sorted(value, key=str) if isinstance(value, set | frozenset) else value))
    return f"{value:g}" if isinstance(value, float) else str(value)
