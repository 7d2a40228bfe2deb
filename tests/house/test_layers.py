"""Reads every import and holds the house's rules: infrastructure and requests flow one way."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

ROOMS = ("config", "stacks", "lambda", "model_code", "platform_code", "local", "ops", "review", "benchmarks")
# room -> the rooms it may import from, itself aside
MAY_IMPORT = {
    "config": set(),
    "stacks": {"config"},
    "lambda": set(),
    "model_code": set(),
    "platform_code": set(),
    "local": set(),
    "ops": {"config", "stacks"},
    "review": {"app", "config", "stacks"},
    "benchmarks": {"app", "config", "stacks"},
}


def sources(room: str) -> list[Path]:
    return [path for path in sorted((ROOT / room).rglob("*.py")) if ".venv" not in path.parts]


def imported(path: Path) -> set[str]:
    """The first names of all that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


@pytest.mark.parametrize("room", ROOMS)
def should_import_only_what_lies_below(room: str) -> None:
    assert sources(room)
    for path in sources(room):
        used = {name.split(".")[0] for name in imported(path)} & {*ROOMS, "app", "tests"}
        assert used - {room} <= MAY_IMPORT[room], path


def should_leave_the_app_to_configuration_and_stacks() -> None:
    used = {name.split(".")[0] for name in imported(ROOT / "app.py")} & {*ROOMS, "tests"}
    assert used == {"config", "stacks"}


@pytest.mark.parametrize("function", [p.name for p in (ROOT / "lambda").iterdir() if p.is_dir()])
def should_keep_each_function_to_its_own_folder(function: str) -> None:
    others = {p.name for p in (ROOT / "lambda").iterdir()} - {function}
    for path in sources(f"lambda/{function}"):
        assert not {name.split(".")[0] for name in imported(path)} & others, path


@pytest.mark.parametrize("room", ["stacks", "lambda", "model_code", "platform_code"])
def should_not_know_that_the_local_cloud_exists(room: str) -> None:
    for path in sources(room):
        assert not re.search(r"\blocal[ _-]cloud\b|ministack|local/", path.read_text("utf-8"), re.IGNORECASE), path


@pytest.mark.parametrize("room", ["config", "stacks"])
def should_read_no_environment_and_call_no_aws_at_synth(room: str) -> None:
    for path in sources(room):
        assert not imported(path) & {"boto3", "botocore", "os", "subprocess", "socket", "urllib.request"}, path


@pytest.mark.parametrize(
    ("folder", "below"),
    [
        ("constructs", {"api_definition", "constructs", "permissions", "pipeline_definition", "values"}),
        ("api_definition", {"api_definition", "values"}),
        ("pipeline_definition", {"pipeline_definition", "values"}),
        ("permissions", {"permissions", "values"}),
        ("values", {"values"}),
    ],
)
def should_know_inside_stacks_only_what_lies_below(folder: str, below: set[str]) -> None:
    """A construct knows no stack; permissions and values know neither."""
    for path in sources(f"stacks/{folder}"):
        used = {name.split(".")[1] for name in imported(path) if name.startswith("stacks.")}
        assert used <= below, path


@pytest.mark.parametrize("folder", ["permissions", "values"])
def should_make_no_resource_of_permissions_and_values(folder: str) -> None:
    for path in sources(f"stacks/{folder}"):
        assert not {name.split(".")[0] for name in imported(path)} & {"aws_cdk", "constructs", "jsii"}, path


def should_know_of_stacks_only_the_api_to_operate() -> None:
    for path in sources("ops"):
        used = {name.split(".")[1] for name in imported(path) if name.startswith("stacks.")}
        assert used <= {"api_definition"}, path


def should_read_context_in_the_app_only() -> None:
    for room in ("config", "stacks"):
        for path in sources(room):
            assert "try_get_context" not in path.read_text("utf-8"), path


def should_use_no_pickle_anywhere() -> None:
    for room in ROOMS:
        for path in sources(room):
            assert not imported(path) & {"pickle", "cPickle", "joblib", "dill", "cloudpickle"}, path


def should_name_no_time_and_no_chance_in_synthesized_code() -> None:
    for room in ("config", "stacks"):
        for path in sources(room):
            assert not imported(path) & {"random", "time", "uuid", "secrets"}, path
