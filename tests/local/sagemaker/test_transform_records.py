"""Records, requests, filters and joins of batch transform, without a cloud."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.sagemaker.errors import ApiError
from local.sagemaker.json_path import JsonPath, NothingFoundError
from local.sagemaker.transform_records import Processing, RecordError, assemble, batches, records_of

RECORD = {"id": 7, "text": "fine", "features": [1, 2, 3, 4], "more": {"a": 1, "b": 2}}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", RECORD),
        ("$.text", "fine"),
        ("$['id','text']", [7, "fine"]),
        ("$.more.b", 2),
        ("$['more']['a']", 1),
        ("$.features[0]", 1),
        ("$.features[-1]", 4),
        ("$.features[0,2]", [1, 3]),
        ("$.features[1:]", [2, 3, 4]),
        ("$.features[:2]", [1, 2]),
        ("$.features[1:-1]", [2, 3]),
        ("$.features[*]", [1, 2, 3, 4]),
        ("$.more.*", [1, 2]),
    ],
)
def should_find_what_a_path_names(path: str, expected: Any) -> None:
    assert JsonPath(path).find(RECORD) == expected


@pytest.mark.parametrize("path", ["$.nothing", "$.features[9]", "$.text.more", "$['nothing']"])
def should_say_that_a_path_finds_nothing(path: str) -> None:
    with pytest.raises(NothingFoundError):
        JsonPath(path).find(RECORD)


@pytest.mark.parametrize("path", ["text", "$.a[?(@.b)]", "$..a", "$.a[", "$['a'"])
def should_refuse_a_path_that_batch_transform_does_not_know(path: str) -> None:
    with pytest.raises(ApiError, match="filter"):
        JsonPath(path)


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters="\r\n"), min_size=1), min_size=1))
def should_take_each_line_as_a_record(lines: list[str]) -> None:
    content = "\n".join(lines).encode()
    assert records_of(content, "Line") == records_of(content + b"\n", "Line") == [line.encode() for line in lines]
    assert records_of(content, "None") == [content]


def should_understand_the_line_ends_of_windows() -> None:
    assert records_of(b"a\r\nb\r\n", "Line") == [b"a", b"b"]


@given(st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=50), st.integers(21, 100))
def should_fill_requests_up_to_the_payload_in_order(records: list[bytes], most: int) -> None:
    found = list(batches(records, "MultiRecord", most))
    assert [record for _, batch in found for record in batch] == records
    assert all(len(b"\n".join(batch)) <= most for _, batch in found)
    assert [first for first, _ in found] == [1 + sum(len(b) for _, b in found[:n]) for n in range(len(found))]


def should_send_one_record_at_a_time_where_asked() -> None:
    assert list(batches([b"a", b"b"], "SingleRecord", 10)) == [(1, [b"a"]), (2, [b"b"])]


def should_refuse_a_record_that_is_larger_than_a_request() -> None:
    with pytest.raises(RecordError, match=r"record 2 has .* more than MaxPayloadInMB"):
        list(batches([b"a", b"b" * 11], "MultiRecord", 10))


def should_send_the_model_only_what_the_input_filter_keeps() -> None:
    processing = Processing({"InputFilter": "$[1:]"}, "text/csv", "text/csv")
    assert processing.request(1, [b'7,"a, b",2', b"8,c,3"]) == b'"a, b",2\nc,3'


def should_say_which_record_a_filter_cannot_be_applied_to() -> None:
    processing = Processing({"InputFilter": "$.text"}, "application/json", "")
    with pytest.raises(RecordError, match=r"record 4: InputFilter \$.text"):
        processing.request(3, [b'{"text": "a"}', b'{"other": 1}'])


def should_append_the_answer_to_the_columns_of_csv() -> None:
    processing = Processing({"JoinSource": "Input"}, "text/csv", "text/csv")
    assert processing.results(1, [b"7,a", b"8,b"], b"0.5\n0.25\n") == [b"7,a,0.5", b"8,b,0.25"]
    kept = Processing({"JoinSource": "Input", "OutputFilter": "$[0,-1]"}, "text/csv", "text/csv")
    assert kept.results(1, [b"7,a"], b"0.5\n") == [b"7,0.5"]


def should_put_the_answer_into_a_json_object() -> None:
    processing = Processing({"JoinSource": "Input"}, "application/jsonlines", "")
    (found,) = processing.results(1, [b'{"id": 7}'], b'{"label": "a"}')
    assert json.loads(found) == {"id": 7, "SageMakerOutput": {"label": "a"}}
    (found,) = processing.results(1, [b"[1, 2]"], b"0.5")
    assert json.loads(found) == {"SageMakerInput": [1, 2], "SageMakerOutput": 0.5}
    kept = Processing({"JoinSource": "Input", "OutputFilter": "$['id','SageMakerOutput']"}, "application/json", "")
    assert kept.results(1, [b'{"id": 7, "text": "a"}'], b"0.5") == [b"[7, 0.5]"]


def should_store_answers_as_they_are_without_a_join_or_output_filter() -> None:
    processing = Processing({"InputFilter": "$[1:]"}, "text/csv", "application/json")
    assert processing.results(1, [b"1,2", b"3,4"], b'{"all": [1, 2]}') == [b'{"all": [1, 2]}']


def should_want_an_answer_for_each_record_where_they_are_joined() -> None:
    processing = Processing({"JoinSource": "Input"}, "text/csv", "text/csv")
    with pytest.raises(RecordError, match="records 5 to 6: the model answered 1 lines to 2 records"):
        processing.results(5, [b"a", b"b"], b"0.5\n")


def should_put_each_result_on_a_line_or_all_together() -> None:
    assert assemble([b"a", b"b"], "Line") == b"a\nb\n"
    assert assemble([b"a", b"b"], "None") == b"ab"
