"""One operation of a document: what it takes, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from ops.api_page import schemas
from ops.api_page.html import anchor, code, inline, link, sample, table
from ops.api_page.problems import types


def title(method: str, path: str) -> str:
    """`POST /path`, coloured."""
    # Only where a slash is may a long path be broken.
    parts = escape(path).replace("/", "<wbr>/")
    return f'<span class="method {escape(method)}">{escape(method.upper())}</span> <code>{parts}</code>'


def section(method: str, path: str, operation: Mapping[str, Any]) -> str:
    """Under the operation's id."""
    return (
        f'<section class="operation" id="{escape(operation["operationId"])}"><h3>{title(method, path)}</h3>'
        f"<p>{inline(operation['summary'])}.</p>"
        f"{table('Parameters', ('parameter', 'in', 'is', 'means'), _parameters(operation))}"
        f"{_request(operation.get('requestBody'))}{_successes(operation)}{_refusals(operation)}</section>"
    )


def _parameters(operation: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    for each in operation.get("parameters", []):
        need = "" if each.get("required") else ' <span class="soft">optional</span>'
        its = each.get("schema", {})
        yield code(each["name"]) + need, each["in"], schemas.phrase(its), inline(each.get("description", ""))


def _request(body: Mapping[str, Any] | None) -> str:
    if not body:
        return ""
    need = "" if body.get("required") else ' <span class="soft">optional</span>'
    return f"<h4>Body{need}</h4>" + "".join(_media(name, its) for name, its in body["content"].items())


def _successes(operation: Mapping[str, Any]) -> str:
    parts = []
    for status, response in operation["responses"].items():
        if types(response):
            continue
        headers = "".join(
            f"<li>{code(name)}: {inline(its.get('description', ''))}</li>"
            for name, its in response.get("headers", {}).items()
        )
        content = "".join(_media(name, its) for name, its in response.get("content", {}).items())
        parts.append(f"<h4>Answer {escape(status)}</h4><p>{inline(response['description'])}</p>{content}")
        parts.append(f"<p>With the headers</p><ul>{headers}</ul>" if headers else "")
    return "".join(parts)


def _refusals(operation: Mapping[str, Any]) -> str:
    rows = (
        (escape(status), ", ".join(_problem(type) for type in types(response)))
        for status, response in operation["responses"].items()
        if types(response)
    )
    return f"<details><summary>Problems</summary>{table('Problems', ('status', 'problem'), rows)}</details>"


def _problem(type: str) -> str:
    name = type.rpartition(":")[2]
    return link(anchor("problem", name), code(name))


def _media(name: str, content: Mapping[str, Any]) -> str:
    schema = content.get("schema")
    about = schemas.described(schema) if schema else "<p>Any bytes.</p>"
    examples = "".join(
        f"<figure><figcaption>{inline(example['summary'])}</figcaption>{sample(example['value'])}</figure>"
        for example in content.get("examples", {}).values()
    )
    return f'<div class="media">{code(name)}{about}{examples}</div>'
