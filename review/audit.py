"""Holds findings against acknowledgements: what is open, and which acknowledgement is none."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from review.findings import Acknowledgement, Finding, Place
from review.packs import qualified
from review.scanners import HIDING
from stacks.constructs.acknowledgement import METADATA

SHORTEST_REASON = 20
FILE = re.compile(r"(?P<path>(?:[\w.-]+/)+[\w.-]+\.(?:py|md|ya?ml|guard))(?:::(?P<test>should_\w+))?")


@dataclass(frozen=True, order=True)
class Complaint:
    """What is wrong with an acknowledgement, and what to do."""

    place: Place
    rule: str
    text: str


def open_findings(findings: Iterable[Finding], accepted: Iterable[Acknowledgement]) -> list[Finding]:
    """The findings that nobody has acknowledged."""
    known = {_key(each.place, each.rule) for each in accepted}
    return sorted(finding for finding in set(findings) if _key(finding.place, finding.rule) not in known)


def complaints(
    accepted: Sequence[Acknowledgement], findings: Iterable[Finding], is_known: Callable[[str], bool], root: Path
) -> list[Complaint]:
    """Stale, misspelt, unreasoned, unevidenced and doubled acknowledgements. `root` is where evidence lies."""
    found: dict[Place, set[str]] = defaultdict(set)
    for finding in findings:
        found[_where(finding.place)].add(finding.rule)
    times = Counter((each.place, each.rule, each.origin) for each in accepted)
    return sorted(
        Complaint(each.place, each.rule, text)
        for each in set(accepted)
        for text in [
            *_stale(each, found[_where(each.place)], is_known),
            *_unfounded(each, root),
            *(["It is acknowledged twice: keep one."] if times[each.place, each.rule, each.origin] > 1 else []),
        ]
    )


def _stale(each: Acknowledgement, found: set[str], is_known: Callable[[str], bool]) -> Iterator[str]:
    if each.rule in found:
        return
    if not each.rule:
        yield "It names no rule and would hide every finding of the line: write `# nosec B… # reason`."
    elif not is_known(each.rule):
        near = get_close_matches(each.rule, found, n=1)
        yield f"No scanner has a rule of this id{f'; did you mean {near[0]}?' if near else ': correct it.'}"
    else:
        near = get_close_matches(each.rule, found, n=1)
        yield f"Stale: no scanner reports it here. Remove it{f', or correct it to {near[0]}' if near else ''}."


def _unfounded(each: Acknowledgement, root: Path) -> Iterator[str]:
    if len(each.reason.strip()) < SHORTEST_REASON:
        yield f"The reason {each.reason!r} says too little: at least {SHORTEST_REASON} characters."
    if not each.evidence.strip():
        yield "It gives no evidence: name a test, an ADR, or the page that says so."
    for match in FILE.finditer(each.evidence):
        path = root / match["path"]
        if not path.is_file():
            yield f"Its evidence, {match['path']}, does not exist."
        elif match["test"] and f"def {match['test']}(" not in path.read_text("utf-8"):
            yield f"Its evidence, {match[0]}, does not exist: {match['path']} has no such test."


def hidden(
    recorded: Iterable[tuple[str, str]], accepted: Iterable[Acknowledgement], places: Mapping[str, Place]
) -> list[Complaint]:
    """What the CDK was told to hide by something else than `acknowledge`: it leaves no reason that could be audited."""
    ours = {(each.place.path, qualified(each.rule)) for each in accepted}
    return sorted(
        Complaint(places.get(path, Place("", path.split("/")[0], "", path)), rule, "Use `acknowledge` for it.")
        for path, rule in recorded
        if (path, rule) not in ours
    )


def looking_away(templates: Mapping[str, Any], place: Callable[[str, str], Place]) -> list[Complaint]:
    """Metadata that makes a scanner look away although nothing is acknowledged for it."""
    text = "This metadata hides findings: write it with `acknowledge` only."
    complaints = []
    for stack, template in templates.items():
        if template.get("Metadata", {}).keys() & set(HIDING):
            complaints.append(Complaint(place(stack, ""), "template Metadata", text))
        for logical_id, resource in template["Resources"].items():
            metadata = resource.get("Metadata", {})
            for name in sorted(set(HIDING) & set(metadata)):
                if _hidden_rules(name, metadata[name]) - set(metadata.get(METADATA, {})):
                    complaints.append(Complaint(place(stack, logical_id), f"Metadata {name}", text))
    return sorted(complaints)


def _hidden_rules(name: str, metadata: Any) -> set[str]:
    match name, metadata:
        case "checkov", {"skip": skipped}:
            return {each["id"] for each in skipped}
        case "cfn-lint", {"config": {"ignore_checks": ignored}}:
            return set(ignored)
    return {name}


def _where(place: Place) -> Place:
    """Scanners of templates know no construct path, so it is no part of where a finding is."""
    return Place(place.environment, place.stack, place.logical_id, "")


def _key(place: Place, rule: str) -> tuple[Place, str]:
    return _where(place), rule
