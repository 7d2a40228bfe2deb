"""A pipeline's definition from settings alone: no stack, no CDK, so that a test of one setting costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from config.schema import Model
from stacks.pipeline_definition import Surroundings, pipeline_definition, plan
from stacks.values.image_repository import ImageRepository
from stacks.values.job_images import JobImages
from stacks.values.workflow import Workflow

Json = dict[str, Any]
Test = TypeVar("Test", bound=Callable[..., None])
ACCOUNT, REGION = "111122223333", "eu-west-1"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
IMAGES = {name: ImageRepository(f"{REGISTRY}/{name}:1") for name in ("sklearn", "xgboost")}
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-0000-0000-000000000000"
SCRIPT: Json = {"entry_point": "train_linear.py", "image": "sklearn"}
LEAST: Json = {
    "code": "model_code/reviews",
    "processing": {"entry_point": "preprocess.py", "image": "sklearn"},
    "evaluation": {"entry_point": "evaluate.py", "image": "xgboost"},
    "candidates": {"linear": SCRIPT},
    "gate": {"at_least": 0.6},
}
# Setting -> the tests that would fail if nothing read it.
HELD: dict[str, list[str]] = {}


def holds(*settings: str) -> Callable[[Test], Test]:
    """The test fails when one of these settings, `candidates.spot` and the like, changes nothing."""

    def note(test: Test) -> Test:
        for setting in settings:
            HELD.setdefault(setting, []).append(test.__name__)
        return test

    return note


def surroundings(settings: Model) -> Surroundings:
    """Names as an environment would give them."""

    def image(name: str) -> ImageRepository:
        its = settings.candidates[name]
        return ImageRepository(its.own_image or f"{REGISTRY}/{its.image or its.algorithm}:1")

    def role(kind: str) -> str:
        return f"arn:aws:iam::{ACCOUNT}:role/ashlar/dev/{kind}/example"

    names = list(settings.candidates)
    return Surroundings(
        region=REGION,
        raw_bucket="ashlar-raw",
        data_bucket="ashlar-data",
        data_key=KEY,
        artifacts_bucket="ashlar-artifacts",
        artifacts_key=KEY,
        code_uri="s3://cdk-assets/code.tar.gz",
        code_name="code.tar.gz",
        scan_code_uri="s3://cdk-assets/scan.tar.gz",
        images=JobImages(
            processing=IMAGES[settings.processing.image],
            evaluation=IMAGES[settings.evaluation.image],
            candidates={name: image(name) for name in names},
        ),
        processing_role=role("processing"),
        training_role=role("training"),
        evaluation_role=role("evaluation"),
        scan_role=role("scan"),
        transform_role=role("transform") if settings.transform else None,
        groups={name: f"ashlar-dev-reviews-{name}" for name in names},
        subnets=["subnet-00000001", "subnet-00000002"],
        security_group="sg-00000001",
        workflow=Workflow(
            function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:ashlar-dev-training-reviews-Workflow",
            endpoints=["ashlar-dev-reviews"],
        ),
    )


def definition(**settings: Any) -> Json:
    """Of the smallest model with these settings in place of its own."""
    model = Model.model_validate({**LEAST, **settings})
    return pipeline_definition(plan("reviews", model, surroundings(model)))


def of_candidate(**settings: Any) -> Json:
    """Of a model with one candidate, a script, with these settings."""
    return definition(candidates={"linear": {**SCRIPT, **settings}})


def step(found: Json, name: str) -> Json:
    """The step of this name, inside of conditions too."""
    for each in found["Steps"]:
        inner = each["Arguments"].get("IfSteps", []) if each["Type"] == "Condition" else []
        for one in (each, *inner):
            if one["Name"] == name:
                return dict(one)
    raise AssertionError(f"there is no step {name}")


def arguments(found: Json, name: str) -> Json:
    """What the step asks the API for."""
    result: Json = step(found, name)["Arguments"]
    return result


def everything() -> Json:
    """Of a model that uses all there is: each kind of candidate, and every setting of it."""
    own = f"{REGISTRY}/ours@sha256:" + "0123456789abcdef" * 4
    bound = {"checkpoints": True, "spot": {"max_wait_minutes": 120}}
    train = {"from": "train", "content_type": "text/csv", "distribution": "ShardedByS3Key", "shuffle_seed": 7}
    system = {"id": "fs-0a1b2c3d", "type": "EFS", "path": "/reviews"}
    watched = {"debugger": {"collections": {"losses": {}}}, "profiler": {}, "closed_features": "accepted"}
    ranges = {
        "max_depth": {"type": "integer", "min": 3, "max": 9},
        "eta": {"type": "continuous", "min": 0.01, "max": 0.5, "scale": "logarithmic"},
        "booster": {"type": "categorical", "values": ["gbtree", "dart"]},
    }
    tuning = {
        "objective": {"metric": "validation:macro_f1", "goal": "maximize"},
        "ranges": ranges,
        "max_jobs": 12,
        "parallel_jobs": 2,
        "early_stopping": True,
        "warm_start": {"parents": ["reviews-1"], "kind": "TransferLearning"},
    }
    return definition(
        parameters={"rounds": {"type": "integer", "default": 200}, "loss": {"type": "string", "default": "log"}},
        cache={"days": 7},
        one_at_a_time=True,
        schedule={"cron": "0 3 ? * SUN *"},
        candidates={
            "script": {**SCRIPT, **bound, **watched, "instances": 2, "hyperparameters": {"rounds": "{rounds}"}},
            "builtin": {"algorithm": "kmeans", "channels": {"train": train}, "input_mode": "Pipe"},
            "own": {"own_image": own, "channels": {"train": {"file_system": system}}, "warm_pool_minutes": 10},
            "searched": {**SCRIPT, **bound, "incremental": True, "tuning": tuning},
        },
        gate={"at_least": 0.62, "not_below_champion_by": 0.005},
        transform={"join": "Input", "output_filter": "$['SageMakerOutput']"},
    )
