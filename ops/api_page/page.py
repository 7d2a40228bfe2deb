"""The whole page: self-contained, without a script; it fits a phone and follows the reader's light or dark."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from ops.api_page import operations, problems, schemas
from ops.api_page.html import anchor, code, inline, link, paragraphs

STYLE = Path(__file__).with_name("page.css")
HEAD = (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    # What a declaration says is data: even if it were ever taken for markup, nothing could run or be fetched.
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
)


def page(document: Mapping[str, Any]) -> str:
    """`document`: OpenAPI 3.1, as the API serves it at `/openapi.json`."""
    info, found = document["info"], _operations(document)
    named = {its["operationId"]: its for _, _, its in found}
    parts = [
        f"{HEAD}<title>{escape(info['title'])}</title><style>{STYLE.read_text('utf-8')}</style></head><body>",
        f"<header><h1>{escape(info['title'])}</h1>{paragraphs(info['description'])}",
        f"<p>Version {escape(info['version'])}, at {code(document['servers'][0]['url'])}.</p></header>",
        f'<nav aria-label="Contents">{_contents(document, found)}</nav><main>',
        f'<section id="who"><h2>Who calls</h2>{_schemes(document)}</section>',
        f'<section id="endpoints"><h2>Endpoints</h2>{_tags(document)}</section>',
        '<section id="routes"><h2>Routes</h2>',
        *(operations.section(method, path, its) for method, path, its in found),
        '</section><section id="schemas"><h2>Schemas</h2>',
        *(schemas.section(name, its) for name, its in sorted(document["components"]["schemas"].items())),
        '</section><section id="problems"><h2>Problems</h2>',
        problems.section(problems.problems(named), len(named)),
        "</section></main></body></html>\n",
    ]
    return "\n".join(parts)


def _operations(document: Mapping[str, Any]) -> list[tuple[str, str, Mapping[str, Any]]]:
    return [(method, path, its) for path, of in document["paths"].items() for method, its in of.items()]


def _contents(document: Mapping[str, Any], found: list[tuple[str, str, Mapping[str, Any]]]) -> str:
    routes = "".join(
        f"<li>{link(its['operationId'], operations.title(method, path))}</li>" for method, path, its in found
    )
    named = "".join(
        f"<li>{link(anchor('schema', name), escape(name))}</li>" for name in sorted(document["components"]["schemas"])
    )
    return (
        f"<ul><li>{link('who', 'Who calls')}</li><li>{link('endpoints', 'Endpoints')}</li>"
        f"<li>{link('routes', 'Routes')}<ul>{routes}</ul></li><li>{link('problems', 'Problems')}</li>"
        f'<li>{link("schemas", "Schemas")}<ul class="schemas">{named}</ul></li></ul>'
    )


def _schemes(document: Mapping[str, Any]) -> str:
    asked = document["security"]
    told = "Every request brings one of these." if len(asked) > 1 else "Every request brings this."
    told = "Every request brings all of these." if len(asked) == 1 and len(asked[0]) > 1 else told
    rows = "".join(
        f"<dt>{code(name)}</dt><dd>{inline(its.get('description', ''))} {_place(its)}</dd>"
        for name, its in document["components"]["securitySchemes"].items()
    )
    return f"<p>{told}</p><dl>{rows}</dl>"


def _place(scheme: Mapping[str, Any]) -> str:
    header = scheme.get("name", "Authorization")
    return f"Header: {code('Authorization: Bearer …' if scheme.get('scheme') == 'bearer' else header)}."


def _tags(document: Mapping[str, Any]) -> str:
    return "".join(f"<h3>{escape(tag['name'])}</h3>{paragraphs(tag['description'])}" for tag in document["tags"])
