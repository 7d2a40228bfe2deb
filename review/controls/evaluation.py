"""Every row of controls.csv against one environment's templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from config.schema import Platform
from review.controls import (  # noqa: F401 - their checks register themselves
    api,
    cognito,
    developer_guide,
    functions,
    iam,
    jobs,
    kms,
    logs,
    messaging,
    network,
    other_services,
    s3,
    sagemaker,
    security_groups,
    trail,
)
from review.controls.estate import Estate
from review.controls.findings import Finding
from review.controls.registry import CHECKS, name
from review.controls.tables import Control, Exemption, TableError, controls, exemptions

Status = Literal["satisfied", "violated", "not_applicable", "exception"]


@dataclass(frozen=True)
class Row:
    """One control's result. `evidence`: what satisfies or violates it, `<stack>/<LogicalId>: property=value`."""

    id: str
    source: str
    severity: str
    demand: str
    status: Status
    evidence: tuple[str, ...]
    checked_by: str
    reason: str


def evaluate(templates: Mapping[str, Mapping[str, Any]], platform: Platform) -> list[Row]:
    """A row for every control. `templates`: stack name -> synthesized template, all stacks of the environment.

    Raises TableError when a row has no check, or when an exception covers nothing that is violated: then what it
    excuses is met, and the exception must go.
    """
    return judge(findings(Estate(templates, platform)), platform.environment, exemptions())


def findings(estate: Estate) -> dict[str, list[Finding]]:
    """What each row's check says; rows that follow others have none of their own."""
    own = [control.id for control in controls() if not control.follows]
    if unchecked := [id for id in own if id not in CHECKS]:
        raise TableError(f"controls.csv: no check for {', '.join(unchecked)}; register one by @control.")
    if unknown := CHECKS.keys() - set(own):
        raise TableError(f"checks without a row of their own in controls.csv: {', '.join(sorted(unknown))}.")
    return {id: list(CHECKS[id](estate)) for id in own}


def judge(found: Mapping[str, list[Finding]], environment: str, excused: Iterable[Exemption]) -> list[Row]:
    """The rows from the findings. Raises TableError for stale exceptions."""
    used: set[Exemption] = set()
    rows: dict[str, Row] = {}
    for control in controls():
        if not control.follows:
            rows[control.id] = _own(control, found[control.id], environment, excused, used)
    for control in controls():
        if control.follows:
            rows[control.id] = _following(control, [rows[id] for id in control.follows])
    if stale := [e for e in excused if e not in used and _should_excuse(e, environment, found)]:
        names = ", ".join(sorted(f"{e.id} at {e.resources}" for e in stale))
        raise TableError(f"exceptions.csv: nothing is violated in {environment} for {names}; remove the exception.")
    return [rows[control.id] for control in controls()]


def _should_excuse(exemption: Exemption, environment: str, found: Mapping[str, list[Finding]]) -> bool:
    """One for all environments may have nothing to excuse in some: an organisation's trail needs no bucket of ours."""
    here = any(exemption.covers(exemption.id, environment, finding.where) for finding in found[exemption.id])
    return environment in exemption.environments or here


def _own(
    control: Control, found: list[Finding], environment: str, excused: Iterable[Exemption], used: set[Exemption]
) -> Row:
    broken = [finding for finding in found if not finding.holds]
    excuses = {f: [e for e in excused if e.covers(control.id, environment, f.where)] for f in broken}
    used.update(exemption for covering in excuses.values() for exemption in covering)
    open_ones = [finding for finding in broken if not excuses[finding]]
    checked_by = name(CHECKS[control.id])
    if open_ones:
        return _row(control, "violated", open_ones, checked_by, "")
    if broken:
        reasons = dict.fromkeys(exemption.reason for covering in excuses.values() for exemption in covering)
        return _row(control, "exception", broken, checked_by, " ".join(reasons))
    if found:
        return _row(control, "satisfied", found, checked_by, "")
    nothing = ", ".join(control.types) or "the setting that it is about"
    return _row(control, "not_applicable", [], checked_by, f"The templates have nothing that it is about: {nothing}.")


def _following(control: Control, rows: list[Row]) -> Row:
    order: tuple[Status, ...] = ("violated", "exception", "satisfied", "not_applicable")
    status = next(status for status in order if any(row.status == status for row in rows))
    deciding = [row for row in rows if row.status == status]
    evidence = [f"{row.id}: {row.status}" for row in rows]
    reasons = dict.fromkeys(row.reason for row in deciding if row.reason)
    return _row(control, status, evidence, f"rows {', '.join(control.follows)}", " ".join(reasons))


def _row(control: Control, status: Status, evidence: Iterable[object], checked_by: str, reason: str) -> Row:
    texts = tuple(dict.fromkeys(str(item) for item in evidence))
    return Row(control.id, control.source, control.severity, control.demand, status, texts, checked_by, reason)
