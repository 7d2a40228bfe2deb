"""Where the pipeline definition meets the scripts: every argument and hyperparameter it passes is one they know."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config import environment_names
from stacks.pipeline_definition import MANIFEST_PARAMETER
from tests.conftest import ROOT
from tests.stacks.resources import of_type, pipeline_definition, pipeline_steps

CODE = ROOT / "model_code/reviews"
# The platform's own job; all others are the model's.
OWN = {"Scan": ROOT / "platform_code/scan"}


def options(script: str, code: Path = CODE) -> str:
    done = subprocess.run(
        [sys.executable, str(code / script), "--help"], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


@pytest.mark.parametrize("environment", environment_names())
def should_pass_only_arguments_that_the_scripts_know(
    environment: str, templates: Callable[[str], dict[str, Any]]
) -> None:
    definition = pipeline_definition(templates(environment)["training-reviews"])
    for step in pipeline_steps(definition):
        if step["Type"] == "Processing":
            script, *arguments = step["Arguments"]["AppSpecification"]["ContainerArguments"]
            known = options(script, OWN.get(step["Name"], CODE))
            for flag in arguments[::2]:
                assert f"{flag} " in known, (script, flag)
        if step["Type"] == "Training":
            given = step["Arguments"]["HyperParameters"]
            known = options(json.loads(given["sagemaker_program"]))
            for name in given:
                assert name.startswith("sagemaker_") or f"--{name} " in known, name


def should_start_the_pipeline_with_the_parameter_that_it_declares(templates: Callable[[str], dict[str, Any]]) -> None:
    template = templates("dev")["training-reviews"]
    (rule,) = of_type(template, "AWS::Events::Rule")
    (target,) = rule["Properties"]["Targets"]
    (passed,) = target["SageMakerPipelineParameters"]["PipelineParameterList"]
    (declared,) = pipeline_definition(template)["Parameters"]
    assert passed["Name"] == declared["Name"] == MANIFEST_PARAMETER
