"""Each environment as it is deployed, with its settings."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from config import Platform, environment_names, load_environment
from review.iam import Deployed


@pytest.fixture(params=environment_names())
def platform(request: pytest.FixtureRequest) -> Platform:
    return load_environment(request.param)


@pytest.fixture
def cloud(platform: Platform, deployed: Callable[[str], Deployed]) -> Deployed:
    return deployed(platform.environment)


@pytest.fixture
def dev(deployed: Callable[[str], Deployed]) -> Deployed:
    return deployed("dev")
