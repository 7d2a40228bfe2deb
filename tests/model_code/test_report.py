"""report.html: what it shows, that it needs nothing else, and that a review in it stays text."""

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from answers import Answers
from charts import chart
from dataset import Review
from evaluate import compare, parse_arguments, verdict
from figures import scores
from hypothesis import given
from hypothesis import strategies as st
from report import Evaluated, page

if TYPE_CHECKING:
    from tests.model_code.conftest import SampleRun

NASTY = "<script>alert(1)</script><img src=x onerror=alert(2)> \"'&amp;"


class Reader(HTMLParser):
    """The elements of a page, and its text; refuses a tag that is left open or closed twice."""

    VOID = ("meta", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def evaluated(reviews: list[Review], predicted: list[int], name: str = "linear") -> Evaluated:
    rows = np.array([[0.2, 0.3, 0.5]] * len(reviews))
    figures = scores([review.label for review in reviews], predicted)
    return Evaluated(name, Answers(predicted, rows, 1_234_567), figures, True, "passes")


@pytest.fixture(scope="module")
def html(sample_run: "SampleRun") -> str:
    return (sample_run.jobs.root / "report.html").read_text(encoding="utf-8")


def should_need_nothing_from_elsewhere(html: str) -> None:
    reader = read(html)
    assert not {"script", "link", "img", "iframe", "object"} & set(reader.tags)
    assert not {"src", "href", "srcset", "onload", "onerror"} & {name for name, _ in reader.attributes}
    assert not re.search(r"https?:|url\(|@import", html)
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in reader.attributes
    assert ("content", "width=device-width, initial-scale=1") in reader.attributes


def should_show_every_part_of_an_evaluation(sample_run: "SampleRun", html: str) -> None:
    words = read(html).words
    evaluation = json.loads((sample_run.jobs.root / "evaluation.json").read_text())
    for name, figures in evaluation.items():
        assert name in words
        assert f"{figures['macro_f1']:.4f}" in words
    for heading, times in {
        "Confusion matrix": 2,
        "Curves": 2,
        "Choice of a threshold": 2,
        "Errors it was surest of": 2,
        "By department": 1,
        "By rating": 1,
        "By length": 1,
    }.items():
        assert words.count(heading) == times
    assert html.count("<polyline") == 2 * 2 * 3


@pytest.mark.parametrize(
    "review",
    [Review(NASTY, "x", -1), Review("t", NASTY, -1), Review("t", "x", -1, department=NASTY)],
    ids=["title", "text", "department"],
)
def should_show_a_review_as_text_whatever_it_says(review: Review) -> None:
    reviews = [review]
    reader = read(page([evaluated(reviews, [1], name="<b>odd")], reviews))
    assert not {"script", "img", "b"} & set(reader.tags)
    assert NASTY in "".join(reader.words)


@given(st.text(), st.text())
def should_stay_a_well_formed_page_whatever_a_review_says(title: str, text: str) -> None:
    reviews = [Review(title, text, -1)]
    plain = read(page([evaluated([Review("a", "b", -1)], [1])], [Review("a", "b", -1)]))
    assert read(page([evaluated(reviews, [1])], reviews)).tags == plain.tags


def should_do_without_curves_where_there_are_no_probabilities() -> None:
    reviews = [Review("", "a", 1)]
    model = Evaluated("bare", Answers([1], None, 10), scores([1], [1]), None, "served now")
    html = page([model], reviews)
    assert "no curves" in html
    assert "<polyline" not in html


def should_draw_a_line_where_its_points_are() -> None:
    svg = chart("a", "x", "y", {"only": [(0, 0), (1, 1)]}, diagonal=True)
    assert 'points="46.0,312.0 346.0,12.0"' in svg
    assert svg.count("<circle") == 2


def figures(macro_f1: float) -> dict[str, Any]:
    return {"macro_f1": macro_f1, "accuracy": 0.9}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], (True, "evaluated, best of 2")),
        (["--at-least", "0.65"], (True, "passes, best of 2")),
        (["--at-least", "0.71"], (False, "below the gate's 0.71")),
        (["--at-least", "0.6", "--not-below-champion-by", "0.005"], (False, "0.0100 below the champion")),
        (["--at-least", "0.6", "--not-below-champion-by", "0.02"], (True, "passes, best of 2")),
        (["--metric", "accuracy", "--at-least", "0.9", "--not-below-champion-by", "0"], (True, "passes, best of 2")),
    ],
)
def should_judge_a_candidate_as_the_gate_does(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], expected: tuple[bool, str]
) -> None:
    monkeypatch.setattr("sys.argv", ["evaluate.py", *arguments])
    evaluation = {"linear": figures(0.70), "xgboost": figures(0.66), "champion": figures(0.71)}
    compare(evaluation)
    passed, words = verdict("linear", evaluation, parse_arguments())
    assert (passed, words.startswith(expected[1])) == (expected[0], True)
    assert verdict("champion", evaluation, parse_arguments()) == (None, "served now")
