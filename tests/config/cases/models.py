"""Models, and the names that they and endpoints may have."""

from __future__ import annotations

from tests.config.cases.case import Case
from tests.config.cases.hosting import linear

REVIEWS = "models.reviews"
VARIANTS = "endpoints.reviews.variants"


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
