"""evaluate.py: every candidate through its own serving code, and what is refused before that."""

import io
import json
import pickle
import re
import tarfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from dataset import Review, write_split
from evaluate import main
from figures import best_threshold, calibration, precision_recall, scores, segments
from hypothesis import given
from hypothesis import strategies as st

from ops.pipeline import figures_of

if TYPE_CHECKING:
    from tests.model_code.conftest import Jobs, SampleRun

SERVING = """
import json
from features import LABEL
def model_fn(folder, context=None): return LABEL
def input_fn(body, content_type, context=None): return json.loads(body)["instances"]
def predict_fn(instances, model, context=None): return [{"label": model} for _ in instances]
def output_fn(predictions, accept, context=None): return json.dumps({"predictions": predictions}), accept
"""
REVIEWS = [Review("", f"text {index}", label) for index, label in enumerate((-1, 0, 1, 1) * 60)]  # more than one batch


@pytest.fixture
def tested(jobs: "Jobs") -> "Jobs":
    write_split(jobs.splits / "test", REVIEWS)
    return jobs


def put(jobs: "Jobs", candidate: str, files: dict[str, str | bytes]) -> None:
    archive = jobs.models / candidate / "model.tar.gz"
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, "w:gz") as tar:
        for name, text in files.items():
            content = text.encode() if isinstance(text, str) else text
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


@pytest.fixture
def reason(tested: "Jobs", refusal: Callable[..., str]) -> Callable[[], str]:
    """Why evaluate.py refuses what has been put there."""

    def reason() -> str:
        message = refusal(main, *tested.evaluation())
        assert not (tested.root / "evaluation.json").exists()
        return message

    return reason


def should_score_both_candidates_of_the_sample_between_the_gate_and_perfection(sample_run: "SampleRun") -> None:
    evaluation = json.loads((sample_run.jobs.root / "evaluation.json").read_text())
    assert list(evaluation) == ["linear", "xgboost"]
    for name, figures in evaluation.items():
        assert 0.7 < figures["macro_f1"] < 0.97
        assert 0.7 < figures["accuracy"] < 0.97
        assert set(figures["per_class"]) == {"-1", "0", "1"}
        assert set(figures["per_class"]["0"]) == {"precision", "recall", "f1", "support"}
        assert figures["confusion_matrix"]["labels"] == [-1, 0, 1]
        assert sum(map(sum, figures["confusion_matrix"]["rows"])) == figures["rows"] > 250
        assert f"{figures['macro_f1']:.4f}" in sample_run.logs["evaluate"]
        assert name in sample_run.logs["evaluate"]


def should_print_what_the_operators_tools_show(sample_run: "SampleRun") -> None:
    evaluation = json.loads((sample_run.jobs.root / "evaluation.json").read_text())
    assert figures_of(sample_run.logs["evaluate"]) == "; ".join(
        f"{name}: macro-F1 {its['macro_f1']:.4f}, accuracy {its['accuracy']:.4f} on {its['rows']} rows"
        for name, its in evaluation.items()
    )


def should_compute_the_figures_by_hand() -> None:
    figures = scores([-1, -1, 0, 0, 1, 1, 1, 1], [-1, 0, 0, 1, 1, 1, 1, 1])
    assert figures["accuracy"] == 0.75
    assert figures["confusion_matrix"]["rows"] == [[1, 1, 0], [0, 1, 1], [0, 0, 4]]
    assert figures["per_class"]["-1"] == pytest.approx({"precision": 1, "recall": 0.5, "f1": 2 / 3, "support": 2})
    assert figures["per_class"]["1"]["precision"] == 0.8
    assert figures["macro_f1"] == pytest.approx((2 / 3 + 1 / 2 + 8 / 9) / 3)


def should_score_a_class_that_is_never_predicted_as_zero() -> None:
    figures = scores([-1, 0, 1], [1, 1, 1])
    assert figures["per_class"]["0"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 1}
    assert figures["macro_f1"] == pytest.approx(1 / 6)


def should_keep_modules_of_the_same_name_apart(tested: "Jobs") -> None:
    for candidate, label in (("all_negative", -1), ("all_positive", 1)):
        put(tested, candidate, {"code/inference.py": SERVING, "code/features.py": f"LABEL = {label}"})
    tested.run("evaluate.py", *tested.evaluation())
    evaluation: dict[str, Any] = json.loads((tested.root / "evaluation.json").read_text())
    assert {name: figures["accuracy"] for name, figures in evaluation.items()} == {
        "all_negative": 0.25,
        "all_positive": 0.5,
    }
    assert evaluation["all_positive"]["rows"] == len(REVIEWS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.pkl", b"anything"),
        ("deep/er/model.JOBLIB", b"anything"),
        ("weights.json", pickle.dumps([1])),
        ("code/pytorch_model.bin", b"anything"),
    ],
)
def should_refuse_pickles_by_name_and_by_content(
    tested: "Jobs", reason: Callable[[], str], name: str, content: bytes
) -> None:
    put(tested, "odd", {"code/inference.py": "raise SystemExit('must not run')", name: content})
    assert f"candidate odd: {name} is a pickle" in reason()


def should_refuse_an_archive_that_writes_outside_its_folder(tested: "Jobs", reason: Callable[[], str]) -> None:
    put(tested, "odd", {"../escaped.txt": "here"})
    assert "cannot be unpacked" in reason()


def should_refuse_what_is_no_archive(tested: "Jobs") -> None:
    put(tested, "odd", {})
    (tested.models / "odd" / "model.tar.gz").write_bytes(b"not a tar")
    result = tested.start("evaluate.py", *tested.evaluation())
    assert (result.returncode, result.stderr) == (1, f"error: {tested.failure()}\n")
    assert "cannot be unpacked" in tested.failure()


def should_name_a_candidate_without_archive(tested: "Jobs", reason: Callable[[], str]) -> None:
    (tested.models / "forgotten").mkdir(parents=True)
    assert re.search(r"^candidate forgotten: .*model\.tar\.gz is missing", reason())


def should_refuse_a_folder_without_candidates(reason: Callable[[], str]) -> None:
    assert "no candidate folder in it" in reason()


@pytest.mark.parametrize(
    ("serving", "message"),
    [
        ("import nothing_like_this", "its inference.py failed on the test split: ModuleNotFoundError"),
        (SERVING.replace("return LABEL", "raise OSError('no weights')"), "OSError: no weights"),
        (SERVING.replace("for _ in instances", "for _ in instances[1:]"), "predictions of [1] for 240 reviews"),
        (SERVING.replace('{"label": model}', '{"label": 7}'), "it must predict one of (-1, 0, 1) for each"),
        (SERVING.replace('"predictions"', '"answers"'), "an answer is not of the response contract (KeyError"),
    ],
)
def should_name_the_candidate_whose_serving_code_fails(
    tested: "Jobs", reason: Callable[[], str], serving: str, message: str
) -> None:
    put(tested, "broken", {"code/inference.py": serving, "code/features.py": "LABEL = 1"})
    refused = reason()
    assert refused.startswith("candidate broken: ")
    assert message in refused


def should_refuse_an_archive_that_is_not_as_its_manifest_says(tested: "Jobs", reason: Callable[[], str]) -> None:
    manifest = json.dumps({"files": {"code/inference.py": {"sha256": "0" * 64, "bytes": 1}}})
    put(tested, "odd", {"code/inference.py": "raise SystemExit('must not run')", "manifest.json": manifest})
    assert "candidate odd: code/inference.py differ from manifest.json" in reason()


@pytest.mark.parametrize("probabilities", [{"-1": 0.5, "0": 0.6, "1": 0.5}, {"-1": 0.5, "0": 0.5}, {"-1": 2, "0": -1}])
def should_refuse_probabilities_that_are_none(
    tested: "Jobs", reason: Callable[[], str], probabilities: dict[str, float]
) -> None:
    serving = SERVING.replace('{"label": model}', f'{{"label": 1, "probabilities": {probabilities}}}')
    put(tested, "odd", {"code/inference.py": serving, "code/features.py": "LABEL = 1"})
    assert "candidate odd: an answer is not of the response contract" in reason()


# --- the champion ---


def put_constant(jobs: "Jobs", name: str, label: int) -> None:
    put(jobs, name, {"code/inference.py": SERVING, "code/features.py": f"LABEL = {label}"})


def crown(jobs: "Jobs", label: int) -> None:
    """Makes a model that always answers `label` the champion."""
    put_constant(jobs, "crowned", label)
    jobs.champion.mkdir()
    (jobs.models / "crowned" / "model.tar.gz").rename(jobs.champion / "model.tar.gz")
    (jobs.models / "crowned").rmdir()


def should_say_how_far_each_candidate_is_behind_the_champion(tested: "Jobs") -> None:
    put_constant(tested, "worse", -1)
    put_constant(tested, "same", 1)
    crown(tested, 1)
    tested.run("evaluate.py", *tested.evaluation())
    evaluation = json.loads((tested.root / "evaluation.json").read_text())
    assert set(evaluation) == {"worse", "same", "champion"}
    assert "behind_champion" not in evaluation["champion"]
    assert evaluation["same"]["behind_champion"] == {"macro_f1": 0, "accuracy": 0}
    assert evaluation["worse"]["behind_champion"]["accuracy"] == pytest.approx(0.25)
    assert evaluation["worse"]["behind_champion"]["macro_f1"] == pytest.approx(
        evaluation["champion"]["macro_f1"] - evaluation["worse"]["macro_f1"]
    )


@pytest.mark.parametrize("exists", [True, False])
def should_put_no_candidate_behind_a_champion_that_is_not_there(tested: "Jobs", exists: bool) -> None:
    put_constant(tested, "only", 1)
    if exists:
        tested.champion.mkdir()
    tested.run("evaluate.py", *tested.evaluation())
    evaluation = json.loads((tested.root / "evaluation.json").read_text())
    assert list(evaluation) == ["only"]
    assert evaluation["only"]["behind_champion"] == {"macro_f1": 0, "accuracy": 0}


def should_refuse_two_champions_and_a_candidate_of_that_name(tested: "Jobs", reason: Callable[[], str]) -> None:
    put_constant(tested, "only", 1)
    crown(tested, 1)
    (tested.champion / "other.tar.gz").touch()
    assert "champion: 2 archives in" in reason()
    put_constant(tested, "champion", 1)
    assert "candidate champion: the name is taken" in reason()


def should_name_the_champion_that_cannot_be_served(tested: "Jobs", reason: Callable[[], str]) -> None:
    put_constant(tested, "only", 1)
    crown(tested, 7)
    assert reason().startswith("champion: 240 predictions of [7]")


# --- the figures behind the curves ---

TRUTH = np.array([True, False, True, True, False, False])
SURE = np.array([0.9, 0.8, 0.7, 0.6, 0.2, 0.1])


def should_compute_the_curves_by_hand() -> None:
    assert precision_recall(TRUTH, SURE)[0] == (1.0, 0.5)
    assert list(precision_recall(TRUTH, SURE)[1]) == pytest.approx([2 / 3, 2 / 3])
    assert best_threshold(TRUTH, SURE) == pytest.approx(
        {"threshold": 0.6, "precision": 0.75, "recall": 1.0, "f1": 6 / 7}
    )
    tenths = calibration(np.array([True, False, True, False]), np.array([0.95, 1.0, 0.55, 0.0]))
    assert tenths == [(0.0, 0.0, 1), (0.55, 1.0, 1), (pytest.approx(0.975), 0.5, 2)]


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1))
def should_keep_the_curves_in_the_unit_square(rows: list[tuple[bool, float]]) -> None:
    truth, probability = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    assert sum(count for _, _, count in calibration(truth, probability)) == len(rows)
    for mean, share, _ in calibration(truth, probability):
        assert 0 <= mean <= 1 and 0 <= share <= 1
    if truth.any():
        curve = precision_recall(truth, probability)
        assert [recall for recall, _ in curve] == sorted((recall for recall, _ in curve), reverse=True)
        assert (curve[0][0], curve[-1][0]) == (1.0, 0.0)


def should_cut_the_split_into_parts_by_what_the_data_has() -> None:
    plain = [Review("", "one two", 1), Review("", "word " * 95, 0)]
    assert segments(plain) == {"length": {" 0 to 29 words": [0], "90 words and more": [1]}}
    rich = [Review("", "a", 1, rating=5, department="Tops"), Review("", "b", 1, rating=4)]
    assert segments(rich)["department"] == {"(none)": [1], "Tops": [0]}
    assert segments(rich)["rating"] == {"4": [1], "5": [0]}


def should_ask_for_the_serving_code(tested: "Jobs", reason: Callable[[], str]) -> None:
    put(tested, "bare", {"classes.json": "[]"})
    assert "candidate bare: no code/inference.py" in reason()
