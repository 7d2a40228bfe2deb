"""A JSON Schema as a table: one row for each property, however deep."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from ops.api_page.html import anchor, code, inline, link, paragraphs, sample, table

Schema = dict[str, Any]
HEAD = ("property", "is", "means")
SHOWN = 12
# Keyword -> how it reads.
LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "matches {}",
    "format": "{}",
}


def section(name: str, schema: Schema) -> str:
    """One schema of the document under its name."""
    about = paragraphs(schema.get("description", ""))
    body = table(name, HEAD, _rows(schema, "")) or f"<p>{phrase(schema)}</p>"
    return f'<section id="{anchor("schema", name)}"><h3>{escape(name)}</h3>{about}{body}</section>'


def described(schema: Schema) -> str:
    """A schema in the middle of a page: a link to its section, or its own text."""
    if "$ref" in schema:
        return f"<p>{_kind(schema)}</p>"
    return paragraphs(schema.get("description", "")) or f"<p>{_kind(schema) or 'any JSON'}</p>"


def phrase(schema: Schema) -> str:
    """A schema in a few words."""
    return f"{_kind(schema)}{_limits(schema)}"


def _rows(schema: Schema, path: str) -> Iterator[tuple[str, str, str]]:
    required = schema.get("required", [])
    for name, its in schema.get("properties", {}).items():
        here = f"{path}{name}"
        need = "" if name in required else ' <span class="soft">optional</span>'
        examples = "".join(sample(value) for value in its.get("examples", [])[:1])
        means = inline(its.get("description", "")) + (f"<br>For example:{examples}" if examples else "")
        yield f"{code(here)}{need}", phrase(its), means
        yield from _rows(its, f"{here}.")
        if "properties" in its.get("items", {}):
            yield from _rows(its["items"], f"{here}[].")


def _kind(schema: Schema) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return link(anchor("schema", name), escape(name))
    if "enum" in schema:
        values = ", ".join(code(json.dumps(value)) for value in schema["enum"])
        count = len(schema["enum"])
        return f"one of {values}" if count <= SHOWN else f"<details><summary>one of {count}</summary>{values}</details>"
    if "items" in schema:
        return f"array of {_kind(schema['items']) or 'anything'}"
    names = schema.get("type", [])
    return " or ".join([names] if isinstance(names, str) else names)


def _limits(schema: Schema) -> str:
    found = {text: schema[keyword] for keyword, text in LIMITS.items() if keyword in schema}
    shown = {text: f"{its:,}" if isinstance(its, int) else code(str(its)) for text, its in found.items()}
    return "".join(f", {text.format(its)}" for text, its in shown.items())
