"""One line of a report: what was asked, what was found, what is needed, and the mend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from config.errors import Finding
from ops.checks.cloud import Cloud, UnansweredError


class Verdict(StrEnum):
    """`error`: a deployment, or what runs, is not as it must be. `warning`: it may not be."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Answer:
    """What AWS says to a check. `message` and `fix` are empty where all is well.

    `needed` is given where only asking shows what is needed; it stands in the place of the check's own.
    """

    found: str
    verdict: Verdict = Verdict.OK
    message: str = ""
    fix: str = ""
    needed: str | None = None


@dataclass(frozen=True)
class Check:
    """One question about one setting (`path`, `value`). Whatever is not answered is no pass."""

    name: str
    needed: str
    path: str
    value: Any
    rule: str
    ask: Callable[[Cloud], Answer]


@dataclass(frozen=True)
class Row:
    """A check with its answer. `finding` says path, value, rule, message and fix of what is not well."""

    check: str
    found: str
    needed: str
    verdict: Verdict
    finding: Finding | None


def good(found: object) -> Answer:
    return Answer(str(found))


def doubtful(found: object, message: str, fix: str) -> Answer:
    return Answer(str(found), Verdict.WARNING, message, fix)


def bad(found: object, message: str, fix: str) -> Answer:
    return Answer(str(found), Verdict.ERROR, message, fix)


def row(check: Check, cloud: Cloud, *, unanswered: Verdict = Verdict.WARNING) -> Row:
    """Ask, and put the answer beside what is needed. A call that is denied or fails becomes a finding that says so."""
    try:
        answer = check.ask(cloud)
    except UnansweredError as error:
        fix = f"where it was denied, allow it; otherwise look in the console. Needed: {check.needed}."
        answer = Answer("not answered", unanswered, f"{error}.", fix)
    finding = None
    if answer.verdict is not Verdict.OK:
        finding = Finding(check.path, check.value, check.rule, answer.message, answer.fix)
    return Row(check.name, answer.found, answer.needed or check.needed, answer.verdict, finding)
