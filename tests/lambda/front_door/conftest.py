from collections.abc import Iterator

import pytest

from . import stub_aws, stub_runtime
from .desk import Desk, opened
from .door import Door, environment, started
from .stub_aws import StubAws
from .stub_runtime import StubRuntime


@pytest.fixture
def runtime() -> Iterator[StubRuntime]:
    with stub_runtime.running() as stub:
        yield stub


@pytest.fixture
def aws() -> Iterator[StubAws]:
    with stub_aws.running() as stub:
        yield stub


@pytest.fixture
def desk(aws: StubAws) -> Iterator[Desk]:
    found = opened(aws)
    yield found
    found.service.client.close()


@pytest.fixture
def door(runtime: StubRuntime) -> Iterator[Door]:
    with started(environment(runtime.url)) as door:
        yield door
