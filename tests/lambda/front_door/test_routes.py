"""Routes beside predictions, what the function loads for them, and what it is before the first one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from front_door import openapi
from front_door.routes import ROUTES, handler_of

from tests.conftest import ROOT

from .door import DECLARED, Door, assert_is_problem, caller, environment

LAMBDA = ROOT / "lambda"
# What only some requests need, and what a start must never load.
LATE = ("front_door.csv_rows", "front_door.unpacking", "front_door.jobs", "front_door.predictions")
NEVER = ("boto3", "jmespath", "jsonschema", "pydantic", "botocore.session", "botocore.client", "asyncio")


def get(door: Door, path: str, client: str = "applications") -> tuple[int, dict[str, str], bytes]:
    response = door.receive({"httpMethod": "GET", "resource": path, "headers": None, "body": None, **caller(client)})
    return response.status, dict(response.headers), response.body


def should_say_that_it_answers(door: Door) -> None:
    status, headers, body = get(door, "/health")

    assert (status, json.loads(body)) == (200, {"status": "ok"})
    assert headers["Cache-Control"] == "no-store"


def should_serve_the_document_as_it_was_deployed(door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "openapi.json"
    file.write_bytes('{"openapi":"3.1.0", "x": "ü"}'.encode())
    monkeypatch.setattr(openapi, "FILE", file)

    status, headers, body = get(door, "/openapi.json")

    assert (status, body) == (200, file.read_bytes())
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def should_have_a_handler_of_every_route(route: tuple[str, str]) -> None:
    method, path = route
    assert callable(handler_of({"httpMethod": method, "resource": path}))


def should_ask_a_principal_without_grants_for_nothing_but_the_names_of_routes(door: Door) -> None:
    assert get(door, "/health", "nobody")[0] == 200
    assert_is_problem(door.send(**caller("nobody")), 403, "not-granted")


def should_start_with_little(tmp_path: Path) -> None:
    """A process of its own, as Lambda starts one: what it loaded. Its package: tests/contracts/test_front_door.py."""
    folder = tmp_path / "front_door"
    folder.mkdir()
    for module in (LAMBDA / "front_door").glob("*.py"):
        (folder / module.name).write_bytes(module.read_bytes())
    (folder / "declared.json").write_text(json.dumps(DECLARED))
    script = "import front_door.handler, sys, json; print(json.dumps(list(sys.modules)))"
    environ = environment("http://127.0.0.1:1")

    result = subprocess.run(
        [sys.executable, "-c", script], env=environ, cwd=tmp_path, check=True, capture_output=True, text=True
    )

    loaded = set(json.loads(result.stdout))
    assert not loaded & {*LATE, *NEVER}
