"""One small endpoint of each hosting mode, as the configuration has it."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from config import Platform, load
from tests.config.cases.case import changed
from tests.stacks.resources import Template
from tests.stacks.variant import stacks_of

ACCOUNT, REGION = "111122223333", "eu-west-1"
DIGEST = "@sha256:" + "0123456789abcdef" * 4
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/team/features{DIGEST}"
PACKAGE = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/ashlar-dev-reviews-xgboost/3"
LINEAR = {"model": "reviews", "candidate": "linear"}
CHALLENGER = {"name": "challenger", "model": "reviews", "candidate": "xgboost", "sampling_percent": 20}
BACKLOG = {"min": 0, "max": 3, "metric": "backlog", "target": 5}
MODES: dict[str, dict[str, Any]] = {
    "pipeline": {
        "variants": {
            "chain": {
                "containers": [{"image": {"uri": IMAGE, "artifact": "own/features.tar.gz"}}, LINEAR],
                "instances": 2,
            }
        }
    },
    "shadow": {"variants": {"linear": {**LINEAR, "weight": 50, "instances": 2}}, "shadow": CHALLENGER},
    "asynchronous": {
        "mode": "asynchronous",
        "asynchronous": {},
        "variants": {"linear": {**LINEAR, "scaling": BACKLOG}},
    },
    "serverless": {
        "mode": "serverless",
        "variants": {"linear": {**LINEAR, "serverless": {"provisioned_concurrency": 1}}},
        "rollout": {"kind": "all_at_once", "bake_minutes": 5},
    },
    "image": {"variants": {"own": {"image": {"uri": IMAGE}, "environment": {"WORKERS": "2"}, "instances": 2}}},
    "package": {"variants": {"fixed": {"package": PACKAGE, "instances": 2}, "linear": {**LINEAR, "instances": 2}}},
}


@cache
def platform_of(mode: str) -> Platform:
    """dev with one endpoint, `reviews`, in this mode; checked as a file is."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "dev.yaml"
        # A champion is what an endpoint serves: not every mode here serves the model.
        alone = {"models.reviews.gate.not_below_champion_by": None}
        file.write_text(yaml.safe_dump(changed("dev", {"endpoints": {"reviews": MODES[mode]}, **alone})))
        return load(file)


@cache
def stacks_in(mode: str, *, bootstrap: bool = False) -> dict[str, Template]:
    """Short stack name -> template."""
    return stacks_of(platform_of(mode), bootstrap=bootstrap)
