"""The table of docs/pipeline.md: every setting of a model, and the tests that fail when it changes nothing.

`python -m tests.stacks.pipeline_table` writes it; tests/stacks/test_pipeline_table.py holds it.
"""

from __future__ import annotations

import importlib
import re
import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from config.schema import Model
from tests.conftest import ROOT
from tests.stacks.planned import HELD

PAGE = ROOT / "docs/pipeline.md"
BEGIN, END = "<!-- generated: tests/stacks/pipeline_table.py -->", "<!-- end -->"
SETTINGS = "tests/stacks/test_pipeline_settings.py"
# What stands in no definition: held elsewhere.
ELSEWHERE = {
    "code": "tests/stacks/test_code_archive.py",
    "schedule.cron": "tests/stacks/test_pipeline_start.py",
    "schedule.timezone": "tests/stacks/test_pipeline_start.py",
    "processing.hardware_encryption": "tests/config/test_checks.py",
    "evaluation.hardware_encryption": "tests/config/test_checks.py",
    "evaluation.scores_algorithms": "tests/config/test_checks.py",
    "candidates.hardware_encryption": "tests/config/test_checks.py",
    "candidates.closed_features": "tests/config/test_checks.py",
    "transform.hardware_encryption": "tests/config/test_checks.py",
}


def settings(model: type[BaseModel] = Model, before: str = "") -> Iterator[str]:
    """Every setting that is a value, by the names that lead to it; names that users choose are left out."""
    for name, field in model.model_fields.items():
        path = f"{before}{field.alias or name}"
        inner = list(_models(field.annotation))
        if not inner:
            yield path
        for each in inner:
            yield from settings(each, f"{path}.")


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The settings inside a type: of an optional, a list's or a mapping's values."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (dict, list, Union, types.UnionType, Annotated):
        for each in get_args(annotation):
            yield from _models(each)


def held() -> dict[str, list[str]]:
    """Setting -> tests."""
    importlib.import_module("tests.stacks.test_pipeline_settings")
    return {name: list(dict.fromkeys(tests)) for name, tests in HELD.items()}


def table() -> str:
    """Markdown."""
    tests = held()
    rows = ["| setting of `models.<name>` | held by |", "|---|---|"]
    for name in settings():
        by = ", ".join(f"`{test}`" for test in tests.get(name, [])) or f"[{ELSEWHERE[name]}](../{ELSEWHERE[name]})"
        rows.append(f"| `{name}` | {by} |")
    return "\n".join(rows)


def page(text: str) -> str:
    """The page with the table as it is now."""
    new = f"{BEGIN}\n{table()}\n{END}"
    return re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: new, text, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
