"""From the bootstrap stack to `cdk bootstrap`, or to those who bootstrap another way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from config import Platform
from ops.session import OpsError


def arguments(outputs: Path) -> list[str]:
    """The arguments of `cdk bootstrap`, from the outputs file that `cdk deploy` wrote for the bootstrap stack."""
    try:
        (stack,) = _read(outputs).values()
        qualifier, policies = stack["Qualifier"], stack["ExecutionPolicies"]
    except (AttributeError, KeyError, TypeError, ValueError):
        raise OpsError(
            f"{outputs} holds no outputs of one bootstrap stack. Run `make bootstrap`, which writes it."
        ) from None
    # A toolkit stack has one qualifier: another qualifier needs another stack.
    toolkit = "CDKToolkit" if qualifier == "hnb659fds" else f"CDKToolkit-{qualifier}"
    return [
        "--qualifier",
        qualifier,
        "--toolkit-stack-name",
        toolkit,
        "--cloudformation-execution-policies",
        policies,
    ]


def policies(assembly: Path, platform: Platform) -> dict[str, dict[str, Any]]:
    """Name -> {Use, Arn, Path, Description, PolicyDocument} of each managed policy in a synthesized bootstrap stack.

    `Use` is `permissions boundary`, or `execution`: what `cdk bootstrap` is to give CloudFormation.
    """
    templates = sorted(assembly.glob("*.template.json"))
    if not templates:
        raise OpsError(f"{assembly} holds no template: run `make bootstrap-policy`, which synthesizes it.")
    resources = [its for template in templates for its in _read(template)["Resources"].values()]
    made = [its["Properties"] for its in resources if its["Type"] == "AWS::IAM::ManagedPolicy"]
    # The continuous integration role's own has no name: nobody attaches it elsewhere.
    return {its["ManagedPolicyName"]: _policy(its, platform) for its in made if "ManagedPolicyName" in its}


def _policy(its: dict[str, Any], platform: Platform) -> dict[str, Any]:
    arn = f"arn:{platform.partition}:iam::{platform.account}:policy{its['Path']}{its['ManagedPolicyName']}"
    use = "permissions boundary" if arn == platform.boundary_arn else "execution"
    return {"Use": use, "Arn": arn, **{key: its[key] for key in ("Path", "Description", "PolicyDocument")}}


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise OpsError(f"{file} cannot be read: {error}. Run `make bootstrap`, which writes it.") from None
