"""What several rooms' tests share: the synthesized app."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent

# Time limits of single examples say nothing on a busy machine.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """`templates("dev")`: short stack name -> template, synthesized once with the feature flags of cdk.json."""

    @cache
    def synthesize(environment: str) -> dict[str, Any]:
        from app import build_app  # here: jsii starts Node, which most tests do not need

        context = json.loads((ROOT / "cdk.json").read_text())["context"]
        outdir = str(tmp_path_factory.mktemp(f"cdk.out-{environment}"))
        assembly = build_app(context={**context, "env": environment}, outdir=outdir).synth()
        prefix = f"ashlar-{environment}-"
        return {stack.stack_name.removeprefix(prefix): stack.template for stack in assembly.stacks}

    return synthesize
