"""docs/models.md names every setting of a model, and its example is one that loads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from config import load, schema
from tests.config.cases.case import changed
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "models.md").read_text("utf-8")
# Debugger and Profiler are passed through as they are.
PARTS: list[type[BaseModel]] = [
    *(schema.Cache, schema.Candidate, schema.Channel, schema.FileSystem, schema.Gate, schema.Machine),
    *(schema.Evaluation, schema.Model),
    *(schema.Objective, schema.Parameter, schema.Processing, schema.Scan, schema.SearchRange, schema.Spot),
    *(schema.StartSchedule, schema.Transform, schema.Tuning, schema.WarmStart),
]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def should_name_every_setting(part: type[BaseModel]) -> None:
    for name, field in part.model_fields.items():
        assert re.search(rf"`{field.alias or name}(: [a-z]+)?`", TEXT), name


def should_show_an_example_that_loads(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    file = tmp_path / "dev.yaml"
    file.write_text(yaml.safe_dump(changed("dev", yaml.safe_load(block))))
    assert load(file).models["reviews"].candidates["xgboost"].tuning
