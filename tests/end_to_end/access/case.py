"""One row of the matrix: who calls what, from where, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Template
from typing import Any

ABSENT = object()


@dataclass(frozen=True)
class Case:
    """`call` is boto3's, `arguments` may hold `$names` of what is deployed (deployed.py).

    `inside`: from a process in the VPC, else with the credentials alone. `error` of an allowed call: what an authorised
    caller, and nobody else, is told by the service; none where the call succeeds.
    """

    who: str
    call: str
    arguments: Mapping[str, Any]
    why: str
    is_allowed: bool
    inside: bool = False
    error: str = ""

    def __str__(self) -> str:
        verdict = "allowed" if self.is_allowed else "denied"
        return f"{verdict}: {self.who} {'in the VPC ' if self.inside else ''}{self.call}: {self.why}"

    def filled(self, values: Mapping[str, str]) -> dict[str, Any]:
        """The arguments with every `$name` replaced. Raises KeyError for a name that is not deployed."""
        result: dict[str, Any] = filled_in(self.arguments, values)
        return result


def allowed(who: str, call: str, why: str, *, inside: bool = False, error: str = "", **arguments: Any) -> Case:
    """A call that works."""
    return Case(who, call, arguments, why, is_allowed=True, inside=inside, error=error)


def denied(who: str, call: str, why: str, *, inside: bool = False, **arguments: Any) -> Case:
    """A call that nothing allows, or that something forbids, whatever its arguments."""
    return Case(who, call, arguments, why, is_allowed=False, inside=inside)


def but(twin: Case, why: str, *, inside: bool | None = None, **changes: Any) -> Case:
    """A denied call that differs from its allowed `twin` in one thing: `VpcConfig__Subnets=[...]`, or its place.

    ABSENT takes an argument away.
    """
    assert twin.is_allowed, twin
    place = twin.inside if inside is None else inside
    assert changes or place != twin.inside, f"{twin}: a denied twin differs"
    arguments: Mapping[str, Any] = twin.arguments
    for path, value in changes.items():
        arguments = _changed(arguments, path.split("__"), value)
    return Case(twin.who, twin.call, arguments, why, is_allowed=False, inside=place)


def _changed(whole: Mapping[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    name, *rest = path
    if rest:
        value = _changed(whole[name], rest, value)
    assert value is ABSENT or whole.get(name) != value, f"{name} is {value!r} already"
    return {k: v for k, v in {**whole, name: value}.items() if v is not ABSENT}


def filled_in(value: Any, values: Mapping[str, str]) -> Any:
    """`value` with every `$name` in it replaced."""
    if isinstance(value, str):
        return Template(value).substitute(values)
    if isinstance(value, Mapping):
        return {key: filled_in(each, values) for key, each in value.items()}
    return [filled_in(each, values) for each in value] if isinstance(value, (list, tuple)) else value
