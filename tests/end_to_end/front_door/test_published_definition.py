"""The OpenAPI document that the API publishes holds for what it answers, whatever is sent (schemathesis)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.end_to_end.front_door.conftest import door_of
from tests.end_to_end.front_door.door import Caller, Door
from tests.end_to_end.front_door.identities import right
from tests.end_to_end.front_door.place import Place

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
FEW, MANY = 8, 250
# What has no body has hardly more than one case.
MANY_WITHOUT_BODY = 20
FEWEST_OF_MANY = 2000


@pytest.fixture(scope="module")
def door(front_door: Place) -> Door:
    """A key goes with every request as it is; a signature would have to be made of each."""
    return door_of(front_door, auth="api_key")


@pytest.fixture(scope="module")
def caller(front_door: Place, door: Door) -> Caller:
    return right(front_door, "api_key", "team")


Operation = APIOperation[Any, Any, Any, Any]


def _operations(door: Door, caller: Caller) -> list[Operation]:
    answer = door.send(caller, "GET", "/openapi.json")
    assert answer.status == 200, answer
    assert answer.json["openapi"].startswith("3.1")
    schema = schemathesis.openapi.from_dict(answer.json)
    return [schema[path][method] for path, methods in answer.json["paths"].items() for method in methods]


def _try(door: Door, caller: Caller, operation: Operation, examples: int) -> Counter[int]:
    """Statuses of so many requests that fit the document, and of as many that do not."""
    statuses: Counter[int] = Counter()
    with requests.Session() as session:
        session.headers.update(caller.headers("", "", b""))

        def answers(case: Case[Any]) -> None:
            response = case.call(base_url=door.url, session=session, verify=door.certificate_authority)
            statuses[response.status_code] += 1
            case.validate_response(response, checks=CHECKS)

        for mode in GenerationMode:
            # Without shrinking: a failure is told as it was found.
            settled = settings(
                max_examples=examples,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            settled(given(case=operation.as_strategy(mode))(answers))()
    return statuses


def should_answer_as_it_says(door: Door, caller: Caller) -> None:
    found = {operation.label: _try(door, caller, operation, FEW) for operation in _operations(door, caller)}
    assert len(found) >= 8, found
    assert found["POST /endpoints/reviews/predictions"][200], found


@pytest.mark.long
def should_answer_as_it_says_to_thousands(door: Door, caller: Caller) -> None:
    found = {
        operation.label: _try(door, caller, operation, MANY if operation.body else MANY_WITHOUT_BODY)
        for operation in _operations(door, caller)
    }
    for label, statuses in found.items():
        print(label, dict(statuses))
    assert sum(statuses.total() for statuses in found.values()) >= FEWEST_OF_MANY, found
