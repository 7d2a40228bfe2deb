"""What the tests of the front door deploy: environment `local` with small endpoints and three clients."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from config import load
from config.examples import changed
from tests.local.cloud import ACCOUNT, REGION

Json = dict[str, Any]
# A command of ours runs in its place.
STUB = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/team/stub@sha256:{'0123456789abcdef' * 4}"
ANSWERING, MISSING, QUEUED = ("reviews", "returns"), "absent", "queued"
_REVIEWS: Json = {
    "variants": {
        name: {"model": "reviews", "candidate": name, "weight": weight, "instances": 1}
        for name, weight in (("linear", 90), ("xgboost", 10))
    },
    "rollout": {"kind": "all_at_once", "bake_minutes": 0},
}
_JOBS: Json = {
    "mode": "asynchronous",
    "asynchronous": {},
    "variants": {"own": {"image": {"uri": STUB}, "instances": 1, "environment": {"VARIANT": "own", "PACKAGE": "none"}}},
    "rollout": {"kind": "all_at_once", "bake_minutes": 0},
}
ENDPOINTS: Json = {**dict.fromkeys((*ANSWERING, MISSING), _REVIEWS), QUEUED: _JOBS}
# Each of the first two is granted one of two endpoints, the third all of them. The first one calls in load.py.
CLIENTS: Json = {
    "shop": {"endpoints": ["reviews"]},
    "depot": {"endpoints": ["returns"]},
    "team": {"choose_variant": True},
}
# The local cloud has no firewall.
USUAL: Json = {"clients": CLIENTS, "throttle": {"rate": 500, "burst": 500}, "waf": False}


def synthesize(outdir: Path, front_door: Mapping[str, Any], *, limits: bool = False) -> None:
    """The app's assembly in `app` below `outdir`, and with `limits` that of the bootstrap stack in `limits`."""
    from app import compose, compose_bootstrap, new_app  # here: jsii starts Node, which most tests do not need

    outdir.mkdir(parents=True)
    file = outdir / "local.yaml"
    settings = changed("local", {"endpoints": ENDPOINTS, "front_door": {**USUAL, **front_door}})
    file.write_text(yaml.safe_dump(settings, sort_keys=False))
    platform = load(file)
    for composed, folder in ((compose, "app"), *(((compose_bootstrap, "limits"),) if limits else ())):
        app = new_app(outdir=str(outdir / folder))
        composed(app, platform)
        app.synth()
