"""CloudFormation gives a stack's tags to all that is in it: costs, owners and permissions are told apart by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from config import environment_names, load_environment

Assembly = Callable[..., Any]


@pytest.mark.parametrize("environment", environment_names())
@pytest.mark.parametrize("bootstrap", [False, True])
def should_tag_every_stack_with_platform_environment_and_the_organisations_tags(
    environment: str, bootstrap: bool, assembly: Assembly
) -> None:
    platform = load_environment(environment)
    expected = {**platform.tags, "platform": "ashlar", "environment": environment}
    stacks = assembly(environment, bootstrap=bootstrap).stacks
    assert stacks
    for stack in stacks:
        assert expected.items() <= stack.tags.items(), stack.stack_name


def should_carry_the_tags_that_an_organisation_asks_for() -> None:
    assert {"owner", "cost-centre", "data-classification"} <= load_environment("prod").tags.keys()


@pytest.mark.parametrize("environment", environment_names())
def should_tag_a_models_stack_with_its_project_and_no_other(environment: str, assembly: Assembly) -> None:
    projects = {stack.stack_name: stack.tags.get("project") for stack in assembly(environment).stacks}
    assert {name: project for name, project in projects.items() if project} == {
        f"ashlar-{environment}-training-reviews": "reviews"
    }
