"""Pieces of the page. Every text of the document goes through `inline`, which escapes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any


def inline(text: str) -> str:
    """A text with its `code` marked as such."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def paragraphs(text: str) -> str:
    """Those of a text, divided by empty lines."""
    return "".join(f"<p>{inline(part)}</p>" for part in text.split("\n\n") if part.strip())


def code(text: str) -> str:
    """A word of the API."""
    return f"<code>{escape(text)}</code>"


def sample(value: Any) -> str:
    """A value as JSON."""
    return f'<pre tabindex="0">{escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>'


def link(target: str, shown: str) -> str:
    """To a part of this page. `shown` is markup."""
    return f'<a href="#{escape(target)}">{shown}</a>'


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Of cells that are markup, each with its column's name for screens that show one cell below the other.

    Empty without rows.
    """
    body = "".join(f"<tr>{''.join(map(_cell, head, row))}</tr>" for row in rows)
    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    about = f"<caption>{escape(caption)}</caption>"
    return f"<table>{about}<thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>" if body else ""


def _cell(name: str, content: str) -> str:
    return f'<td data-of="{escape(name)}">{content}</td>'


def anchor(*parts: str) -> str:
    """The id of a part of this page."""
    return re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")
