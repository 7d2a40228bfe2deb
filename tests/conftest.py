"""What several rooms' tests share: the synthesized app."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from review.iam import Deployed

ROOT = Path(__file__).parent.parent
Template = dict[str, Any]

# Time limits of single examples say nothing on a busy machine.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


# Each starts a local cloud of its own, the slowest first: its tests share it, so they run in one process.
_CLOUDS = ("ashlar", "hosted", "front_door", "fast_cloud", "local_cloud")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests stay together when several processes share them, as in `make test`: one cloud's, or one file's.

    What takes the platform down runs when nobody needs it any more.
    """
    for item in items:
        clouds = [cloud for cloud in _CLOUDS if cloud in getattr(item, "fixturenames", ())]
        item.add_marker(pytest.mark.xdist_group(clouds[0] if clouds else item.path.relative_to(ROOT).as_posix()))
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> tuple[bool, int]:
    (group,) = (marker.args[0] for marker in item.iter_markers("xdist_group"))
    turn = _CLOUDS.index(group) if group in _CLOUDS else len(_CLOUDS)
    return item.get_closest_marker("destroys") is not None, turn


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """`assembly("dev")`: the cloud assembly, synthesized once with the feature flags of cdk.json.

    `assembly("dev", bootstrap=True)`: of the stack that an administrator deploys before all others.
    """

    @cache
    def synthesize(environment: str, *, bootstrap: bool = False) -> Any:
        from app import build_app  # here: jsii starts Node, which most tests do not need

        context = {"env": environment}
        if bootstrap:
            context["bootstrap"] = "true"
        return build_app(context=context, outdir=str(tmp_path_factory.mktemp("cdk.out"))).synth()

    return synthesize


@pytest.fixture(scope="session")
def templates(assembly: Callable[..., Any]) -> Callable[[str], dict[str, Template]]:
    """`templates("dev")`: short stack name -> template."""

    @cache
    def read(environment: str) -> dict[str, Template]:
        prefix = f"ashlar-{environment}-"
        return {stack.stack_name.removeprefix(prefix): stack.template for stack in assembly(environment).stacks}

    return read


@pytest.fixture(scope="session")
def bootstrap(assembly: Callable[..., Any]) -> Callable[[str], Template]:
    """`bootstrap("dev")`: the bootstrap stack's template."""

    @cache
    def read(environment: str) -> Template:
        (stack,) = assembly(environment, bootstrap=True).stacks
        template: Template = stack.template
        return template

    return read


@pytest.fixture(scope="session")
def deployed(
    templates: Callable[[str], dict[str, Template]], bootstrap: Callable[[str], Template]
) -> Callable[[str], Deployed]:
    """`deployed("dev")`: the resources of all stacks, the bootstrap stack included, with every reference resolved."""

    @cache
    def resolve(environment: str) -> Deployed:
        from config import load_environment
        from review.iam import Deployed

        platform = load_environment(environment)
        stacks = {**templates(environment), "bootstrap": bootstrap(environment)}
        named = {platform.name(name): template for name, template in stacks.items()}
        return Deployed(named, account=platform.account, region=platform.region)

    return resolve
