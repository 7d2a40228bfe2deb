"""Models and endpoints."""

from __future__ import annotations

from typing import Any

from tests.config.cases.case import Case

REVIEWS = "models.reviews"
VARIANTS = "endpoints.reviews.variants"
ROLLOUT = "endpoints.reviews.rollout"
SCALING = {"min": 1, "max": 2, "target": 1}


def linear(**settings: Any) -> dict[str, Any]:
    return {"model": "reviews", "candidate": "linear", "weight": 1, "scaling": SCALING, **settings}


def many(count: int) -> dict[str, Any]:
    return {f"linear{n}": linear() for n in range(count)}


LONG = "l" * 20
# 20 + 1 + 3 + 1 + 20 + 1 + 20 characters: the prefix decides.
LONG_NAMES = {
    "models": {
        LONG: {
            "code": "model_code/reviews",
            "processing": {"entry_point": "preprocess.py", "image": "sklearn"},
            "evaluation": {"entry_point": "evaluate.py", "image": "xgboost"},
            "candidates": {LONG: {"entry_point": "train_linear.py", "image": "sklearn"}},
            "gate": {"at_least": 0.5},
        }
    },
    "endpoints": {"reviews": {"variants": {"linear": {**linear(), "model": LONG, "candidate": LONG}}}},
}

CASES = [
    Case(
        "ARGUMENT-FORM",
        {f"{REVIEWS}.processing.arguments": {"seed": [7]}},
        f"{REVIEWS}.processing.arguments.seed",
        [7],
        "a number",
        {f"{REVIEWS}.processing.arguments": {"seed": 7, "balance": True, "name": "x", "fraction": 0.5}},
    ),
    *(
        Case("INSTANCE-TYPE", {path: wrong}, path, wrong, fix, {path: right})
        for path, wrong, fix, right in [
            (f"{REVIEWS}.processing.instance_type", "ml.c5.large", "`ml.c5.xlarge`", "ml.c5.xlarge"),
            (f"{REVIEWS}.evaluation.instance_type", "ml.p4d.24xlarge", "families for processing: c4", "ml.g5.24xlarge"),
            (f"{REVIEWS}.candidates.linear.instance_type", "ml.m5d.large", "`ml.m5.large`", "ml.m5.large"),
            (
                f"{VARIANTS}.linear.instance_type",
                "ml.m5.8xlarge",
                "are ml.m5.large, ml.m5.xlarge",
                "ml.m5d.large",
            ),
            (f"{VARIANTS}.linear.instance_type", "ml.m55.large", "`ml.m5.large`", "ml.m5.large"),
        ]
    ),
    Case(
        "INSTANCE-TYPE",
        {"identity.data_scientist.instance_types": ["ml.t3.medium", "ml.t2.medium"]},
        "identity.data_scientist.instance_types.1",
        "ml.t2.medium",
        "`ml.t3.medium`",
        {"identity.data_scientist.instance_types": ["ml.t3.medium", "ml.p4d.24xlarge"]},
    ),
    Case(
        "IMAGE-KNOWN",
        {f"{REVIEWS}.evaluation.image": "latest"},
        f"{REVIEWS}.evaluation.image",
        "latest",
        "sklearn, xgboost",
        {f"{REVIEWS}.evaluation.image": "sklearn"},
    ),
    Case(
        "CODE-EXISTS",
        {f"{REVIEWS}.evaluation.entry_point": "absent.py"},
        f"{REVIEWS}.evaluation.entry_point",
        "absent.py",
        "add model_code/reviews/absent.py",
        {f"{REVIEWS}.evaluation.entry_point": "preprocess.py"},
    ),
    Case(
        "RESERVED-ARGUMENT",
        {f"{REVIEWS}.candidates.linear.hyperparameters": {"sagemaker_submit_directory": "s3://elsewhere/x.tar.gz"}},
        f"{REVIEWS}.candidates.linear.hyperparameters.sagemaker_submit_directory",
        "sagemaker_submit_directory",
        "remove it",
        {f"{REVIEWS}.candidates.linear.hyperparameters": {"submit_directory": "x"}},
    ),
    Case(
        "APPROVAL-MANUAL",
        {f"{REVIEWS}.approval": "automatic"},
        f"{REVIEWS}.approval",
        "automatic",
        "approval: manual",
        {f"{REVIEWS}.approval": "manual"},
        "staging",
    ),
    Case(
        "CANDIDATE-EXISTS",
        {f"{VARIANTS}.linear.candidate": "roberta"},
        f"{VARIANTS}.linear.candidate",
        "roberta",
        "linear, xgboost",
        {f"{VARIANTS}.linear.candidate": "xgboost"},
    ),
    Case(
        "WEIGHTS-POSITIVE",
        {VARIANTS: {"linear": linear(weight=0)}},
        VARIANTS,
        "all weights are 0",
        "above 0",
        {VARIANTS: {"linear": linear(weight=0), "xgboost": linear(weight=0.1)}},
    ),
    Case(
        "SCALING-BOUNDS",
        {f"{VARIANTS}.linear.scaling.min": 9},
        f"{VARIANTS}.linear.scaling.min",
        9,
        "at most 4",
        {f"{VARIANTS}.linear.scaling.min": 4},
    ),
    Case(
        "SCALING-TWO",
        {f"{VARIANTS}.linear.scaling.min": 1},
        f"{VARIANTS}.linear.scaling.min",
        1,
        "2 or more",
        {f"{VARIANTS}.linear.scaling.min": 2},
        "staging",
    ),
    Case(
        "AUTOSCALING-BURSTABLE",
        {f"{VARIANTS}.linear.instance_type": "ml.t2.medium"},
        f"{VARIANTS}.linear.instance_type",
        "ml.t2.medium",
        "ml.m5.large",
        {f"{VARIANTS}.linear.instance_type": "ml.m5.xlarge"},
    ),
    Case(
        "LINEAR-STEP",
        {ROLLOUT: {"kind": "linear", "percent": 9, "bake_minutes": 1}},
        f"{ROLLOUT}.percent",
        9,
        "10 or more",
        {ROLLOUT: {"kind": "linear", "percent": 10, "bake_minutes": 1}},
    ),
    Case(
        "ROLLOUT-TIME",
        {ROLLOUT: {"kind": "linear", "percent": 10, "bake_minutes": 60}},
        f"{ROLLOUT}.bake_minutes",
        60,
        "wait less",
        {ROLLOUT: {"kind": "linear", "percent": 10, "bake_minutes": 45}},
    ),
    Case("ROLLBACK-ALARMS", {VARIANTS: many(6)}, VARIANTS, 6, "at most 5", {VARIANTS: many(5)}),
    Case(
        "BAKE-TIME",
        {f"{ROLLOUT}.bake_minutes": 0},
        f"{ROLLOUT}.bake_minutes",
        0,
        "1 or more",
        {f"{ROLLOUT}.bake_minutes": 1},
    ),
    Case(
        "NAME-LENGTH",
        {**LONG_NAMES, "prefix": "p" * 20},
        f"models.{LONG}.candidates.{LONG}",
        f"{'p' * 20}-dev-{LONG}-{LONG}",
        "shorten",
        {**LONG_NAMES, "prefix": "p" * 15},
    ),
    Case(
        "NAME-SHORT",
        {"prefix": "p" * 16},
        "prefix",
        f"{'p' * 16}-dev",
        "at most 18 letters",
        {"prefix": "p" * 15},
    ),
]
