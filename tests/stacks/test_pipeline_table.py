"""docs/pipeline.md says of every setting which test holds it, and no setting is held by none."""

from __future__ import annotations

from tests.conftest import ROOT
from tests.stacks.pipeline_table import ELSEWHERE, PAGE, held, page, settings


def should_hold_every_setting_of_a_model() -> None:
    """One that is added to the schema is read by the pipeline's builders, or said to be held elsewhere."""
    every = list(settings())
    assert len(every) == len(set(every)) > 80
    assert [name for name in every if name not in held() and name not in ELSEWHERE] == []


def should_name_only_tests_and_settings_that_are_there() -> None:
    every = set(settings())
    groups = {name.rpartition(".")[0] for name in every} | {"candidates.channels.file_system"}
    assert {name for name in held() if name not in every and name not in groups} == set()
    assert {name for name in ELSEWHERE if name not in every} == set()
    assert [file for file in ELSEWHERE.values() if not (ROOT / file).is_file()] == []


def should_have_the_table_as_it_is_generated() -> None:
    """Otherwise: python -m tests.stacks.pipeline_table."""
    text = PAGE.read_text("utf-8")
    assert page(text) == text
