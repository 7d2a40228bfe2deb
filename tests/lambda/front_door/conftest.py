from collections.abc import Iterator

import pytest

from .door import Door, environment, started
from .stub_runtime import StubRuntime, running


@pytest.fixture
def runtime() -> Iterator[StubRuntime]:
    with running() as stub:
        yield stub


@pytest.fixture
def door(runtime: StubRuntime) -> Iterator[Door]:
    with started(environment(runtime.url)) as door:
        yield door
