"""docs/api.html is what the generator writes of the API's own document, and reads well without a network."""

from __future__ import annotations

import json
import re
from collections import Counter
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from ops.api_page.page import page
from ops.api_page.reference import reference
from stacks.api_definition import PROBLEMS, ROUTES
from tests.browser.chromium import DESKTOP, PHONE, chromium
from tests.conftest import ROOT

FILE = ROOT / "docs/api.html"
VOID = {"meta", "br", "wbr"}


class Structure(HTMLParser):
    """Ids, targets of links, and elements that were not closed where they should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: Counter[str] = Counter()
        self.targets: set[str] = set()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        if given.get("id"):
            self.ids[str(given["id"])] += 1
        if tag == "a":
            self.targets.add(str(given["href"]))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, self.getpos()


def structure(text: str) -> Structure:
    found = Structure()
    found.feed(text)
    assert found.open == []
    return found


def should_be_the_page_that_the_command_writes() -> None:
    assert FILE.read_text("utf-8") == page(reference()), ".venv/bin/python -m ops api-page > docs/api.html"


def should_need_nothing_but_itself() -> None:
    text = FILE.read_text("utf-8")
    found = structure(text)
    assert not found.tags & {"script", "link", "img", "iframe"}
    assert "url(" not in text and "@import" not in text
    assert "default-src 'none'" in text
    assert max(found.ids.values()) == 1
    assert found.targets <= {f"#{id}" for id in found.ids}


def should_tell_of_every_route_and_every_problem() -> None:
    text = re.sub(r"<wbr>", "", FILE.read_text("utf-8"))
    for route in ROUTES:
        path = route.path.replace("{endpoint}", "scans" if route.asynchronous else "reviews")
        assert re.search(rf'<h3><span class="method {route.method.lower()}">[A-Z]+</span> <code>{path}</code>', text)
    for name, kind in PROBLEMS.items():
        assert re.search(rf'id="problem-{name}"><code>{name}</code></span></td><td [^>]+>{kind.status}', text), name
        assert f">{escape(kind.title)}</td>" in text
    document = reference()
    assert set(document["components"]["securitySchemes"]) == {"iam", "cognito", "api_key"}
    for schema in document["components"]["schemas"]:
        assert f"<h3>{schema}</h3>" in text


def should_take_what_a_declaration_says_for_text() -> None:
    document = json.loads(json.dumps(reference()).replace("Sentiment of clothing", "<script>alert(1)</script>"))
    assert "script" not in structure(page(document)).tags
    assert "&lt;script&gt;" in page(document)


@pytest.mark.parametrize("change", [{"iam": []}, {"iam": [], "api_key": []}])
def should_say_what_a_request_brings(change: dict[str, Any]) -> None:
    told = "brings all of these" if len(change) > 1 else "brings this"
    assert f"Every request {told}." in page({**reference(), "security": [change]})


def should_fit_a_desk_and_a_phone(tmp_path: Path) -> None:
    with chromium(tmp_path) as browser:
        for size in (DESKTOP, PHONE, (320, 640)):
            browser.look(size)
            browser.open(FILE.as_uri())
            assert browser.run("document.documentElement.scrollWidth <= innerWidth"), size
        assert browser.said == []
        assert browser.requested == [FILE.as_uri()] * 3
