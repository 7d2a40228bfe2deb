"""train_linear.py and train_xgboost.py under SageMaker's contract, on the generated sample."""

import json
import re
import statistics
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import train_linear
import train_xgboost
import xgboost as xgb
from dataset import Review, read_split, write_split
from folds import fold_of
from training import weights_of

if TYPE_CHECKING:
    from tests.model_code.conftest import Jobs, SampleRun

ARTIFACTS = {
    "linear": {"classes.json", "coefficients.npy", "idf.npy", "intercepts.npy", "vocabulary.json"},
}
ARTIFACTS["xgboost"] = ARTIFACTS["linear"] | {"model.ubj", "terms.npy"}
CODE = {"linear": {"code/features.py", "code/inference.py", "code/ordinal.py", "code/payload.py"}}
CODE["xgboost"] = CODE["linear"] | {"code/inputs.py", "code/style.py"}
MAIN = {"linear": train_linear.main, "xgboost": train_xgboost.main}
Refusal = Callable[..., str]
BOTH = pytest.mark.parametrize("candidate", ["linear", "xgboost"])


@BOTH
def should_save_the_model_and_the_code_that_serves_it(sample_run: "SampleRun", candidate: str) -> None:
    folder = sample_run.jobs.root / candidate
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == ARTIFACTS[candidate] | CODE[candidate] | {"manifest.json"}
    assert json.loads((folder / "classes.json").read_text()) == [-1, 0, 1]


@BOTH
@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def should_print_each_metric_once_for_a_regex_to_find(sample_run: "SampleRun", candidate: str, metric: str) -> None:
    (value,) = re.findall(rf"validation:{metric}=([0-9.]+)", sample_run.logs[candidate])
    assert 0.6 < float(value) < 1


def should_print_the_log_loss_of_every_tenth_round(sample_run: "SampleRun") -> None:
    log = sample_run.logs["xgboost"]
    rounds = [int(number) for number in re.findall(r"^round=(\d+) ", log, re.MULTILINE)]
    losses = [float(loss) for loss in re.findall(r"validation:mlogloss=([0-9.]+)", log)]
    assert rounds == list(range(0, rounds[-1] + 1, 10))
    assert len(losses) == len(rounds)
    assert min(losses) < losses[0]


def should_keep_the_rounds_up_to_the_best(sample_run: "SampleRun") -> None:
    best = re.search(r"best round (\d+) of (\d+)", sample_run.logs["xgboost"])
    assert best and int(best[1]) < int(best[2])
    booster = xgb.Booster(model_file=sample_run.jobs.root / "xgboost" / "model.ubj")
    assert booster.num_boosted_rounds() == int(best[1]) + 1


def should_train_the_same_linear_model_twice(sample_run: "SampleRun", jobs: "Jobs") -> None:
    variables = sample_run.jobs.channels("linear") | {"SM_MODEL_DIR": jobs.root / "again"}
    jobs.run("train_linear.py", **variables)
    for name in {*ARTIFACTS["linear"], "manifest.json"}:
        assert (jobs.root / "again" / name).read_bytes() == (sample_run.jobs.root / "linear" / name).read_bytes()


@pytest.mark.parametrize(("power", "expected"), [(0.0, [1, 1]), (1.0, [0.4, 1.6]), (0.5, [2 / 3, 4 / 3])])
def should_soften_weights_around_a_mean_of_one(power: float, expected: list[float]) -> None:
    reviews = [Review("", "a", 1, weight=1.0), Review("", "b", 0, weight=4.0)]
    assert np.allclose(weights_of(reviews, power), expected)


def should_give_validation_the_weights_of_its_classes_in_train() -> None:
    train = [Review("", "a", 1, weight=1.0), Review("", "b", 0, weight=4.0)]
    assert np.allclose(weights_of([Review("", "c", 0), Review("", "d", 1)], 1.0, like=train), [1.6, 0.4])


@BOTH
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--folds", "1"], "--folds: invalid folds_int value: '1'"),
        (["--learning_rte", "1"], "unrecognized arguments: --learning_rte 1"),
        (["--max_features", "0"], "--max_features: invalid positive_int value: '0'"),
        (["--min_df", "1000000"], "Lower min_df or train on more reviews"),
    ],
)
def should_refuse_a_wrong_hyperparameter(
    sample_run: "SampleRun", refusal: Refusal, tmp_path: Path, candidate: str, arguments: list[str], message: str
) -> None:
    variables = sample_run.jobs.channels(candidate) | {"SM_MODEL_DIR": tmp_path}
    assert message in refusal(MAIN[candidate], *arguments, **variables)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (None, "no review in any *.jsonl file there"),
        ("", "no review in any *.jsonl file there"),
        ("{}\n", "part-0.jsonl line 1: not a review of preprocess.py's"),
        ("nonsense\n", "part-0.jsonl line 1: not a review of preprocess.py's"),
        ('{"title": "", "text": "a", "label": 2, "weight": 1.0}\n', "line 1: label 2 is none of (-1, 0, 1)"),
    ],
)
def should_refuse_a_channel_that_is_no_split(jobs: "Jobs", refusal: Refusal, lines: str | None, message: str) -> None:
    folder = jobs.splits / "train"
    folder.mkdir(parents=True)
    if lines is not None:
        (folder / "part-0.jsonl").write_text(lines)
    assert message in refusal(train_linear.main, **jobs.channels("linear"))


def should_refuse_a_channel_that_lacks_a_class(jobs: "Jobs", refusal: Refusal) -> None:
    write_split(jobs.splits / "train", [Review("", "soft", 1), Review("", "itchy", -1)])
    assert "channel train: no review of class [0]" in refusal(train_linear.main, **jobs.channels("linear"))


def should_refuse_to_continue_the_linear_candidate(sample_run: "SampleRun", refusal: Refusal, tmp_path: Path) -> None:
    variables = sample_run.jobs.channels("linear") | {"SM_MODEL_DIR": tmp_path, "SM_CHANNEL_MODEL": tmp_path}
    assert "channel model: the linear candidate does not continue" in refusal(train_linear.main, **variables)


@BOTH
def should_report_the_mean_and_the_spread_of_the_folds(sample_run: "SampleRun", jobs: "Jobs", candidate: str) -> None:
    variables = sample_run.jobs.channels(candidate) | {"SM_MODEL_DIR": jobs.root / "model"}
    log = jobs.run(f"train_{candidate}.py", "--folds", "3", **variables)
    scores = [float(value) for value in re.findall(r"folds:macro_f1=([0-9.]+)", log)]
    assert len(scores) == 3
    (mean,) = re.findall(r"folds:macro_f1_mean=([0-9.]+)", log)
    (spread,) = re.findall(r"folds:macro_f1_spread=([0-9.]+)", log)
    assert float(mean) == pytest.approx(statistics.mean(scores), abs=1e-4)
    assert float(spread) == pytest.approx(statistics.stdev(scores), abs=2e-4)
    # No metric definition of the validation split may find a fold's figure, and the model is that of a plain run.
    assert re.findall(r"validation:macro_f1=([0-9.]+)", log) == re.findall(
        r"validation:macro_f1=([0-9.]+)", sample_run.logs[candidate]
    )
    for name in ARTIFACTS[candidate]:
        assert (jobs.root / "model" / name).read_bytes() == (sample_run.jobs.root / candidate / name).read_bytes()


def should_leave_every_review_out_once_and_its_copies_with_it(sample_run: "SampleRun") -> None:
    reviews = read_split(sample_run.jobs.splits / "train")
    sizes = Counter(fold_of(review, 4) for review in reviews)
    assert set(sizes) == {0, 1, 2, 3}
    assert max(sizes.values()) < 1.4 * min(sizes.values())
    assert all(fold_of(replace(review, weight=9.0), 4) == fold_of(review, 4) for review in reviews[:20])


def should_take_every_value_of_a_tuning_range_as_text(sample_run: "SampleRun", jobs: "Jobs") -> None:
    tuned = {"eta": "0.30000000000000004", "max_depth": "4", "max_leaves": "0", "subsample": "1.0", "max_bin": "32"}
    arguments = [part for name, value in tuned.items() for part in (f"--{name}", value)]
    variables = sample_run.jobs.channels("xgboost") | {"SM_MODEL_DIR": jobs.root / "tuned"}
    log = jobs.run("train_xgboost.py", *arguments, "--num_round", "20", **variables)
    assert len(re.findall(r"validation:macro_f1=([0-9.]+)", log)) == 1


@pytest.mark.parametrize("variable", ["SM_MODEL_DIR", "SM_CHANNEL_TRAIN"])
def should_fail_the_job_and_name_a_variable_that_is_not_set(jobs: "Jobs", variable: str) -> None:
    variables = {key: value for key, value in jobs.channels("linear").items() if key != variable}
    result = jobs.start("train_linear.py", **variables)
    assert (result.returncode, result.stderr) == (1, f"error: {jobs.failure()}\n")
    assert f"{variable} is not set" in jobs.failure()
