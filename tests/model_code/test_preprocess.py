"""preprocess.py: what is read, what is refused, and how rows are split and balanced."""

import csv
import gzip
import io
import json
import random
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from dataset import LABELS, Review, read_split, write_split
from hypothesis import given
from hypothesis import strategies as st
from job import JobError
from preprocess import BALANCERS, Corpus, add_file, read_corpus, split

if TYPE_CHECKING:
    from tests.model_code.conftest import Jobs

HEADER = "Title,Review Text,Rating\n"
ROWS = "".join(f"t,text {number},{rating}\n" for number, rating in enumerate("111222333444555" * 2))

# Everything UTF-8 can carry but NUL, with what CSV finds hard made likely.
TEXTS = st.text(
    st.one_of(st.sampled_from(",\"\n\r'; \ufeff\u2028é😀"), st.characters(codec="utf-8", exclude_characters="\0"))
)


def reviews_of(counts: tuple[int, ...]) -> list[Review]:
    return [
        Review("", f"{label} {number}", label) for label, n in zip(LABELS, counts, strict=True) for number in range(n)
    ]


def file_with(folder: Path, content: str | bytes, name: str = "reviews.csv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def result_of(jobs: "Jobs") -> dict[str, Any]:
    report: dict[str, Any] = json.loads((jobs.splits / "report" / "report.json").read_text())
    return report


# --- reading ---


@given(rows=st.lists(st.tuples(TEXTS, TEXTS, st.sampled_from("12345")), min_size=1), compressed=st.booleans())
def should_read_back_any_text_that_csv_can_hold(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], compressed: bool
) -> None:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(["Title", "Review Text", "Rating"])
    writer.writerows(rows)
    content = stream.getvalue().encode()
    path = file_with(
        tmp_path_factory.mktemp("csv"),
        gzip.compress(content) if compressed else content,
        "reviews.csv.gz" if compressed else "reviews.csv",
    )
    corpus = Corpus()
    add_file(corpus, path, path.name)
    kept = dict.fromkeys((title.strip(), text.strip()) for title, text, _ in rows if text.strip())
    assert list(corpus.labels) == list(kept)
    assert corpus.files == {path.name: len(rows)}
    assert corpus.without_text == sum(not text.strip() for _, text, _ in rows)


@given(rows=st.lists(st.tuples(TEXTS, TEXTS.filter(str.strip), st.sampled_from(LABELS)), min_size=1))
def should_read_back_any_split_it_wrote(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("split")
    reviews = [Review(*row, weight=0.1 + index) for index, row in enumerate(rows)]
    write_split(folder, reviews)
    assert read_split(folder) == reviews


def should_label_by_rating(tmp_path: Path) -> None:
    file_with(tmp_path, HEADER + ",a,1\n,b,2\n,c,3\n,d,4\n,e,5\n,f,5.0\n")
    assert [review.label for review in read_corpus(tmp_path).reviews] == [-1, -1, 0, 1, 1, 1]


def should_count_rows_without_text_and_duplicates(tmp_path: Path) -> None:
    file_with(tmp_path, HEADER + "t,same,5\nt, same ,5\nt,same,1\nother,same,5\nt,  ,5\nt,,5\n")
    corpus = read_corpus(tmp_path)
    assert [(review.title, review.text, review.label) for review in corpus.reviews] == [
        ("t", "same", 1),
        ("other", "same", 1),
    ]
    assert corpus.counts()["rows"] == {
        "read": 6,
        "without_text": 2,
        "duplicates": 2,
        "duplicates_rated_otherwise": 1,
        "kept": 2,
    }


def should_read_every_csv_file_below_the_folder_and_nothing_else(tmp_path: Path) -> None:
    file_with(tmp_path / "batch", "\ufeff" + HEADER + ",with a byte order mark,5\n\n", "b.CSV")
    file_with(tmp_path, gzip.compress(b"Rating,Age,Review Text,Title\n1,30,columns in another order,x\n"), "a.csv.gz")
    file_with(tmp_path, b"\x80 not for us", "_READY")
    corpus = read_corpus(tmp_path)
    assert corpus.files == {"a.csv.gz": 1, "batch/b.CSV": 1}
    assert {review.text for review in corpus.reviews} == {"with a byte order mark", "columns in another order"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "reviews.csv: the file is empty"),
        ("\n\n", "reviews.csv: the file is empty"),
        (HEADER, "reviews.csv: the file has a header but no rows"),
        ("Title,Text,Rating\n,a,1\n", "reviews.csv line 1: column 'Review Text' is missing"),
        ("Title,Text,Rating\n,a,1\n", "found 'Title', 'Text', 'Rating'"),
        ("Title,Review Text,Rating,Rating\n,a,1,1\n", "line 1: column 'Rating' occurs 2 times, which is ambiguous"),
        (HEADER + ",a,1\n,b,6\n", "reviews.csv line 3: Rating is '6'; a rating is a whole number from 1 to 5"),
        (HEADER + ",a,\n", "line 2: Rating is ''"),
        (HEADER + ",a,4.5\n", "line 2: Rating is '4.5'"),
        (HEADER + ",a,five\n", "line 2: Rating is 'five'"),
        (HEADER + ',"two\nlines",5\n,b,0\n', "line 4: Rating is '0'"),
        (HEADER + ",a\n", "line 2: 2 fields, starting ',a', where the header has 3"),
        (HEADER + ",a,b,5\n", "line 2: 4 fields"),
        (HEADER + ',a,1\n,"b" c,5\n', "line 3: the row that starts here is not valid CSV"),
        (HEADER + ',a,1\n,"never closed,5\n,c,1\n', "line 3: the row that starts here is not valid CSV"),
        (HEADER + ',"' + "x" * 200_000 + '",5\n', "line 2: the row that starts here is not valid CSV"),
        (HEADER.encode() + b",a,1\n,caf\xe9,5\n", r"line 3: bytes b'\xe9' at column 5 are not UTF-8"),
        (HEADER + ",a\0b,1\n", "line 2: a NUL byte at column 3"),
    ],
)
def should_refuse_a_malformed_file_by_its_line(tmp_path: Path, content: str | bytes, message: str) -> None:
    file_with(tmp_path, content)
    with pytest.raises(JobError) as raised:
        read_corpus(tmp_path)
    assert message in str(raised.value)


@pytest.mark.parametrize("content", [gzip.compress((HEADER + ROWS).encode())[:-9], b"Title,Review Text,Rating\n"])
def should_refuse_a_broken_gzip_file(tmp_path: Path, content: bytes) -> None:
    file_with(tmp_path, content, "reviews.csv.gz")
    with pytest.raises(JobError, match=r"reviews\.csv\.gz after line \d+: not a whole gzip file"):
        read_corpus(tmp_path)


def should_refuse_a_folder_without_csv(tmp_path: Path) -> None:
    file_with(tmp_path, HEADER + ROWS, "reviews.txt")
    with pytest.raises(JobError, match=r"no \.csv or \.csv\.gz file in it"):
        read_corpus(tmp_path)


# --- splitting ---


@given(
    counts=st.tuples(*[st.integers(3, 60)] * 3),
    validation=st.floats(0.01, 0.3),
    test=st.floats(0.01, 0.3),
    seed=st.integers(),
)
def should_partition_every_class(counts: tuple[int, ...], validation: float, test: float, seed: int) -> None:
    reviews = reviews_of(counts)
    splits = split(reviews, validation, test, seed)
    assert Counter(review.text for part in splits.values() for review in part) == Counter(each.text for each in reviews)
    for label, count in zip(LABELS, counts, strict=True):
        sizes = {name: sum(review.label == label for review in part) for name, part in splits.items()}
        assert min(sizes.values()) >= 1
        assert sizes["test"] == max(1, round(count * test))
        assert sizes["validation"] == max(1, round(count * validation))


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ((9, 1, 9), r"class 0 \(rating 3\) has 1 distinct reviews"),
        ((2, 9, 9), r"class -1 \(rating 1 or 2\) has 2 distinct reviews"),
        ((9, 9, 0), r"class 1 \(rating 4 or 5\) has 0 distinct reviews"),
    ],
)
def should_refuse_a_class_too_small_to_split(counts: tuple[int, ...], message: str) -> None:
    with pytest.raises(JobError, match=message):
        split(reviews_of(counts), 0.1, 0.2, seed=7)


# --- balancing ---

COUNTS = st.tuples(*[st.integers(1, 50)] * 3)
CHOICE = random.Random(7)  # noqa: S311  what it chooses, no test depends on


@given(counts=COUNTS)
def should_weigh_classes_equally_with_a_mean_of_one(counts: tuple[int, ...]) -> None:
    train = BALANCERS["weight"](reviews_of(counts), CHOICE)
    totals = [sum(review.weight for review in train if review.label == label) for label in LABELS]
    assert totals == pytest.approx([len(train) / 3] * 3)


@given(counts=COUNTS)
def should_oversample_to_the_largest_class_and_keep_every_review(counts: tuple[int, ...]) -> None:
    reviews = reviews_of(counts)
    train = BALANCERS["oversample"](reviews, CHOICE)
    assert Counter(review.label for review in train) == dict.fromkeys(LABELS, max(counts))
    assert set(train) == set(reviews)


@given(counts=COUNTS)
def should_undersample_to_the_smallest_class_without_repeating(counts: tuple[int, ...]) -> None:
    reviews = reviews_of(counts)
    train = BALANCERS["undersample"](reviews, CHOICE)
    assert Counter(review.label for review in train) == dict.fromkeys(LABELS, min(counts))
    assert len(set(train)) == len(train)
    assert set(train) <= set(reviews)


# --- the job ---


@pytest.mark.parametrize("balance", ["weight", "oversample", "undersample", "none"])
def should_balance_train_alone_and_report_it(jobs: "Jobs", balance: str) -> None:
    file_with(jobs.root / "raw", HEADER + ROWS)
    jobs.preprocess(jobs.root / "raw", "--balance", balance)
    report = result_of(jobs)
    assert report["balance"] == balance
    assert report["per_class"] == {"-1": 12, "0": 6, "1": 12}
    for name in ("train", "validation", "test"):
        reviews = read_split(jobs.splits / name)
        assert report["per_split"][name]["total"] == len(reviews)
        assert name == "train" or {review.weight for review in reviews} == {1.0}
    assert report["per_split"]["test"] == {"-1": 2, "0": 1, "1": 2, "total": 5}
    train = {"weight": (9, 4, 9), "none": (9, 4, 9), "oversample": (9, 9, 9), "undersample": (4, 4, 4)}[balance]
    assert report["per_split"]["train"] == dict(zip(("-1", "0", "1", "total"), (*train, sum(train)), strict=True))
    assert (len({review.weight for review in read_split(jobs.splits / "train")}) > 1) == (balance == "weight")


def should_write_the_same_bytes_for_the_same_seed_only(jobs: "Jobs") -> None:
    file_with(jobs.root / "raw", HEADER + ROWS)

    def written(seed: int) -> list[bytes]:
        jobs.preprocess(jobs.root / "raw", "--seed", seed, "--balance", "oversample")
        return [path.read_bytes() for path in sorted(jobs.splits.rglob("part-0.jsonl"))]

    first = written(7)
    assert len(first) == 3
    assert written(7) == first
    assert written(8) != first


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--balance", "smote"), "invalid choice: 'smote'"),
        (("--test", "0.2"), "unrecognized arguments: --test 0.2"),
        (("--test-fraction", "0.95"), "each must be above 0 and their sum below 1"),
        (("--validation-fraction", "nan"), "each must be above 0 and their sum below 1"),
        ((), "no .csv or .csv.gz file"),
    ],
)
def should_fail_the_job_with_a_reason_and_no_traceback(jobs: "Jobs", arguments: tuple[str, ...], message: str) -> None:
    folders = ("--input-dir", jobs.root / "raw", "--output-dir", jobs.splits)
    result = jobs.start("preprocess.py", *folders, *arguments)
    assert result.returncode == 1
    assert message in jobs.failure()
    assert result.stderr == f"error: {jobs.failure()}\n"
    assert not jobs.splits.exists()
