"""The CDK's own template validator, which every synth leaves out because it more than doubles its time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from config import environment_names


@pytest.mark.parametrize("environment", environment_names())
@pytest.mark.parametrize("stacks", ["bootstrap", "all others"])
def should_pass_the_template_validator(environment: str, stacks: str, tmp_path: Path) -> None:
    from app import build_app

    context = {"env": environment}
    if stacks == "bootstrap":
        context["bootstrap"] = "true"
    build_app(context=context, outdir=str(tmp_path), builtin_cloud_formation_validation=True).synth()
    report = json.loads((tmp_path / "validation-report.json").read_text())
    violations = [violation for plugin in report["pluginReports"] for violation in plugin["violations"]]
    # W3010: zones are written in the configuration, because synth looks nothing up.
    zones = set() if stacks == "bootstrap" else {"W3010"}
    assert {violation["ruleName"] for violation in violations} == zones


def should_refuse_a_template_that_cloudformation_would_refuse(tmp_path: Path) -> None:
    import aws_cdk as cdk

    from app import new_app

    app = new_app(outdir=str(tmp_path), builtin_cloud_formation_validation=True)
    stack = cdk.Stack(app, "Wrong", synthesizer=cdk.LegacyStackSynthesizer())
    cdk.CfnResource(stack, "Policy", type="AWS::IAM::ManagedPolicy", properties={"Nonsense": 1})
    with pytest.raises(RuntimeError, match="F3002"):
        app.synth()
