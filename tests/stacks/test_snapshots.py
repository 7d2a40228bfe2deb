"""A change alarm: the templates of dev, asset hashes masked. `pytest --snapshot-update` accepts a wanted change."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

STACKS = ["data", "front-door", "inference-reviews", "network", "release", "security", "training-reviews"]


@pytest.mark.parametrize("stack", STACKS)
def should_match_the_accepted_template(
    stack: str, templates: Callable[[str], dict[str, Any]], snapshot: SnapshotAssertion
) -> None:
    masked = re.sub(r"[0-9a-f]{64}", "<asset>", json.dumps(templates("dev")[stack]))
    # A deployment's logical id is a hash of the API, which an asset's hash is part of.
    masked = re.sub(r"(ApiDeployment[0-9A-F]{8})[0-9a-f]{32}", r"\1<hash>", masked)
    assert json.loads(masked) == snapshot(extension_class=JSONSnapshotExtension)


def should_have_a_snapshot_of_every_stack(templates: Callable[[str], dict[str, Any]]) -> None:
    assert sorted(templates("dev")) == STACKS
