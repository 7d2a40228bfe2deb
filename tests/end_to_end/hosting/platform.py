"""What the hosting tests deploy: environment `local` with one small endpoint of each mode."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from config import load
from config.examples import changed
from tests.local.cloud import ACCOUNT, REGION

Json = dict[str, Any]
DIGEST = "sha256:" + "0123456789abcdef" * 4
FEATURES, OWN = (f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/team/{name}@{DIGEST}" for name in ("features", "own"))
CANDIDATES = ("linear", "challenger", "amber", "blue", "early", "late")
AT_ONCE = {"kind": "all_at_once", "bake_minutes": 0}
# One caller has at most one request open at a time: no reason to scale out.
UP_TO_THREE = {"min": 1, "max": 3, "target": 1}
# It comes each minute, so it has come by the time that a test looks.
OFFICE = {"cron": "* * * * ? *", "timezone": "Europe/London", "min": 2, "max": 3}


def released(candidate: str, **its: Any) -> Json:
    """A variant of the latest approved package of a candidate."""
    return {"model": "reviews", "candidate": candidate, **its}


BACKLOG = {"min": 0, "max": 2, "metric": "backlog", "target": 2}
ENDPOINTS: Mapping[str, Json] = {
    "chain": {
        "variants": {"linear": {"containers": [{"image": {"uri": FEATURES}}, released("linear")], "instances": 1}}
    },
    "shadowed": {
        "variants": {"linear": released("linear", instances=1)},
        "shadow": released("challenger", name="challenger", sampling_percent=50),
    },
    "queued": {
        "mode": "asynchronous",
        "asynchronous": {},
        "variants": {"linear": released("linear", scaling=BACKLOG)},
    },
    "serverless": {"mode": "serverless", "variants": {"linear": released("linear", serverless={})}},
    "own": {
        "variants": {
            "own": {
                "image": {"uri": OWN},
                "scaling": {"min": 1, "max": 1, "target": 4, "schedules": {"office": OFFICE}},
            }
        }
    },
    "pair": {
        "variants": {
            "amber": released("amber", weight=60, scaling=UP_TO_THREE),
            "blue": released("blue", weight=40, scaling=UP_TO_THREE),
        }
    },
    "first": {
        "variants": {
            "early": released("early", weight=60, instances=1),
            "late": released("late", weight=40, instances=1),
        }
    },
}


def synthesize(outdir: Path, notes: Path, changes: Mapping[str, Any]) -> None:
    """The app's assembly in `outdir`, and that of the stack of limits in `limits` below it.

    `changes`: dotted path below `endpoints` -> value. `notes`: the file that the containers write to.
    """
    from app import compose, compose_bootstrap, new_app  # here: jsii starts Node, which most tests do not need

    outdir.mkdir(parents=True)
    file = outdir / "local.yaml"
    file.write_text(yaml.safe_dump(_settings(notes, changes)))
    platform = load(file)
    for composed, folder in ((compose, outdir / "app"), (compose_bootstrap, outdir / "limits")):
        app = new_app(outdir=str(folder))
        composed(app, platform)
        app.synth()


def _settings(notes: Path, changes: Mapping[str, Any]) -> Json:
    job = {"entry_point": "train_linear.py", "image": "sklearn"}
    candidates = dict.fromkeys(CANDIDATES, job)
    own: Json = {"models.reviews.candidates": candidates, "endpoints": {}}
    for endpoint, settings in copy.deepcopy(dict(ENDPOINTS)).items():
        own[f"endpoints.{endpoint}"] = {"rollout": AT_ONCE, **settings}
        shadow = settings.get("shadow", {})
        served = {f"variants.{name}": name for name in settings["variants"]} | (
            {"shadow": shadow["name"]} if shadow else {}
        )
        for path, variant in served.items():
            environment = {"NOTES": str(notes), "ENDPOINT": endpoint, "VARIANT": variant}
            own[f"endpoints.{endpoint}.{path}.environment"] = environment
    return changed("local", {**own, **{f"endpoints.{path}": value for path, value in changes.items()}})
