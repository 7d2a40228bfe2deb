"""The page in a browser: a person types, asks and reads; at the width of a desk and of a phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ops.try_page.server import TryServer
from tests.browser.chromium import DESKTOP, PHONE, Page, chromium
from tests.ops.try_page.conftest import PREDICTED, REVIEWS, Api

PROBLEM = {
    "type": "urn:problem-type:ashlar:invalid-body",
    "title": "The request body is not valid",
    "status": 400,
    "detail": "It may not be blank.",
    "pointer": "/instances/0/text",
    "request_id": "id-2",
}
PROBLEM_JSON = {"Content-Type": "application/problem+json"}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture
def page(browser: Page, server: TryServer) -> Iterator[Page]:
    """Opened; it may ask nobody but its server, and its scripts must not fail."""
    browser.requested.clear()
    browser.said.clear()
    browser.look(DESKTOP)
    browser.open(server.url)
    browser.until("document.querySelector('#state:not([hidden]), .problem')")
    yield browser
    assert all(url.startswith((server.url, "data:")) for url in browser.requested), browser.requested
    assert [text for text in browser.said if not text.startswith("Failed to load resource")] == []


def write(page: Page, name: str, text: str) -> None:
    page.run(f"document.getElementById('field-{name}').focus()")
    page.type(text)


def texts(page: Page, selector: str) -> Any:
    return page.run(f"[...document.querySelectorAll({selector!r})].map((found) => found.innerText.trim())")


def should_show_the_answer_to_what_was_typed(page: Page, api: Api) -> None:
    write(page, "title", "Lovely")
    write(page, "text", 'Fits <b>well</b> & "nice"')
    page.press("Enter", code=13, control=True)
    assert page.until("document.getElementById('class')?.innerText").split() == ["Positive", "class", "1"]
    assert api.asked[-1][2] == (b'{"instances":[{"title":"Lovely","text":"Fits <b>well</b> & \\"nice\\""}]}')
    assert [row.split() for row in texts(page, ".bars tr")] == [
        ["negative", "3.0", "%"],
        ["neutral", "7.0", "%"],
        ["positive", "90.0", "%"],
    ]
    variant, package, latency, request = texts(page, ".facts dd")
    assert (variant, package, request) == (PREDICTED["variant"], PREDICTED["model_package"], "id-1")
    assert latency.endswith(" ms") and latency[:-3].isdecimal()
    (earlier,) = texts(page, "#list li")
    assert earlier.startswith('Lovely · Fits <b>well</b> & "nice"')


def should_make_the_form_from_what_the_model_declares(page: Page, api: Api, server: TryServer) -> None:
    assert texts(page, "label[for^=field]") == ["Title optional", "Text"]
    instance = {
        "type": "object",
        "properties": {
            "size": {"enum": ["S", "M"], "description": "Of the label."},
            "age": {"type": "integer", "minimum": 0},
            "returned": {"type": "boolean"},
            "stars": {"type": "array", "items": {"type": "integer"}, "examples": [[1, 2]]},
        },
        "required": ["age", "stars"],
    }
    other = {**REVIEWS, "name": "other", "title": None, "prediction": None}
    api.offer({**other, "requests": {"application/json": {"instance": instance}}}, REVIEWS)
    api.answers["/endpoints/other/predictions"] = api.answers["/endpoints/reviews/predictions"]
    page.open(server.url)
    page.until("!document.getElementById('chooser').hidden")
    write(page, "age", "41")
    page.run("document.getElementById('example').click()")
    page.run("document.getElementById('field-returned').click()")
    page.run("document.getElementById('ask').click()")
    assert "positive" not in page.until("document.querySelector('#outcome pre')?.innerText")
    assert api.asked[-1][1:] == (
        "/endpoints/other/predictions",
        b'{"instances":[{"age":41,"returned":true,"stars":[1,2]}]}',
    )


def should_lead_to_the_field_that_a_problem_is_about(page: Page, api: Api) -> None:
    api.say(PROBLEM, 400, PROBLEM_JSON)
    page.run("document.getElementById('ask').click()")
    page.until("document.querySelector('.problem')")
    assert texts(page, ".problem h2") == [PROBLEM["title"]]
    assert texts(page, ".problem dd") == [PROBLEM["pointer"], "400", "id-2"]
    assert page.run("document.activeElement.id") == "field-text"
    assert page.run("document.activeElement.getAttribute('aria-invalid')") == "true"
    assert texts(page, "#field-text-wrong") == ["It may not be blank."]
    # It is forgotten with the next letter.
    page.type("x")
    assert page.run("document.getElementById('field-text').getAttribute('aria-invalid')") is None


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        ([], "There is nothing to ask"),
        ([{**REVIEWS, "mode": "asynchronous"}], "This page cannot ask this endpoint"),
        ([{**REVIEWS, "requests": None}], "This page cannot ask this endpoint"),
    ],
)
def should_say_why_there_is_no_form(
    page: Page, api: Api, server: TryServer, offered: list[dict[str, Any]], expected: str
) -> None:
    api.offer(*offered)
    page.open(server.url)
    page.until("document.querySelector('.problem')")
    assert texts(page, ".problem h2") == [expected]
    assert page.run("document.getElementById('form').hidden")


def should_tell_when_to_try_again(page: Page, api: Api) -> None:
    busy = {**PROBLEM, "title": "Too many requests", "status": 429, "pointer": None}
    api.say(busy, 429, {**PROBLEM_JSON, "Retry-After": "3"})
    page.run("document.getElementById('ask').click()")
    page.until("document.querySelector('.problem')")
    assert "Try again in 3 s." in texts(page, ".problem p")[0]


def should_say_that_its_server_has_ended(page: Page) -> None:
    unchanged = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    page.call("Network.emulateNetworkConditions", offline=True, **unchanged)
    try:
        page.run("document.getElementById('ask').click()")
        page.until("document.querySelector('.problem')")
    finally:
        page.call("Network.emulateNetworkConditions", offline=False, **unchanged)
    assert texts(page, ".problem h2") == ["Nobody answers"]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("size", [DESKTOP, PHONE, (320, 640)])
def should_fit_the_screen_in_light_and_dark(page: Page, size: tuple[int, int], dark: bool) -> None:
    page.look(size, dark=dark)
    write(page, "text", "nice " * 30)
    page.run("document.getElementById('ask').click()")
    page.until("document.getElementById('class')")
    assert page.run("document.documentElement.scrollWidth <= innerWidth")
    # WCAG 2.2: 4.5 to 1 for text, and targets of at least 24 pixels.
    assert page.run(CONTRAST) == []
    assert page.run("[...document.querySelectorAll('button')].every((its) => its.getBoundingClientRect().height >= 24)")


def should_be_usable_by_keyboard_and_by_ear(page: Page) -> None:
    reached = []
    for _ in range(4):
        page.press("Tab", code=9)
        reached.append(page.run("document.activeElement.id"))
    assert reached == ["field-title", "field-text", "ask", "example"]
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    named = {
        (node["role"]["value"], node["name"]["value"])
        for node in nodes
        if node.get("role", {}).get("value") in ("textbox", "button", "heading", "region") and "name" in node
    }
    assert {("textbox", "Title optional"), ("textbox", "Text"), ("button", "Ask the model")} <= named
    assert all(name for _, name in named)
    assert page.run("document.getElementById('outcome').getAttribute('aria-live')") == "polite"


# The texts of the page whose colour is too close to what is behind it.
CONTRAST = """(() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => numbers(colour).slice(0, 3).map((part) => part / 255)
    .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (its) => {
    const colour = getComputedStyle(its).backgroundColor;
    return numbers(colour)[3] === 0 ? behind(its.parentElement) : colour;
  };
  const written = [...document.querySelectorAll('body *')].filter((its) => its.checkVisibility() &&
    !its.matches('script, style') && [...its.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  return written.filter((its) => {
    const [ink, paper] = [light(getComputedStyle(its).color), light(behind(its))].sort((a, b) => b - a);
    return (ink + 0.05) / (paper + 0.05) < 4.5;
  }).map((its) => its.outerHTML);
})()"""
