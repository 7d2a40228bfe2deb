"""Reading a file of reviews, and judging answers by its ratings."""

from __future__ import annotations

import csv
import gzip
import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from ops.api import CONNECTIONS
from ops.invoke import Report, batch_size, invoke_file
from ops.reviews_file import check_data, read_reviews
from ops.session import OpsError
from ops.upload import check_file


def write(file: Path, *rows: list[str]) -> Path:
    with file.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened).writerows(rows)
    return file


class EchoApi:
    """Stands for the API: predicts by the first word, and counts the requests."""

    def __init__(self) -> None:
        self.requests: list[list[dict[str, Any]]] = []

    def predict(self, endpoint: str, instances: list[dict[str, Any]]) -> dict[str, Any]:
        self.requests.append(instances)
        predictions = [{"label": int(i["text"].split()[0]), "probabilities": {}} for i in instances]
        return {"predictions": predictions, "variant": "linear", "model_package": "group/1"}


def should_read_titles_texts_and_labels(tmp_path: Path) -> None:
    file = write(
        tmp_path / "r.csv",
        ["Title", "Review Text", "Rating"],
        ["a", "bad", "1"],
        ["", "so, so\nnext line", "3"],
        ["c", "good", "5"],
        ["d", "unrated", ""],
    )
    assert [(r.title, r.text, r.label) for r in read_reviews(file)] == [
        ("a", "bad", -1),
        ("", "so, so\nnext line", 0),
        ("c", "good", 1),
        ("d", "unrated", None),
    ]


def should_read_a_gzipped_file_and_one_without_ratings(tmp_path: Path) -> None:
    file = tmp_path / "r.csv.gz"
    file.write_bytes(gzip.compress(b"Review Text\nnice\n"))
    assert [(r.title, r.text, r.label) for r in read_reviews(file)] == [("", "nice", None)]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("r.csv", b"Title,Rating\na,1\n", "no column 'Review Text'. Found: Title, Rating"),
        ("r.csv", b"", "is empty"),
        ("r.csv", b"Review Text\n", "a header but no rows"),
        ("r.csv", b"Review Text,Review Text\na,b\n", "2 columns 'Review Text'"),
        ("r.csv", b"Review Text,Rating\nnice,six\n", "line 2: Rating is 'six', not 1 to 5"),
        ("r.csv", b"Review Text,Rating\nnice, soft,5\n", "line 2: 3 fields where the header has 2"),
        ("r.csv", b"Review Text\nni\0ce\n", "line 2 has a NUL byte"),
        ("r.csv", b"Review Text\n\xff\xfe\n", "cannot be read"),
        ("r.csv", b'Review Text\n"open\n', "cannot be read"),
        ("r.csv.gz", b"no gzip", "cannot be read"),
        ("r.csv.gz", gzip.compress(b"Review Text\nnice\n", mtime=0)[:-4], "cannot be read"),
        ("r.txt", b"Review Text\n", "neither .csv nor .csv.gz"),
    ],
)
def should_say_what_is_wrong_with_a_file(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(OpsError) as caught:
        list(read_reviews(file))
    assert expected in str(caught.value)


def should_say_that_a_file_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="does not exist"):
        check_file(tmp_path / "absent.csv")


@pytest.mark.parametrize(("rows", "size"), [(0, 1), (300, 1), (1999, 1), (2000, 2), (19911, 19), (10**6, 100)])
def should_send_enough_requests_for_the_shares_to_mean_something(rows: int, size: int) -> None:
    assert batch_size(rows) == size


@pytest.mark.parametrize("batch", [1, 3, 100])
def should_write_one_line_for_each_row_in_the_files_order(tmp_path: Path, batch: int) -> None:
    rows = [["", "" if n % 5 == 0 else f"{n % 3 - 1} text {n}", str(n % 5 + 1)] for n in range(50)]
    file = write(tmp_path / "r.csv", ["Title", "Review Text", "Rating"], *rows)
    out, done = tmp_path / "out.jsonl", Counter[str]()
    api = EchoApi()
    report = invoke_file(api, "reviews", file, out, batch, lambda n: done.update(rows=n))  # type: ignore[arg-type]
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert done["rows"] == report.rows == len(lines) == 50
    for number, line in enumerate(lines):
        assert line == {"error": "the row has no review text"} if number % 5 == 0 else line["label"] == number % 3 - 1
    assert report.errors == 10
    assert report.requests["linear"] == len(api.requests)
    assert max(len(request) for request in api.requests) <= batch


def should_leave_no_output_when_a_request_fails(tmp_path: Path) -> None:
    class Failing(EchoApi):
        def predict(self, endpoint: str, instances: list[dict[str, Any]]) -> dict[str, Any]:
            raise OpsError("the API answered 502")

    file, out = write(tmp_path / "r.csv", ["Review Text"], ["nice"]), tmp_path / "out.jsonl"
    with pytest.raises(OpsError, match="502"):
        invoke_file(Failing(), "reviews", file, out, 1, lambda n: None)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == [file]


def should_begin_nothing_more_after_a_request_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given_up = threading.Event()

    class Pool(ThreadPoolExecutor):
        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            if wait:  # it waits for requests, so these must go on
                given_up.set()
            super().shutdown(wait, cancel_futures=cancel_futures)
            given_up.set()

    class FailingOnce(EchoApi):
        def predict(self, endpoint: str, instances: list[dict[str, Any]]) -> dict[str, Any]:
            self.requests.append(instances)
            if len(self.requests) == 1:
                raise OpsError("the API answered 502")
            assert given_up.wait(30)
            return super().predict(endpoint, instances)

    monkeypatch.setattr("ops.invoke.ThreadPoolExecutor", Pool)
    api = FailingOnce()
    file = write(tmp_path / "r.csv", ["Review Text"], *[["1 nice"]] * 500)
    with pytest.raises(OpsError, match="502"):
        invoke_file(api, "reviews", file, tmp_path / "out.jsonl", 1, lambda n: None)  # type: ignore[arg-type]
    # One for each thread, and another for the one that failed; each is noted again when it is answered.
    assert len(api.requests) <= 1 + 2 * CONNECTIONS


def should_say_that_the_output_cannot_be_written(tmp_path: Path) -> None:
    file = write(tmp_path / "r.csv", ["Review Text"], ["1 nice"])
    with pytest.raises(OpsError, match="cannot be written"):
        invoke_file(EchoApi(), "reviews", file, tmp_path / "no/out.jsonl", 1, lambda n: None)  # type: ignore[arg-type]


def should_take_training_data_only_with_every_column_and_rating(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.CSV", ["Title", "Review Text", "Rating"], ["a", "b", "5.0"], ["", "", ""])
    assert check_data(whole) == 2
    for name, rows in {
        "b.csv": [["Review Text", "Rating"], ["b", "5"]],
        "c.csv": [["Title", "Review Text"], ["a", "b"]],
        "d.csv": [["Title", "Review Text", "Rating"], ["a", "b", ""]],
    }.items():
        file = write(tmp_path / name, *rows)
        assert list(read_reviews(file))
        with pytest.raises(OpsError, match=r"Title|Rating"):
            check_data(file)


labels = st.sampled_from([-1, 0, 1])


@given(st.lists(st.tuples(labels, labels), min_size=1))
def should_compute_what_scikit_learn_computes(pairs: list[tuple[int, int]]) -> None:
    report = Report(pairs=Counter(pairs))
    true, predicted = zip(*pairs, strict=True)
    assert report.accuracy() == pytest.approx(accuracy_score(true, predicted))
    seen = sorted({*true, *predicted})
    assert report.macro_f1() == pytest.approx(f1_score(true, predicted, labels=seen, average="macro"))
