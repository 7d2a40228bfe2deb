"""docs/configuration.md names every setting of the foundation and of endpoints, and its examples are ones that load."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from config import Platform, load
from config.load import ENVIRONMENTS
from config.schema import (
    Asynchronous,
    Audit,
    DataSettings,
    Endpoint,
    FrontDoor,
    IdentitySettings,
    Keys,
    Network,
    Rollout,
    RolloutAlarms,
    Scaling,
    Serverless,
    Shadow,
    Variant,
)
from tests.config.cases.case import changed
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "configuration.md").read_text("utf-8")
EXAMPLES: list[Any] = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)]
PARTS: dict[str, type[BaseModel]] = {
    "network": Network,
    "keys": Keys,
    "identity": IdentitySettings,
    "data": DataSettings,
    "audit": Audit,
    "front_door": FrontDoor,
    "endpoints": Endpoint,
    "variants": Variant,
    "shadow": Shadow,
    "scaling": Scaling,
    "asynchronous": Asynchronous,
    "serverless": Serverless,
    "rollout": Rollout,
    "alarms": RolloutAlarms,
}


@pytest.mark.parametrize("part", PARTS)
def should_name_every_setting(part: str) -> None:
    for name, field in PARTS[part].model_fields.items():
        assert re.search(rf"`({part}\.)?{field.alias or name}`", TEXT), f"{part}.{name}"


def should_name_what_is_general() -> None:
    for name in ("prefix", "environment", "account", "region", "retain_data", "tags"):
        assert f"`{name}`" in TEXT
        assert name in Platform.model_fields


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: "-".join(example))
def should_show_examples_that_load(example: dict[str, Any], tmp_path: Path) -> None:
    if "s3_endpoint_id" in example:
        (vpc,) = (e["network"]["existing"] for e in EXAMPLES if "network" in e)
        example = {"network": {"existing": vpc | {"route_table_ids": []} | example}}
    file = tmp_path / "dev.yaml"
    file.write_text(yaml.safe_dump(changed("dev", example)))
    load(file)


def should_tell_editors_where_the_schema_is() -> None:
    written = re.search(r"config schema > (\S+)", TEXT)
    named = re.search(r"^# yaml-language-server: \$schema=(\S+)$", TEXT, re.MULTILINE)
    assert written and named
    assert (ENVIRONMENTS / named[1]).resolve() == ROOT / written[1]


def should_name_every_file_that_makes_a_region_usable() -> None:
    for name in ("images.yaml", "endpoints.yaml", "s3_prefix_lists.yaml"):
        assert f"`{name}`" in TEXT
        assert (ROOT / "config/catalogue" / name).is_file()
