"""Our definition against the SageMaker SDK's for the same pipeline: each difference has a name and a reason.

tests/sdk/build.py writes the pipeline with the SDK, tests/sdk/definition.json is what it printed; `make compare-sdk`
prints it again, with the SDK itself, and compares.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.conftest import ROOT
from tests.stacks.planned import SCRIPT, Json, definition

TUNING: Json = {
    "strategy": "Random",
    "objective": {"metric": "validation:macro_f1", "goal": "maximize"},
    "ranges": {
        "max_depth": {"type": "integer", "min": 3, "max": 9},
        "eta": {"type": "continuous", "min": 0.01, "max": 0.5, "scale": "logarithmic"},
        "booster": {"type": "categorical", "values": ["gbtree", "dart"]},
    },
    "max_jobs": 12,
    "parallel_jobs": 2,
    "early_stopping": True,
}
MISSING = "(missing)"
# Pattern of paths -> why ours is otherwise.
DIFFERENCES = {
    r"(MlflowConfig|PipelineExperimentConfig)": "Null in the SDK's: what is not used is left out of ours.",
    r"Steps\.Predict-searched": "Written for the first candidate only in build.py: the second is the same again.",
    r".*\.Environment\.SAGEMAKER_(CONTAINER_LOG_LEVEL|REGION)": (
        "The SDK's defaults for its own model server. The containers here log as they are, and Region is AWS_REGION."
    ),
    r".*\.Register-\w+\.Arguments\.ModelMetrics": (
        "ModelBuilder.register drops a path that is put together in the pipeline; ours leads to the evaluation."
    ),
    r".*\.SkipModelValidation": "`None` is the API's own default.",
    r".*\.HyperParameters\.num_round(\.Get|\.Std:Join)": (
        "A hyperparameter is a text and `rounds` an integer: SageMaker refuses a reference of another type, so it is "
        "joined to a text (ParameterInteger.to_string() in the SDK)."
    ),
    r".*HyperParameters\.sagemaker_(program|region|submit_directory)": (
        "The training toolkit reads hyperparameters as JSON, as the SDK 2 writes them; a text that is no JSON is taken "
        "as it is."
    ),
    r".*\.CategoricalParameterRanges\.booster\.Values\[\d\]": "As for hyperparameters: `true` or `1` stay texts.",
    r".*\.InputDataConfig\.\w+\.CompressionType": "`None` is the API's own default; ours says what the settings say.",
    r".*\.Train-script\.Arguments\.InputDataConfig\.(train|validation)\.InputMode": (
        "The SDK repeats TrainingInputMode in each channel; ours has it where a channel differs."
    ),
    r".*\.Tune-searched\.Arguments\.TrainingJobDefinition\.InputDataConfig\.code\.InputMode": (
        "Code is read as files, whatever mode the data are read in."
    ),
    r".*\.OutputDataConfig\.CompressionType": "`GZIP` is the API's own default.",
    r".*\.Tune-searched\.Arguments\.TrainingJobDefinition\.Enable(InterContainerTrafficEncryption|NetworkIsolation)": (
        "TuningStep of SDK 3 drops them. The platform's jobs are isolated, always."
    ),
    r".*\.Tune-searched\.Arguments\.TrainingJobDefinition\.ResourceConfig\.VolumeKmsKeyId": (
        "TuningStep of SDK 3 drops it. The platform's volumes have the customer's key, always."
    ),
}


def ours() -> Json:
    """The pipeline that tests/sdk/build.py writes, from settings."""
    script = {**SCRIPT, "spot": {"max_wait_minutes": 120}, "checkpoints": True}
    return definition(
        parameters={"rounds": {"type": "integer", "default": 200}},
        cache={"days": 7},
        one_at_a_time=True,
        candidates={
            "script": {**script, "hyperparameters": {"num_round": "{rounds}", "c": 0.5}},
            "searched": {**SCRIPT, "hyperparameters": {"seed": 7}, "tuning": TUNING},
        },
        gate={"at_least": 0.6, "not_below_champion_by": 0.005},
        transform={},
    )


def the_sdks() -> Json:
    found: Json = json.loads((ROOT / "tests/sdk/definition.json").read_text("utf-8"))
    return found


def differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Paths at which two documents differ. Lists of what has a name are compared by it, others by position."""
    if isinstance(one, list) and isinstance(other, list):
        one, other, before = _members(one), _members(other), ""
    elif isinstance(one, dict) and isinstance(other, dict):
        before = "."
    else:
        yield from [path.removeprefix(".")] if one != other else []
        return
    for key in sorted(one.keys() | other.keys()):
        yield from differences(one.get(key, MISSING), other.get(key, MISSING), f"{path}{before}{key}")


def _members(items: list[Any]) -> dict[str, Any]:
    names = [item.get("Name") or item.get("ChannelName") if isinstance(item, dict) else None for item in items]
    return {f".{name}" if name else f"[{n}]": item for n, (name, item) in enumerate(zip(names, items, strict=True))}


def should_differ_from_the_sdks_definition_only_where_a_reason_is_given() -> None:
    unexplained = [
        path
        for path in differences(ours(), the_sdks())
        if not any(re.fullmatch(pattern, path) for pattern in DIFFERENCES)
    ]
    assert unexplained == []


def should_give_no_reason_for_a_difference_that_is_not_there() -> None:
    found = list(differences(ours(), the_sdks()))
    assert [pattern for pattern in DIFFERENCES if not any(re.fullmatch(pattern, path) for path in found)] == []


def should_have_the_sdks_steps_in_the_same_order() -> None:
    names = [[step["Name"] for step in found["Steps"]] for found in (ours(), the_sdks())]
    assert [name for name in names[0] if name != "Predict-searched"] == names[1]
    assert {step["Type"] for step in the_sdks()["Steps"]} == {"Lambda", "Processing", "Training", "Tuning", "Condition"}


def should_find_a_difference_wherever_it_is() -> None:
    one = {"Steps": [{"Name": "A", "Type": "Fail", "X": [1, 2]}, {"Name": "B"}]}
    assert list(differences(one, one)) == []
    other = {"Steps": [{"Name": "B"}, {"Name": "A", "Type": "Lambda", "X": [1]}], "More": None}
    assert list(differences(one, other)) == ["More", "Steps.A.Type", "Steps.A.X[1]"]
