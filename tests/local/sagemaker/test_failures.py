"""What the pipeline's own scripts say when they fail: their words are the FailureReason, and stand in the job's log."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.local.sagemaker.workshop import Json, Workshop, archive, channel, processing_input, unique

MODEL_CODE, SCAN = ROOT / "model_code/reviews", ROOT / "platform_code/scan"
PROCESSING = "/opt/ml/processing"
SPLIT = json.dumps({"title": "", "text": "I love it", "label": 1, "weight": 1.0}) + "\n"
HEADER = "Title,Review Text,Rating\n"


@dataclass(frozen=True)
class Failing:
    """A job that cannot succeed, and words of its reason. `inputs`: name -> (file, content)."""

    script: str
    says: tuple[str, ...]
    inputs: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)


def _code(folder: Path) -> bytes:
    """The archive of a folder's files, as a pipeline ships it."""
    files = {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in folder.rglob("*")
        if path.suffix in (".py", ".css")
    }
    return archive(**{name.replace("/", "__").replace(".py", "_py"): text for name, text in files.items()})


MODELS = {"models-dir": f"{PROCESSING}/input/models"}
OUTPUT = {"output-dir": f"{PROCESSING}/output"}
LIMITS = {"max-artifact-mb": "1", "with-manifest": "none"}
NOTHING = archive(note_json="{}")
PROCESSED = {
    "a rating that is no number": Failing(
        "preprocess.py", ("raw.csv", "'nine'"), {"raw": ("raw.csv", f"{HEADER}nice,I love it,nine\n".encode())}
    ),
    "a column that is missing": Failing(
        "preprocess.py", ("raw.csv", "Rating"), {"raw": ("raw.csv", b"Title,Review Text\nnice,I love it\n")}
    ),
    "an artifact without inference code": Failing(
        "evaluate.py",
        ("candidate linear", "inference.py"),
        {"models/linear": ("model.tar.gz", NOTHING), "test": ("test.jsonl", SPLIT.encode())},
    ),
    "a candidate without an artifact": Failing(
        "evaluate.py",
        ("candidate linear", "model.tar.gz is missing"),
        {"models/linear": ("other.txt", b"x"), "test": ("test.jsonl", SPLIT.encode())},
    ),
    "a pickle in an artifact": Failing(
        "scan.py",
        ("Candidate linear", "weights.bin is a pickle", "Save JSON"),
        {"models/linear": ("model.tar.gz", archive(**{"weights.bin": "cposix\nsystem\n(S'true'\ntR."}))},
    ),
}
TRAINED = {
    "a hyperparameter that the script does not know": Failing(
        "train_linear.py", ("unrecognized arguments: --depht 3",), arguments={"depht": "3"}
    ),
    "a hyperparameter that it refuses": Failing("train_linear.py", ("argument -c/--c", "'0'"), arguments={"c": "0"}),
    "an empty split": Failing("train_linear.py", ("train",), {"train": ("train.jsonl", b"")}),
}


def _process(workshop: Workshop, failing: Failing) -> Json:
    script = failing.script
    arguments = workshop.processing(workshop.role(), "", Environment={"SM_OUTPUT_DIR": "/opt/ml/output"})
    place = f"failing/{unique('in')}"
    code = workshop.put(f"{place}/code/sourcedir.tar.gz", _code(SCAN if script == "scan.py" else MODEL_CODE))
    inputs = [processing_input("code", code)]
    for name, (file, content) in failing.inputs.items():
        uri = workshop.put(f"{place}/{name}/{file}", content)
        inputs.append(processing_input(name, uri))
    given = {
        "preprocess.py": {"input-dir": f"{PROCESSING}/input/raw", **OUTPUT},
        "evaluate.py": {"test-dir": f"{PROCESSING}/input/test", **MODELS, **OUTPUT},
        "scan.py": {**MODELS, **OUTPUT, **LIMITS},
    }[script]
    flags = [word for name, value in given.items() for word in (f"--{name}", value)]
    arguments["ProcessingInputs"] = inputs
    arguments["AppSpecification"]["ContainerArguments"] = [script, *flags]
    return workshop.finished_processing(arguments)


def _train(workshop: Workshop, failing: Failing) -> Json:
    place = f"failing/{unique('in')}"
    code = workshop.put(f"{place}/code/sourcedir.tar.gz", _code(MODEL_CODE))
    splits = {name: ("split.jsonl", SPLIT.encode()) for name in ("train", "validation")} | failing.inputs
    arguments = workshop.training(workshop.role(), "", failing.arguments)
    arguments["HyperParameters"]["sagemaker_program"] = json.dumps(failing.script)
    arguments["InputDataConfig"] = [
        channel("code", code),
        *(channel(name, workshop.put(f"{place}/{name}/{file}", given)) for name, (file, given) in splits.items()),
    ]
    return workshop.finished_training(arguments)


@pytest.mark.parametrize("about", PROCESSED)
def should_end_a_processing_job_with_the_scripts_own_words(workshop: Workshop, about: str) -> None:
    job = _process(workshop, PROCESSED[about])
    assert job["ProcessingJobStatus"] == "Failed"
    _holds(workshop, PROCESSED[about], job["FailureReason"], "/aws/sagemaker/ProcessingJobs")


@pytest.mark.parametrize("about", TRAINED)
def should_end_a_training_job_with_the_scripts_own_words(workshop: Workshop, about: str) -> None:
    job = _train(workshop, TRAINED[about])
    assert job["TrainingJobStatus"] == "Failed"
    _holds(workshop, TRAINED[about], job["FailureReason"], "/aws/sagemaker/TrainingJobs")


def _holds(workshop: Workshop, failing: Failing, reason: str, group: str) -> None:
    assert reason.startswith("AlgorithmError: ")
    assert "Traceback" not in reason
    assert all(words in reason for words in failing.says), reason
    words = reason.removeprefix("AlgorithmError: ").splitlines()[0]
    assert words in workshop.log(group)
