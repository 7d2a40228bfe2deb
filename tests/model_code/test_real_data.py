"""The linear candidate on the real reviews: what they must reach, where the data is at hand."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.model_code.conftest import Jobs

REAL = Path(__file__).parents[3] / "shared" / "data" / "womens_clothing_reviews.csv.gz"


@pytest.mark.skipif(not REAL.exists(), reason="the real data is not here")
def should_reach_the_figures_of_the_design_on_real_reviews(
    jobs: "Jobs", capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    source = tmp_path / "raw"
    source.mkdir()
    (source / REAL.name).symlink_to(REAL)
    jobs.preprocess(source)
    jobs.train("linear")
    jobs.run("evaluate.py", *jobs.evaluation())
    linear = json.loads((jobs.root / "evaluation.json").read_text())["linear"]
    with capsys.disabled():
        print(f"\nlinear on real reviews: macro-F1 {linear['macro_f1']:.4f}, accuracy {linear['accuracy']:.4f}")
    assert linear["rows"] == 3838
    # Over seeds 1 to 5 it is 0.677 to 0.685 (benchmarks/quality.py).
    assert linear["macro_f1"] >= 0.65
    assert linear["accuracy"] >= 0.82
