"""The outcome as data (`report.json`), as text, and the controls row by row (`report.txt`): no times, one order."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from review.audit import Complaint
from review.findings import SOURCES, Acknowledgement, Finding, Place
from review.rows import lines

# Each reason has to be explained to a reviewer: no environment may need more, the sources' own among them.
MOST_REASONS = 25
HOW_TO_ACCEPT = (
    "Mend it, or accept it where it is: a resource with `acknowledge(resource, …)` and an entry of "
    "stacks/constructs/accepted.py,\na policy's wildcard with `because=` at its statement "
    "(stacks/permissions), a line with `# nosec B… # reason` or `# pragma: allowlist secret - reason`."
)


@dataclass(frozen=True)
class Outcome:
    """What a review found. `controls` holds, for each environment, the rows of review.controls."""

    environments: Sequence[str]
    findings: Sequence[Finding]
    unacknowledged: Sequence[Finding]
    acknowledgements: Sequence[Acknowledgement]
    complaints: Sequence[Complaint]
    controls: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    @property
    def violated(self) -> list[tuple[str, Any]]:
        """(environment, row) of every control that does not hold."""
        return [(name, row) for name, rows in self.controls.items() for row in rows if row.status == "violated"]

    @property
    def is_clean(self) -> bool:
        """Whether nothing is open."""
        return not (self.unacknowledged or self.complaints or self.violated or self.over_the_limit)

    def reasons(self, environment: str) -> Counter[str]:
        """Reason -> how many findings it is given for, in an environment's templates or in the sources."""
        return Counter(each.reason for each in self.acknowledgements if each.place.environment == environment)

    def distinct(self, environment: str) -> int:
        """How many reasons an environment needs, in its templates and in the sources."""
        return len(self.reasons(environment).keys() | self.reasons(SOURCES).keys())

    @property
    def over_the_limit(self) -> list[str]:
        """The environments that need more than MOST_REASONS."""
        return [name for name in self.environments if self.distinct(name) > MOST_REASONS]


def write_json(outcome: Outcome, path: Path) -> None:
    """Write the report, sorted."""
    document = {
        "environments": sorted(outcome.environments),
        "clean": outcome.is_clean,
        "findings": [
            _row(finding.place, tool=finding.tool, rule=finding.rule, message=finding.message, open=is_open)
            for finding in sorted(outcome.findings)
            for is_open in [finding in set(outcome.unacknowledged)]
        ],
        "acknowledgements": [
            _row(each.place, rule=each.rule, reason=each.reason, evidence=each.evidence)
            for each in sorted(outcome.acknowledgements)
        ],
        "reasons": {
            name: {"distinct": len(outcome.reasons(name)), "findings": dict(sorted(outcome.reasons(name).items()))}
            for name in sorted([*outcome.environments, SOURCES])
        },
        "most_reasons": MOST_REASONS,
        "complaints": [_row(each.place, rule=each.rule, text=each.text) for each in sorted(outcome.complaints)],
        "controls": {name: [asdict(row) for row in rows] for name, rows in sorted(outcome.controls.items())},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1, default=str) + "\n", "utf-8")


def write_rows(outcome: Outcome, path: Path) -> None:
    """Write the controls row by row."""
    path.write_text("\n".join([*lines(outcome.controls), ""]), "utf-8")


def _row(place: Place, **columns: Any) -> dict[str, Any]:
    where = {"environment": place.environment, "path": place.path}
    return where | ({} if place.environment == SOURCES else {"logical_id": place.logical_id}) | columns


def text(outcome: Outcome) -> str:
    """The summary a person reads."""
    sections = (_open, _complaints, _families, _reasons, _controls)
    return "\n".join([*(line for section in sections for line in section(outcome)), _verdict(outcome)])


def _open(outcome: Outcome) -> Iterator[str]:
    if not outcome.unacknowledged:
        return
    yield "OPEN FINDINGS"
    # The same finding in several environments is one thing to mend.
    environments: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for each in outcome.unacknowledged:
        where = str(each.place).replace(f"-{each.place.environment}-", "-<environment>-")
        environments[each.tool, each.rule, where, each.message].append(each.place.environment)
    for (tool, rule, where, message), names in sorted(environments.items()):
        yield f"  {where}: {rule} [{tool}; {', '.join(sorted(set(names)))}]\n      {message}"
    yield HOW_TO_ACCEPT


def _complaints(outcome: Outcome) -> Iterator[str]:
    if outcome.complaints:
        yield "BAD ACKNOWLEDGEMENTS"
        yield from (f"  {each.place.environment} {each.place}: {each.rule}: {each.text}" for each in outcome.complaints)


def _families(outcome: Outcome) -> Iterator[str]:
    names = [*outcome.environments, SOURCES]
    counts = Counter((each.tool, each.place.environment) for each in outcome.findings)
    yield _table_row("FINDINGS BY FAMILY", names)
    for tool in sorted({tool for tool, _ in counts}):
        yield _table_row(f"  {tool}", [counts[tool, name] for name in names])


def _table_row(title: str, cells: Sequence[object]) -> str:
    return f"{title:<26}" + "".join(f"{cell!s:>9}" for cell in cells)


def _reasons(outcome: Outcome) -> Iterator[str]:
    names = [*outcome.environments, SOURCES]
    counts = {name: outcome.reasons(name) for name in names}
    yield _table_row("ACKNOWLEDGEMENTS BY REASON", names)
    for reason in sorted({reason for count in counts.values() for reason in count}):
        yield f"  {reason}"
        yield _table_row("", [counts[name][reason] for name in names])
    for name in outcome.environments:
        yield (
            f"  {name}: {sum(counts[name].values())} acknowledgements, {len(counts[name])} distinct reasons"
            f" ({outcome.distinct(name)} with the sources', {MOST_REASONS} at the most)"
        )
    for name in outcome.over_the_limit:
        yield f"  TOO MANY REASONS in {name}: mend findings, or find a reason that several have in common."


def _controls(outcome: Outcome) -> Iterator[str]:
    if outcome.controls:
        yield "CONTROLS"
    for name, rows in sorted(outcome.controls.items()):
        count = Counter(row.status for row in rows)
        yield f"  {name}: {len(rows)} controls: " + ", ".join(
            f"{count[s]} {s.replace('_', ' ')}" for s in sorted(count)
        )
    for name, row in outcome.violated:
        yield f"  VIOLATED in {name}: {row.id}: {row.demand} {'; '.join(row.evidence)}"


def _verdict(outcome: Outcome) -> str:
    accepted = len(outcome.findings) - len(outcome.unacknowledged)
    where = f"{len(outcome.environments)} environments ({', '.join(outcome.environments)})"
    if outcome.is_clean:
        return f"CLEAN: {where}, 0 open findings, {accepted} acknowledged."
    return (
        f"NOT CLEAN: {where}, {len(outcome.unacknowledged)} open findings, {accepted} acknowledged, "
        f"{len(outcome.complaints)} bad acknowledgements, {len(outcome.violated)} violated controls, "
        f"{len(outcome.over_the_limit)} environments with too many reasons."
    )
