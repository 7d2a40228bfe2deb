"""One planted violation for each family of scanners, which has to be found: a blind scanner certifies nothing.

The planted stack is one more environment of the same run, and the planted files lie among the scanned ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as function
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker

from review.findings import Finding, ReviewError

ENVIRONMENT = "canary"
REGION = "eu-west-1"
# Names that no file of the project has
SOURCE = "planted.py"
REVEALING = "planted.cfg"
# family -> the rule that must be found, and a part of the name of what breaks it
EXPECTED = {
    "AwsSolutions": ("AwsSolutions-S1", "OpenBucket"),
    "HIPAA.Security": ("HIPAA.Security-S3BucketLoggingEnabled", "OpenBucket"),
    "NIST.800.53.R4": ("NIST.800.53.R4-S3BucketLoggingEnabled", "OpenBucket"),
    "NIST.800.53.R5": ("NIST.800.53.R5-S3BucketLoggingEnabled", "OpenBucket"),
    "PCI.DSS.321": ("PCI.DSS.321-S3BucketLoggingEnabled", "OpenBucket"),
    "Serverless": ("Serverless-LambdaTracing", "UntracedFunction"),
    "guard": ("SM_ENDPOINT_VOLUME_KEY", "UnencryptedEndpoint"),
    "CloudFormation Validate": ("E3045", "OpenBucket"),
    "checkov": ("CKV_AWS_18", "OpenBucket"),
    "cfn-lint": ("E3030", "OpenBucket"),
    "bandit": ("B307", SOURCE),
    "detect-secrets": ("AWS Access Key", REVEALING),
}


def plant(app: cdk.App) -> None:
    """A stack that breaks one rule of every family that reads templates."""
    stack = cdk.Stack(app, "canary", env=cdk.Environment(account="111122223333", region=REGION))
    # E3030: no such canned ACL; E3045: an ACL without ownership controls.
    s3.CfnBucket(stack, "OpenBucket", access_control="Everybody")
    function.CfnFunction(
        stack,
        "UntracedFunction",
        code=function.CfnFunction.CodeProperty(zip_file="pass"),
        handler="index.handler",
        runtime="python3.13",
        role=f"arn:aws:iam::{stack.account}:role/canary",
    )
    variant = sagemaker.CfnEndpointConfig.ProductionVariantProperty(
        variant_name="canary", model_name="canary", initial_variant_weight=1, instance_type="ml.m5.large"
    )
    sagemaker.CfnEndpointConfig(stack, "UnencryptedEndpoint", production_variants=[variant])


def plant_files(directory: Path) -> list[Path]:
    """A source that evaluates its input and a file with an access key."""
    directory.mkdir(parents=True, exist_ok=True)
    source, secret = directory / SOURCE, directory / REVEALING
    source.write_text("import sys\n\nprint(eval(sys.argv[1]))\n", "utf-8")
    # In two parts, or this file would be the finding. It is the example key of AWS's documentation, with another end.
    secret.write_text(f"aws_access_key_id = {'AKIA'}{'IOSFODNN7EXAMPLF'}\n", "utf-8")
    return [source, secret]


def is_planted(finding: Finding) -> bool:
    """Whether a finding is the canary's."""
    return finding.place.environment == ENVIRONMENT or finding.place.stack.endswith((f"/{SOURCE}", f"/{REVEALING}"))


def must_see(findings: Iterable[Finding]) -> None:
    """Raises ReviewError naming each family that did not find what was planted for it."""
    seen = [finding for finding in findings if is_planted(finding)]
    blind = [
        f"{family} did not report {rule} at the planted {name}"
        for family, (rule, name) in EXPECTED.items()
        if not any(each.tool == family and each.rule == rule and name in str(each.place) for each in seen)
    ]
    if blind:
        raise ReviewError(f"The review cannot certify anything: {'; '.join(blind)}.")
