"""One front door for all tests of this room; a test that needs other settings has them deployed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.front_door.door import Caller, Door
from tests.end_to_end.front_door.identities import right
from tests.end_to_end.front_door.place import Place, opened


@pytest.fixture(scope="session")
def front_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with opened(tmp_path_factory.mktemp("front-door")) as it:
        yield it


@pytest.fixture
def door(front_door: Place) -> Door:
    """With IAM and generous limits."""
    return door_of(front_door)


def door_of(front_door: Place, **settings: object) -> Door:
    """The API after a deployment of these settings, if they are others."""
    outputs = front_door.having(**settings)
    url = f"{front_door.cloud.url}/_aws/execute-api/{outputs['ApiId']}/{outputs['ApiStage']}"
    return Door(url, front_door.cloud.certificate_authority)


@pytest.fixture(scope="module")
def team(front_door: Place) -> Caller:
    """A client that may call every endpoint and choose variants."""
    front_door.having()
    return right(front_door, "iam", "team")
