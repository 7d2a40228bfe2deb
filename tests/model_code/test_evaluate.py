"""evaluate.py: every candidate through its own serving code, and what is refused before that."""

import io
import json
import pickle
import re
import tarfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from dataset import Review, write_split
from evaluate import main, scores

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


def should_ask_for_the_serving_code(tested: "Jobs", reason: Callable[[], str]) -> None:
    put(tested, "bare", {"classes.json": "[]"})
    assert "candidate bare: no code/inference.py" in reason()
