"""sample.py: the data set that the project ships by generating it."""

import csv
import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.model_code.conftest import Jobs, SampleRun

REAL = Path(__file__).parents[3] / "shared" / "data" / "womens_clothing_reviews.csv.gz"


def should_write_the_same_bytes_for_the_same_seed_only(jobs: "Jobs") -> None:
    def written(seed: int) -> bytes:
        jobs.run("sample.py", "--out", jobs.root / "new" / "sample.csv", "--rows", 50, "--seed", seed)
        content: bytes = (jobs.root / "new" / "sample.csv").read_bytes()
        return content

    assert written(7) == written(7)
    assert written(7) != written(8)


def should_hold_what_preprocessing_has_to_cope_with(sample_run: "SampleRun") -> None:
    with (sample_run.jobs.root / "raw" / "sample.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    texts = [row["Review Text"] for row in rows]
    assert len(rows) == 1500
    assert {row["Rating"] for row in rows} == set("12345")
    assert any("\n" in text for text in texts)
    assert any('"' in text for text in texts)
    assert any("," in text for text in texts)
    report = json.loads((sample_run.jobs.splits / "report" / "report.json").read_text())
    assert report["rows"]["without_text"] == texts.count("") > 10
    assert report["rows"]["read"] == 1500
    assert min(report["per_class"].values()) > 200


@pytest.mark.skipif(not REAL.exists(), reason="the real data is not here")
def should_have_the_columns_of_the_real_data_and_none_of_its_reviews(sample_run: "SampleRun") -> None:
    with gzip.open(REAL, "rt", newline="", encoding="utf-8") as stream:
        real = csv.DictReader(stream)
        texts = {row["Review Text"] for row in real}
    with (sample_run.jobs.root / "raw" / "sample.csv").open(newline="", encoding="utf-8") as stream:
        sample = csv.DictReader(stream)
        assert not texts & {row["Review Text"] for row in sample if row["Review Text"]}
    assert sample.fieldnames == real.fieldnames
