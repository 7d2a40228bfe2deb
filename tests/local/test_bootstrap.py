"""The genuine CDK CLI: a stack with the execution policies comes first, the bootstrapped environment after it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.local import stacks
from tests.local.cloud import ACCOUNT, REGION, REPOSITORY, LocalCloud

_POLICY = f"arn:aws:iam::{ACCOUNT}:policy/ashlar/bootstrapped/execution"
_BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/ashlar/bootstrapped/boundary"
_QUALIFIER = "ashlar1"


def _managed_policy(name: str, *statements: object) -> stacks.Template:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    properties = {"ManagedPolicyName": name, "Path": "/ashlar/bootstrapped/", "PolicyDocument": document}
    return {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}


def _first_stack() -> stacks.Template:
    roles = {
        "Effect": "Allow",
        "Action": ["iam:CreateRole", "iam:DeleteRole"],
        "Resource": "*",
        "Condition": {"StringEquals": {"iam:PermissionsBoundary": _BOUNDARY}},
    }
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return {
        "Resources": {
            "Boundary": _managed_policy("boundary", everything),
            "Execution": _managed_policy("execution", roles, {**everything, "Action": "s3:GetObject"}),
        }
    }


def _role_stack(boundary: str) -> stacks.Template:
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    properties = {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        **({"PermissionsBoundary": boundary} if boundary else {}),
    }
    return {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}}


def _assembly(folder: Path) -> Path:
    """What `cdk synth` writes: the first stack with the legacy synthesizer, the others with the default one."""
    executor = f"arn:aws:iam::{ACCOUNT}:role/cdk-{_QUALIFIER}-cfn-exec-role-{ACCOUNT}-{REGION}"
    deployer = executor.replace("cfn-exec", "deploy")
    templates = {
        "first": _first_stack(),
        "bounded": _role_stack(_BOUNDARY),
        "unbounded": _role_stack(""),
    }
    artifacts = {}
    for name, template in templates.items():
        (folder / f"{name}.template.json").write_text(json.dumps(template))
        roles = {"assumeRoleArn": deployer, "cloudFormationExecutionRoleArn": executor} if name != "first" else {}
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://{ACCOUNT}/{REGION}",
            "properties": {"templateFile": f"{name}.template.json", "validateOnSynth": False, **roles},
        }
    (folder / "manifest.json").write_text(json.dumps({"version": "36.0.0", "artifacts": artifacts}))
    return folder


def should_bootstrap_with_the_policies_of_a_stack_that_came_first(local_cloud: LocalCloud, tmp_path: Path) -> None:
    assembly = str(_assembly(tmp_path))
    command = (str(REPOSITORY / ".venv/bin/node"), str(REPOSITORY / "node_modules/aws-cdk/bin/cdk"))

    def cdk(*arguments: str) -> str:
        run = local_cloud.run(*command, *arguments, "--app", assembly)
        return "" if run.returncode == 0 else run.stdout + run.stderr

    deploy = ("deploy", "--exclusively", "--require-approval", "never")
    assert cdk(*deploy, "first") == ""
    given = ("--qualifier", _QUALIFIER, "--toolkit-stack-name", "toolkit", "--bootstrap-customer-key")
    assert cdk("bootstrap", *given, "--cloudformation-execution-policies", _POLICY) == ""
    assert "not authorized to perform: iam:CreateRole" in cdk(*deploy, "unbounded")
    assert cdk(*deploy, "bounded") == ""
