"""Every problem of a document: its type, status and title, and the operations that may end in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.api_page.html import anchor, code, inline, link, table

MEDIA_TYPE = "application/problem+json"
HEAD = ("name", "status", "title", "answered by")


@dataclass
class Problem:
    """`name`: the last part of its `type`."""

    type: str
    status: str
    title: str
    retry: bool
    operations: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.type.rpartition(":")[2]


def types(response: Mapping[str, Any]) -> list[str]:
    """The problem types that a response may be; none of a success."""
    schema = response.get("content", {}).get(MEDIA_TYPE, {}).get("schema", {})
    found: list[str] = schema.get("properties", {}).get("type", {}).get("enum", [])
    return found


def problems(operations: Mapping[str, Mapping[str, Any]]) -> list[Problem]:
    """Of operations by their anchors, in the order of their statuses."""
    found: dict[str, Problem] = {}
    for where, operation in operations.items():
        for problem in _of(operation):
            found.setdefault(problem.type, problem).operations.append(where)
    return sorted(found.values(), key=lambda problem: problem.status)


def section(found: list[Problem], count: int) -> str:
    """The table of them. `count`: how many operations there are."""
    rows = (
        (
            f'<span id="{anchor("problem", problem.name)}">{code(problem.name)}</span>',
            f"{problem.status}{', with <code>Retry-After</code>' if problem.retry else ''}",
            inline(problem.title),
            "all" if len(problem.operations) == count else ", ".join(link(at, code(at)) for at in problem.operations),
        )
        for problem in found
    )
    kinds = sorted({problem.type.removesuffix(problem.name) for problem in found})
    return f"<p>The type of each is {' or '.join(map(code, kinds))} and its name.</p>{table('Problems', HEAD, rows)}"


def _of(operation: Mapping[str, Any]) -> Iterator[Problem]:
    for status, response in operation["responses"].items():
        titles = dict(re.findall(r"`([^`]+)`: ([^;]+?)(?=;|\.$)", response["description"]))
        for type in types(response):
            title = titles.get(type.rpartition(":")[2], "")
            yield Problem(type, status, title, "Retry-After" in response.get("headers", {}))
