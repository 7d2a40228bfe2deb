"""preprocess.py: what is read, what is refused, and how rows are split and balanced."""

import csv
import gzip
import io
import json
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import csv_chunk
import pytest
from corpus import Reading, Scratch, find_distinct, read_folder
from dataset import LABELS, Review, read_split, write_split
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from job import JobError
from sorted_run import class_of, unweighted
from split import BALANCERS, SPLITS, Cut, assigned, cuts_of
from workers import workers_of

if TYPE_CHECKING:
    from tests.model_code.conftest import Jobs

HEADER = "Title,Review Text,Rating\n"
ROWS = "".join(f"t,text {number},{rating}\n" for number, rating in enumerate("111222333444555" * 2))

# Everything UTF-8 can carry but NUL, with what CSV finds hard made likely.
TEXTS = st.text(
    st.one_of(st.sampled_from(",\"\n\r'; \ufeff\u2028é😀"), st.characters(codec="utf-8", exclude_characters="\0"))
)


def read(folder: Path, chunk_bytes: int = 2**20) -> tuple[Reading, list[Review]]:
    """What the first two passes make of a folder: the distinct reviews, in the order of their hashes."""
    with tempfile.TemporaryDirectory() as directory, workers_of(1) as workers:
        scratch = Scratch(Path(directory), seed=7, chunk_bytes=chunk_bytes)
        reading = read_folder(folder, scratch, workers)
        parts = find_distinct(reading, scratch, workers)
        records = [line for part in parts for line in scratch.part("distinct", part.number).read_bytes().splitlines()]
    return reading, [Review(**json.loads(re.sub(rb"@\d}$", b"1.0}", record))) for record in records]


def file_with(folder: Path, content: str | bytes, name: str = "reviews.csv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def result_of(jobs: "Jobs") -> dict[str, Any]:
    report: dict[str, Any] = json.loads((jobs.splits / "report" / "report.json").read_text())
    return report


# --- reading ---


@given(
    rows=st.lists(st.tuples(TEXTS, TEXTS, st.sampled_from("12345")), min_size=1),
    compressed=st.booleans(),
    chunk_bytes=st.integers(1, 200),
)
def should_read_back_any_text_that_csv_can_hold(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], compressed: bool, chunk_bytes: int
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
    reading, reviews = read(path.parent, chunk_bytes)
    kept = {(title.strip(), text.strip()) for title, text, _ in rows if text.strip()}
    assert sorted((review.title, review.text) for review in reviews) == sorted(kept)
    assert reading.files == {path.name: len(rows)}
    assert reading.without_text == sum(not text.strip() for _, text, _ in rows)


@given(rows=st.lists(st.tuples(TEXTS, TEXTS.filter(str.strip), st.sampled_from(LABELS)), min_size=1))
def should_read_back_any_split_it_wrote(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("split")
    reviews = [Review(*row, weight=0.1 + index) for index, row in enumerate(rows)]
    write_split(folder, reviews)
    assert read_split(folder) == reviews


def should_label_by_rating_and_keep_it(tmp_path: Path) -> None:
    file_with(tmp_path, HEADER + ",a,1\n,b,2\n,c,3\n,d,4\n,e,5\n,f,5.0\n,g, 4 \n")
    found = {review.text: (review.rating, review.label) for review in read(tmp_path)[1]}
    assert found == {
        "a": (1, -1),
        "b": (2, -1),
        "c": (3, 0),
        "d": (4, 1),
        "e": (5, 1),
        "f": (5, 1),
        "g": (4, 1),
    }


@pytest.mark.parametrize(
    ("header", "department"),
    [
        ("Title,Review Text,Rating,Department Name", "Tops"),
        ("Title,Review Text,Rating,Division Name", ""),
        ("Department Name,Review Text,Rating,Department Name,Title", ""),
    ],
)
def should_keep_the_department_where_one_column_names_it(tmp_path: Path, header: str, department: str) -> None:
    file_with(tmp_path, f"{header}\n" + ",".join(["t", "soft", "5", " Tops ", "t"][: header.count(",") + 1]) + "\n")
    (review,) = read(tmp_path)[1]
    assert review.department == department


@pytest.mark.parametrize("chunk_bytes", [1, 25, 2**20])
def should_count_rows_without_text_and_keep_the_first_of_equal_reviews(tmp_path: Path, chunk_bytes: int) -> None:
    file_with(tmp_path, HEADER + "t,same,5\nt, same ,5\nt,same,1\nother,same,5\nt,  ,5\nt,,5\n")
    reading, reviews = read(tmp_path, chunk_bytes)
    assert {(review.title, review.text, review.label) for review in reviews} == {
        ("t", "same", 1),
        ("other", "same", 1),
    }
    assert (reading.rows, reading.without_text) == (6, 2)


def should_read_every_csv_file_below_the_folder_and_nothing_else(tmp_path: Path) -> None:
    file_with(tmp_path / "batch", "\ufeff" + HEADER + ",with a byte order mark,5\n\n", "b.CSV")
    file_with(tmp_path, gzip.compress(b"Rating,Age,Review Text,Title\n1,30,columns in another order,x\n"), "a.csv.gz")
    file_with(tmp_path, b"\x80 not for us", "_READY")
    reading, reviews = read(tmp_path)
    assert reading.files == {"a.csv.gz": 1, "batch/b.CSV": 1}
    assert {review.text for review in reviews} == {"with a byte order mark", "columns in another order"}


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
@pytest.mark.parametrize("chunk_bytes", [1, 30, 2**20])
def should_refuse_a_malformed_file_by_its_line(
    tmp_path: Path, content: str | bytes, message: str, chunk_bytes: int
) -> None:
    file_with(tmp_path, content)
    with pytest.raises(JobError) as raised:
        read(tmp_path, chunk_bytes)
    assert message in str(raised.value)


@pytest.mark.parametrize("content", [gzip.compress((HEADER + ROWS).encode())[:-9], b"Title,Review Text,Rating\n"])
def should_refuse_a_broken_gzip_file(tmp_path: Path, content: bytes) -> None:
    file_with(tmp_path, content, "reviews.csv.gz")
    with pytest.raises(JobError, match=r"reviews\.csv\.gz after line \d+: not a whole gzip file"):
        read(tmp_path)


def should_refuse_a_folder_without_csv(tmp_path: Path) -> None:
    file_with(tmp_path, HEADER + ROWS, "reviews.txt")
    with pytest.raises(JobError, match=r"no \.csv or \.csv\.gz file in it"):
        read(tmp_path)


@pytest.mark.parametrize("processes", [1, 2])
def should_refuse_by_the_first_malformed_row_whatever_comes_later(jobs: "Jobs", processes: int) -> None:
    file_with(jobs.root / "raw", HEADER + ROWS + ",b,6\n" + ROWS + ",c,7\n" + "d,e\n", "a.csv")
    file_with(jobs.root / "raw", gzip.compress((HEADER + ROWS).encode())[:-9], "b.csv.gz")
    folders = ("--input-dir", jobs.root / "raw", "--output-dir", jobs.splits)
    result = jobs.start("preprocess.py", *folders, "--processes", processes, "--chunk-bytes", 40)
    assert result.returncode == 1
    assert jobs.failure().startswith("a.csv line 32: Rating is '6'")


@pytest.mark.parametrize("processes", [1, 2])
def should_read_quotes_that_open_nothing_as_csv_does(jobs: "Jobs", processes: int) -> None:
    """An inch mark in a text without quotes: counting quotes takes every later line for the inside of a field."""
    inches = "".join(f't,5\'{number}" tall,{number % 5 + 1}\n"a\nb",{number} lines,3\n' for number in range(40))
    file_with(jobs.root / "raw", HEADER + ROWS + inches)

    def written(chunk_bytes: int) -> list[bytes]:
        pieces = ("--processes", processes, "--chunk-bytes", chunk_bytes)
        jobs.preprocess(jobs.root / "raw", *pieces)
        return [path.read_bytes() for path in sorted(jobs.splits.rglob("*.json*"))]

    assert written(50) == written(2**20)
    assert result_of(jobs)["rows"] == {
        "read": 110,
        "without_text": 0,
        "duplicates": 0,
        "duplicates_rated_otherwise": 0,
        "kept": 110,
    }


def should_refuse_a_row_without_end_before_it_fills_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_chunk, "MOST_ROW", 1000)
    file_with(tmp_path, "Title,Review Text,Rating" + ",x" * 50 + "\n" + ",".join(["y" * 100] * 500))
    with pytest.raises(JobError, match=r"reviews\.csv line 2: "):
        read(tmp_path, 100)


# --- splitting and balancing ---

COUNTS = st.lists(st.integers(3, 60), min_size=3, max_size=3)
FRACTIONS = st.floats(0.01, 0.3)


def reviews_of(counts: list[int]) -> list[bytes]:
    """Records, without their hashes, of so many reviews of each class, the classes in turn as far as they go."""
    ordered = sorted((number, index) for index, count in enumerate(counts) for number in range(count))
    return [b"{%d-%d" % (index, number) + unweighted(index) for number, index in ordered]


def lines_of(counts: list[int], cuts: list[Cut], at_once: int = 2**20) -> dict[str, list[bytes]]:
    """The lines of each split, assigned in parts of so many records."""
    reviews, ranks = reviews_of(counts), [0, 0, 0]
    lines: dict[str, list[bytes]] = {name: [] for name in SPLITS}
    for start in range(0, len(reviews), at_once):
        part = reviews[start : start + at_once]
        its = [sum(class_of(review) == index for review in part) for index in range(3)]
        for name, content in assigned(b"".join(part), ranks, its, cuts).items():
            lines[name] += content.splitlines()
        ranks = [rank + count for rank, count in zip(ranks, its, strict=True)]
    return lines


@given(counts=COUNTS, balance=st.sampled_from(sorted(BALANCERS)), at_once=st.integers(1, 20))
def should_assign_the_same_whatever_the_parts(counts: list[int], balance: str, at_once: int) -> None:
    cuts = cuts_of(counts, 0.2, 0.3, balance)
    assert lines_of(counts, cuts, at_once) == lines_of(counts, cuts)


@given(counts=COUNTS, validation=FRACTIONS, test=FRACTIONS)
def should_partition_every_class(counts: list[int], validation: float, test: float) -> None:
    lines = lines_of(counts, cuts_of(counts, validation, test, "none"))
    everything = sorted(line.split(b",")[0] for part in lines.values() for line in part)
    assert everything == sorted(review.split(b",")[0] for review in reviews_of(counts))
    for index, count in enumerate(counts):
        sizes = {name: sum(line[1] == ord("0") + index for line in part) for name, part in lines.items()}
        assert min(sizes.values()) >= 1
        assert sizes["test"] == max(1, round(count * test))
        assert sizes["validation"] == max(1, round(count * validation))


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([9, 1, 9], r"class 0 \(rating 3\) has 1 distinct reviews"),
        ([2, 9, 9], r"class -1 \(rating 1 or 2\) has 2 distinct reviews"),
        ([9, 9, 0], r"class 1 \(rating 4 or 5\) has 0 distinct reviews"),
    ],
)
def should_refuse_a_class_too_small_to_split(counts: list[int], message: str) -> None:
    with pytest.raises(JobError, match=message):
        cuts_of(counts, 0.1, 0.2, "weight")


def should_hardly_move_a_review_to_another_split_when_data_arrives(jobs: "Jobs") -> None:
    def tested(rows: int) -> set[str]:
        file_with(jobs.root / "raw", HEADER + "".join(f",text {n},{n % 5 + 1}\n" for n in range(rows)))
        jobs.preprocess(jobs.root / "raw")
        return {review.text for review in read_split(jobs.splits / "test")}

    first, second = tested(1000), tested(1500)
    assert len(second) == 300
    assert len(second & first) > 180
    assert len(second & {f"text {n}" for n in range(1000)} - first) < 20


@given(counts=COUNTS)
def should_weigh_classes_equally_with_a_mean_of_one(counts: list[int]) -> None:
    cuts = cuts_of(counts, 0.1, 0.2, "weight")
    rows = sum(cut.trained for cut in cuts)
    assert [cut.weight * cut.trained for cut in cuts] == pytest.approx([rows / 3] * 3)
    assert [cut.size for cut in cuts] == [cut.trained for cut in cuts]


@given(counts=COUNTS)
def should_oversample_to_the_largest_class_and_keep_every_review(counts: list[int]) -> None:
    cuts = cuts_of(counts, 0.1, 0.2, "oversample")
    train = lines_of(counts, cuts)["train"]
    assert Counter(line[1] - ord("0") for line in train) == dict.fromkeys(range(3), max(cut.trained for cut in cuts))
    assert set(train) == set(lines_of(counts, cuts_of(counts, 0.1, 0.2, "none"))["train"])


@given(counts=COUNTS)
def should_undersample_to_the_smallest_class_without_repeating(counts: list[int]) -> None:
    cuts = cuts_of(counts, 0.1, 0.2, "undersample")
    train = lines_of(counts, cuts)["train"]
    assert Counter(line[1] - ord("0") for line in train) == dict.fromkeys(range(3), min(cut.trained for cut in cuts))
    assert len(set(train)) == len(train)


# --- the job ---


@pytest.mark.parametrize("balance", sorted(BALANCERS))
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


@pytest.mark.parametrize("balance", ["weight", "oversample"])
@given(data=st.data())
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def should_write_the_same_bytes_whatever_the_processes_and_the_chunk(
    jobs: "Jobs", balance: str, data: st.DataObject
) -> None:
    """Chunks of one byte up to the whole file; rows that hold quotes, line breaks, and other rows again."""
    texts = data.draw(st.lists(TEXTS.filter(str.strip), min_size=1, max_size=20))
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([["Title", "Review Text", "Rating"], *[["t", text, "4"] for text in texts]])
    file_with(jobs.root / "raw", gzip.compress(stream.getvalue().encode()), "a.csv.gz")
    file_with(jobs.root / "raw", HEADER + ROWS + ROWS, "b.csv")

    def written(processes: int, chunk_bytes: int) -> list[bytes]:
        pieces = ("--processes", processes, "--chunk-bytes", chunk_bytes)
        jobs.preprocess(jobs.root / "raw", "--balance", balance, *pieces)
        return [path.read_bytes() for path in sorted(jobs.splits.rglob("*.json*"))]

    sizes = st.sampled_from([1, 7, 64, 500, 2**20])
    assert written(2, data.draw(sizes)) == written(1, data.draw(sizes))


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
        (("--processes", "-1"), "invalid non_negative_int value: '-1'"),
        (("--chunk-bytes", "0"), "invalid positive_int value: '0'"),
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
