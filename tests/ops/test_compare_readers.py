"""Reading captured data, ground truth and labels: everything is used or counted, and nothing raises anything else."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.compare import capture, ground_truth
from ops.compare.predictions import DEFAULT, Pointer, UnusableError, cells, label, predictions
from ops.compare.since import moment_of
from ops.session import OpsError
from tests.conftest import ROOT

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
POINTER = Pointer(DEFAULT)
BODY = json.dumps({"predictions": [{"label": 1}, {"label": -1}]})


def record(body: str = BODY, encoding: str = "JSON", **metadata: Any) -> dict[str, Any]:
    """A line of captured data as the developer guide shows it."""
    output = {"observedContentType": "application/json", "mode": "OUTPUT", "data": body, "encoding": encoding}
    return {
        "captureData": {"endpointInput": {**output, "mode": "INPUT"}, "endpointOutput": output},
        "eventMetadata": {"eventId": "e1", "inferenceTime": "2026-03-01T11:00:00Z", **metadata},
        "eventVersion": "0",
    }


def answer(line: Any) -> capture.Answer:
    return capture.read(line if isinstance(line, str) else json.dumps(line), NOW, POINTER)


def should_read_an_answer_by_its_inference_id_or_else_its_event() -> None:
    found = answer(record(inferenceId="i1"))
    assert (found.key, found.event, found.seen) == ("i1", "e1", NOW)
    assert found.time == datetime(2026, 3, 1, 11, 0, tzinfo=UTC)
    assert found.predictions == ("1", "-1")
    assert answer(record()).key == "e1"


@pytest.mark.parametrize(
    ("body", "encoding", "content_type", "expected"),
    [
        (base64.b64encode(BODY.encode()).decode(), "BASE64", "application/json", ("1", "-1")),
        ("1,-1\n0\n", "CSV", "text/csv; charset=utf-8", ("1", "-1", "0")),
        (base64.b64encode(b"1").decode(), "BASE64", "text/csv", ("1",)),
        ("3", "CSV", None, ("3",)),
    ],
)
def should_decode_what_was_captured(body: str, encoding: str, content_type: str | None, expected: object) -> None:
    line = record(body, encoding)
    line["captureData"]["endpointOutput"]["observedContentType"] = content_type
    assert answer(line).predictions == expected


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "the line is no JSON"),
        ("[" * 100_000, "the line is no JSON"),
        ("[]", "the line is no JSON object"),
        ({}, "no eventMetadata"),
        (record(eventId=None), "no event id"),
        (record(inferenceTime="yesterday"), "no inference time"),
        ({**record(), "captureData": {"endpointInput": {}}}, "no answer was captured"),
        (record(encoding="ROT13"), "an unknown encoding"),
        (record("%%", "BASE64"), "the data is no text in BASE64"),
        (record(base64.b64encode(b"\xff").decode(), "BASE64"), "the data is no text in BASE64"),
        (record("oops"), "the answer is no JSON"),
        (record("{}"), "no prediction at /predictions/\\*/label of the answer"),
        (record('{"predictions": []}'), "no prediction at"),
        (record('{"predictions": [{"label": {}}]}'), "no prediction at"),
        (record('{"predictions": [{"label": null}]}'), "no prediction at"),
    ],
)
def should_say_why_a_line_cannot_be_used(line: Any, reason: str) -> None:
    with pytest.raises(UnusableError, match=f"^{reason}"):
        answer(line)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.text() | json_values.map(json.dumps))
def should_use_any_line_or_say_why_not(line: str) -> None:
    for read in (lambda: capture.read(line, NOW, POINTER), lambda: ground_truth.read(line, NOW)):
        try:
            read()
        except UnusableError as error:
            assert str(error)


@given(
    st.sampled_from(["captureData", "eventMetadata", "groundTruthData"]),
    st.sampled_from(["endpointOutput", "eventId", "inferenceTime", "data", "encoding"]),
    json_values,
)
def should_survive_anything_in_a_members_place(section: str, member: str, value: Any) -> None:
    truth = {"groundTruthData": {"data": "1", "encoding": "CSV"}, "eventMetadata": {"eventId": "e"}}
    whole: dict[str, Any] = {**truth, **record()}
    for changed in ({**whole, section: value}, {**whole, section: {**whole[section], member: value}}):
        line = json.dumps(changed)
        for read in (
            lambda line=line: capture.read(line, NOW, POINTER),
            lambda line=line: ground_truth.read(line, NOW),
        ):
            try:
                read()
            except UnusableError as error:
                assert str(error)


labels = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp")), min_size=1, max_size=8).filter(
    lambda text: text.strip() and not set(text) & set('",') and len(text.splitlines()) == 1
)


@given(st.text(min_size=1), st.lists(labels, min_size=1, max_size=5))
def should_read_back_the_ground_truth_that_it_writes(key: str, given: list[str]) -> None:
    found = ground_truth.read(ground_truth.write(key, ",".join(given)), NOW)
    assert (found.key, found.seen) == (key, NOW)
    assert found.labels == tuple(label(text) for text in given)


@pytest.mark.parametrize(
    ("one", "other"), [("1", "1.0"), ("-1", " -1 "), ("0", "-0.0"), ("+2", "2"), ("yes", " yes"), ("0.50", "0.5")]
)
def should_compare_labels_by_what_they_mean(one: str, other: str) -> None:
    assert label(one) == label(other)


@given(st.integers(-(10**11), 10**11), st.integers(-(10**11), 10**11))
def should_tell_different_numbers_apart(one: int, other: int) -> None:
    assert (label(str(one)) == label(str(other))) == (one == other)
    assert label(f"{one}.0") == label(str(one))


def should_leave_long_digits_names() -> None:
    assert label("1234567890123456789012345678901") != label("1234567890123456789012345678902")
    assert label("1_0") != label("10")
    assert label("nan") == "nan"


def should_keep_a_quoted_cell_whole_over_its_lines() -> None:
    assert cells('"yes\nindeed",no\r\n1.0\n') == ["yes\nindeed", "no", "1"]
    assert cells("a\u2028b\nc") == ["a\u2028b", "c"]


@pytest.mark.parametrize("text", ["", "1,,2", '"1', " "])
def should_refuse_cells_without_a_label(text: str) -> None:
    with pytest.raises(UnusableError):
        cells(text)


@pytest.mark.parametrize(
    ("pointer", "document", "expected"),
    [
        ("", "a", ["a"]),
        ("/0", ["a", "b"], ["a"]),
        ("/*/*", [["a"], ["b", "c"]], ["a", "b", "c"]),
        ("/a~1b/~0", {"a/b": {"~": 1}}, [1]),
        ("/*", {"*": 1}, [1]),
    ],
)
def should_follow_a_pointer(pointer: str, document: Any, expected: list[Any]) -> None:
    assert Pointer(pointer).values(document) == expected


def should_refuse_a_pointer_that_is_none() -> None:
    with pytest.raises(OpsError, match="'label' is no JSON pointer"):
        Pointer("label")


def should_fit_what_the_models_answer_without_being_told() -> None:
    payload = (ROOT / "model_code/reviews/payload.py").read_text("utf-8")
    assert '{"predictions": [{"label": 1, "probabilities":' in payload
    body = '{"predictions": [{"label": 1, "probabilities": {"1": 0.7}}], "model_package": "arn"}'
    assert predictions(body, "application/json", Pointer(DEFAULT)) == ["1"]


def should_write_the_labels_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text('\ufeffinference_id,label\ni1,1\n\ni2,"1,0"\n', "utf-8")
    one, two = (json.loads(line) for line in ground_truth.lines(file))
    assert one == {
        "groundTruthData": {"data": "1", "encoding": "CSV"},
        "eventMetadata": {"eventId": "i1"},
        "eventVersion": "0",
    }
    assert two["groundTruthData"]["data"] == "1,0"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,label\ni1,1\n", "begins with 'id,label'. Its header must be inference_id,label"),
        ("inference_id,label\n", "has no rows"),
        ("", "has no rows"),
        ("inference_id,label\ni1,1,0\n", r'row 1 has 3 values, not 2. Put the labels .* in quotes: id,"1,0"'),
        ("inference_id,label\n,1\n", "row 1 has no inference_id"),
        ("inference_id,label\ni1,\n", "row 1: the label '' has an empty label"),
        ("inference_id,label\ni1,1\ni1,0\n", "row 2: i1 occurs twice"),
        ('inference_id,label\ni1,"1\n', "cannot be read"),
    ],
)
def should_name_the_row_of_a_file_that_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "labels.csv"
    file.write_text(text, "utf-8")
    with pytest.raises(OpsError, match=message):
        ground_truth.lines(file)


def should_name_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="cannot be read"):
        ground_truth.lines(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("36h", datetime(2026, 2, 28, 0, 0, tzinfo=UTC)),
        ("7d", datetime(2026, 2, 22, 12, 0, tzinfo=UTC)),
        ("2026-03-01T10:00", datetime(2026, 3, 1, 10, 0, tzinfo=UTC)),
        ("2026-03-01T10:00+02:00", datetime(2026, 3, 1, 8, 0, tzinfo=UTC)),
    ],
)
def should_read_from_when_on(text: str, expected: datetime) -> None:
    assert moment_of(text, NOW) == expected


@pytest.mark.parametrize("text", ["", "0h", "yesterday", "7w"])
def should_refuse_a_time_that_is_none(text: str) -> None:
    with pytest.raises(OpsError, match=r"is no time. Write 36h, 7d"):
        moment_of(text, NOW)
