"""A file that the operator's tools take is one that the pipeline takes, and they read the same labels in it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import tempfile
from pathlib import Path

import pytest
from corpus import Scratch, find_distinct, read_folder
from hypothesis import example, given
from hypothesis import strategies as st
from job import JobError
from workers import workers_of

from ops.reviews_file import Review, read_reviews, read_training_data
from ops.session import OpsError

Labels = dict[tuple[str, str], int]

HEADER = b"Title,Review Text,Rating\n"
NAMES = ("r.csv", "R.CSV", "r.csv.gz", "r.Csv.GZ", "r.txt", "r.gz", "r.tsv.csv")
FILES = (
    HEADER + b"a,good,5\nb,bad,1\nc,so so,3\n",
    HEADER + b"a,good,5.0\nb,bad,1.0\nc,half,3.5\n",
    HEADER + b"a,good, 5.0 \n",
    HEADER + b"a,good,5.00\n",
    HEADER + b"a,good,0\n",
    HEADER + b"a,good,\n",
    HEADER + b"a,,nine\n",
    HEADER + b"a,\xc2\xa0,nine\n",
    HEADER + b"a,good,5\n\n\na,good,1\n",
    HEADER + b"a,good,5,\n",
    HEADER + b"a,good\n",
    HEADER + b'a,"good, and\nlong",5\n',
    HEADER + b'a,"good,5\n',
    HEADER + b'a,"good" x,5\n',
    HEADER + b"a,go\0od,5\n",
    HEADER + b"a,go\xffod,5\n",
    HEADER + b"a,one\rtwo,5\n",
    HEADER + b"a," + b"x" * 200_000 + b",5\n",
    HEADER,
    b"",
    b"\n\n",
    b"\n" + HEADER + b"a,good,5\n",
    b"\xef\xbb\xbf" + HEADER + b"a,good,4\n",
    b"\xef\xbb\xbf\xef\xbb\xbf" + HEADER + b"a,good,4\n",
    b"Title;Review Text;Rating\na;good;5\n",
    b"Review Text,Rating\ngood,5\n",
    b"Title,Review Text\na,good\n",
    b"title,review text,rating\na,good,5\n",
    b" Title,Review Text,Rating\na,good,5\n",
    b"Title,Review Text,Review Text,Rating\na,good,bad,5\n",
    b"Title,Review Text,Rating,Rating\na,good,5,1\n",
    b"Title,Title,Review Text,Rating\na,b,good,5\n",
    b"Age,Age,Title,Review Text,Rating,\n3,4,a,good,5,\n",
    HEADER.replace(b"\n", b"\r\n") + b"a,good,2\r\n",
    HEADER.replace(b"\n", b"\r") + b"a,good,2\r",
    "Title,Review Text,Rating\na,good,5\n".encode("utf-16"),
)


def of_the_pipeline(folder: Path) -> tuple[Labels, int] | None:
    """The distinct reviews with their labels, and the number of rows read; None for data that is refused."""
    with tempfile.TemporaryDirectory() as directory, workers_of(1) as workers:
        scratch = Scratch(Path(directory), seed=7, chunk_bytes=2**20)
        try:
            reading = read_folder(folder, scratch, workers)
        except JobError:
            return None
        parts = find_distinct(reading, scratch, workers)
        records = [line for part in parts for line in scratch.part("distinct", part.number).read_bytes().splitlines()]
    reviews = [json.loads(re.sub(rb"@\d}$", b"1.0}", record)) for record in records]
    return {(review["title"], review["text"]): review["label"] for review in reviews}, reading.rows


def of_the_tools(file: Path) -> tuple[Labels, int] | None:
    try:
        return as_labels(list(read_training_data(file)))
    except OpsError:
        return None


def as_labels(reviews: list[Review]) -> tuple[Labels, int]:
    labels: Labels = {}
    for review in reviews:
        if review.text:
            assert review.label is not None
            labels.setdefault((review.title, review.text), review.label)
    return labels, len(reviews)


def agreed(folder: Path, name: str, content: bytes) -> bool:
    """Both readers say the same of a file; whether they take it. One to predict is taken wherever one to train is."""
    file = folder / name
    file.write_bytes(content)
    pipeline, tools = of_the_pipeline(folder), of_the_tools(file)
    assert pipeline == tools
    if tools is not None:
        assert as_labels(list(read_reviews(file))) == tools
    return tools is not None


@pytest.mark.parametrize("content", FILES, ids=lambda content: repr(content[:60]))
def should_take_and_refuse_the_same_files(tmp_path: Path, content: bytes) -> None:
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    plain.mkdir()
    packed.mkdir()
    assert agreed(plain, "r.csv", content) == agreed(packed, "r.csv.gz", gzip.compress(content))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("packed", [False, True])
def should_take_and_refuse_the_same_names(tmp_path: Path, name: str, packed: bool) -> None:
    content = HEADER + b"a,good,5\n"
    taken = agreed(tmp_path, name, gzip.compress(content) if packed else content)
    assert taken == (name.lower().endswith(".csv.gz" if packed else ".csv"))


@pytest.mark.parametrize("kept", [10, -12, -4])
def should_refuse_half_a_gzip_file(tmp_path: Path, kept: int) -> None:
    assert not agreed(tmp_path, "r.csv.gz", gzip.compress(HEADER + b"a,good,5\n")[:kept])


columns = st.lists(st.sampled_from(["Title", "Review Text", "Rating", "Age", ""]), min_size=1, max_size=5)
headers = st.just(["Title", "Review Text", "Rating"]) | st.permutations(["Title", "Review Text", "Rating"]) | columns
ratings = st.sampled_from(["1", "2", "3", "4", "5", "5.0", " 4 ", "4.0 "]) | st.sampled_from(["", "6", "five", "3.5"])
fields = ratings | st.text(alphabet='ab ",\n\r\t\0\u00e9\u2028\ufeff', max_size=6)
rows = st.lists(st.tuples(fields, fields, ratings).map(list) | st.lists(fields, max_size=4), max_size=5)


@given(header=headers, rows=rows, raw=st.booleans())
@example(header=["Title", "Review Text", "Rating"], rows=[["a", "b", "5.0"]], raw=False)
def should_agree_on_any_file(
    tmp_path_factory: pytest.TempPathFactory, header: list[str], rows: list[list[str]], raw: bool
) -> None:
    written = io.StringIO()
    if raw:  # without the quotes that a writer puts around what needs them
        written.write("\n".join(",".join(row) for row in [header, *rows]))
    else:
        csv.writer(written).writerows([header, *rows])
    agreed(tmp_path_factory.mktemp("files"), "r.csv", written.getvalue().encode())
