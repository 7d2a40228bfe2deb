"""The app of an environment whose settings a test has changed."""

from __future__ import annotations

import tempfile
from typing import Any

import yaml

from config import Platform
from config.load import ENVIRONMENTS
from tests.stacks.resources import Template


def changed(environment: str, changes: dict[str, Any]) -> Platform:
    """The environment with `changes` merged into its settings; a list replaces a list."""
    raw = yaml.safe_load((ENVIRONMENTS / f"{environment}.yaml").read_text("utf-8"))
    return Platform.model_validate(_merged(raw, changes))


def assembly_of(platform: Platform, *, bootstrap: bool = False) -> Any:
    """The cloud assembly: `bootstrap` of the stack of limits, or else of all others."""
    from app import compose, compose_bootstrap, new_app

    app = new_app(outdir=tempfile.mkdtemp())
    (compose_bootstrap if bootstrap else compose)(app, platform)
    return app.synth()


def stacks_of(platform: Platform, *, bootstrap: bool = False) -> dict[str, Template]:
    """Short stack name -> template."""
    assembly = assembly_of(platform, bootstrap=bootstrap)
    return {stack.stack_name.removeprefix(f"{platform.name()}-"): stack.template for stack in assembly.stacks}


def _merged(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: _merged(old.get(key), value) for key, value in new.items()}}
    return new
