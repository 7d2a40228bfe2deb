"""Stands for one deployed environment: the configuration `dev`, clients of the test's own, and a clock."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from config import Platform, load_environment
from ops.session import Environment, OpsError
from tests.local.cloud import LocalCloud, started

# (service, operation) -> its answer; an exception is raised, a function is called with the parameters.
Answers = dict[tuple[str, str], Any]


class Pages:
    """A boto3 paginator over one list operation of a client."""

    def __init__(self, operation: Any) -> None:
        self._operation = operation

    def paginate(self, **parameters: Any) -> Iterator[dict[str, Any]]:
        yield self._operation(**parameters)


class Client:
    """What every client of the tests has."""

    def get_paginator(self, operation: str) -> Pages:
        return Pages(getattr(self, operation))


class Service(Client):
    """A client whose every operation answers from a table."""

    def __init__(self, service: str, answers: Answers) -> None:
        self._service, self._answers = service, answers

    def __getattr__(self, operation: str) -> Any:
        def call(**parameters: Any) -> Any:
            answer = self._answers[self._service, operation]
            answer = answer(**parameters) if callable(answer) else answer
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def services(well: Answers, changes: dict[str, Any]) -> dict[str, Any]:
    """Clients that answer from `well` and from `changes`: `service__operation` -> another answer.

    `scaling` is short for application-autoscaling.
    """
    answers = dict(well)
    for name, answer in changes.items():
        service, _, operation = name.partition("__")
        answers["application-autoscaling" if service == "scaling" else service, operation] = answer
    return {service: Service(service, answers) for service, _ in answers}


class Deployed(Environment):
    """`dev` without AWS: `stacks` are what DescribeStacks answers, by the last part of their names."""

    def __init__(self) -> None:
        self.platform = load_environment("dev")
        self.clients: dict[str, Any] = {}
        self.stacks: dict[str, dict[str, Any]] = {}
        # Where each service was asked last, when not in the environment's own region.
        self.asked: dict[str, str | None] = {}

    def client(self, service: str, region: str | None = None) -> Any:
        self.asked[service] = region or self.asked.get(service)
        return self.clients[service]

    def stack(self, *name: str) -> dict[str, Any]:
        if "-".join(name) not in self.stacks:
            raise OpsError(f"The stack {self.platform.name(*name)} does not exist.")
        return self.stacks["-".join(name)]


class OfTheLocalCloud(Environment):
    """An environment whose operator is the root of a local cloud's account, or who the credentials are."""

    def __init__(
        self, platform: Platform, cloud: LocalCloud, credentials: dict[str, str] | None = None, **more: Any
    ) -> None:
        self._cloud, self._credentials = cloud, credentials
        super().__init__(platform.model_copy(update={"client": None}), **more)

    def client(self, service: str, region: str | None = None) -> Any:
        return self._cloud.client(service, self._credentials)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A local cloud in which nothing is bootstrapped before the tests."""
    with started(tmp_path_factory.mktemp("ops")) as cloud:
        yield cloud


def refused(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


def repeatable(seed: int) -> random.Random:
    """Chance that is the same in every run."""
    return random.Random(seed)  # noqa: S311  # nosec B311 # jitter and repeatable samples, nothing secret


@pytest.fixture
def deployed() -> Deployed:
    return Deployed()


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every wait of the code under test; the clock advances by it at once."""
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setattr(time, "monotonic", lambda: sum(waits))
    return waits
