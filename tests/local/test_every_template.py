"""The templates of every environment deploy here, and nothing in them is dropped silently or listed without need."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.cloudformation import supported
from tests.end_to_end.front_door import configuration as front_door
from tests.local.assemblies import Assembly, deploy
from tests.local.cloud import REPOSITORY, LocalCloud, started

ENVIRONMENTS = ("local", "dev", "staging", "prod")


@pytest.fixture(scope="module")
def empty_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with started(tmp_path_factory.mktemp("empty-cloud")) as cloud:
        yield cloud


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def should_deploy_every_stack(environment: str, empty_cloud: LocalCloud, assembly: Callable[..., Any]) -> None:
    failures: dict[str, str] = {}
    for bootstrap in (True, False):
        directory = Path(assembly(environment, bootstrap=bootstrap).directory)
        failures |= deploy(empty_cloud, Assembly(directory))
    assert not failures, "\n".join(f"{stack}: {reasons}" for stack, reasons in failures.items())
    warned = [line for line in (empty_cloud.state / "server.log").read_text().splitlines() if "supported.py" in line]
    assert not warned, "\n".join(warned)


def should_list_no_property_that_no_template_has(
    templates: Callable[[str], dict[str, Any]], bootstrap: Callable[[str], Any], tmp_path: Path
) -> None:
    """The templates are those of the environments, of their bootstrap stacks, the CDK's own bootstrap template, and one
    of a front door for tokens, which no environment that ships has."""
    used: dict[str, set[str]] = {}
    front_door.synthesize(tmp_path / "tokens", {"auth": "cognito"})
    tokens = json.loads((tmp_path / "tokens/app/ashlar-local-front-door.template.json").read_text())
    shipped = [
        template
        for environment in ENVIRONMENTS
        for template in (bootstrap(environment), *templates(environment).values())
    ]
    for template in (tokens, *shipped):
        for resource in template["Resources"].values():
            used.setdefault(resource["Type"], set()).update(_names(resource.get("Properties", {})))
    theirs = (REPOSITORY / "node_modules/aws-cdk/lib/api/bootstrap/bootstrap-template.yaml").read_text()
    listed = {(kind, name) for kind in supported.OURS | supported.MINISTACK for name in _listed(kind)}
    unused = {(kind, name) for kind, name in listed if name not in used.get(kind, set())}
    assert {pair for pair in unused if not re.search(rf"^      {pair[1]}:", theirs, re.MULTILINE)} == set()


def _listed(kind: str) -> set[str]:
    return {*supported.RECORDED_ONLY.get(kind, {}), *supported.READ_LATER.get(kind, {})} - {"Tags"}


def _names(value: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The names of all properties within a value, with dots; intrinsic functions leave no trace."""
    if isinstance(value, list):
        for item in value:
            yield from _names(item, path)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == "Fn::If":
                yield from _names(item[1:], path)
            elif not name.startswith("Fn::") and name != "Ref":
                yield ".".join((*path, name))
                yield from _names(item, (*path, name))
