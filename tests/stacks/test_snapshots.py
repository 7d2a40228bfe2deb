"""A change alarm: the templates of dev, asset hashes masked. `pytest --snapshot-update` accepts a wanted change."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from tests.stacks.resources import Template

STACKS = [
    "access",
    "audit",
    "data",
    "front-door",
    "inference-reviews",
    "network",
    "release",
    "security",
    "training-reviews",
]


def masked(template: Template) -> Any:
    """The hashes of assets, and what is made of them: the logical id of a function's version."""
    text = re.sub(r"[0-9a-f]{64}", "<asset>", json.dumps(template))
    return json.loads(re.sub(r"(LiveVersion)[0-9a-f]{32}[0-9A-F]{8}", r"\1<hash>", text))


@pytest.mark.parametrize("stack", STACKS)
def should_match_the_accepted_template(
    stack: str, templates: Callable[[str], dict[str, Template]], snapshot: SnapshotAssertion
) -> None:
    assert masked(templates("dev")[stack]) == snapshot(extension_class=JSONSnapshotExtension)


def should_match_the_accepted_limits(bootstrap: Callable[[str], Template], snapshot: SnapshotAssertion) -> None:
    assert masked(bootstrap("dev")) == snapshot(extension_class=JSONSnapshotExtension)


def should_have_a_snapshot_of_every_stack(templates: Callable[[str], dict[str, Template]]) -> None:
    assert sorted(templates("dev")) == STACKS


def should_mask_asset_hashes_and_nothing_else(
    assembly: Callable[..., Any], templates: Callable[[str], dict[str, Template]]
) -> None:
    """What is masked is the hash of an asset that the assembly lists."""
    manifests = [json.loads(file.read_text()) for file in Path(assembly("dev").directory).glob("*.assets.json")]
    assets = {hash for manifest in manifests for hash in manifest["files"]}
    seen = 0
    for template in templates("dev").values():
        before, after = list(_strings(template)), list(_strings(masked(template)))
        for one, other in zip(before, after, strict=True):
            if one != other:
                seen += 1
                hidden = set(re.findall(r"[0-9a-f]{64}", one))
                assert hidden, one
                assert hidden <= assets, one
    assert 0 < seen < 30


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [s for key, each in value.items() for s in (key, *_strings(each))]
    if isinstance(value, list):
        return [s for each in value for s in _strings(each)]
    return [value] if isinstance(value, str) else []
