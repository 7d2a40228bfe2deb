"""What runs inside a synth: six cdk-nag packs, CloudFormation's validator, and our Guard rules."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cdk_nag
import constructs
import jsii

from config import catalogue
from review.accepted import acknowledgements
from review.findings import Place

GUARD = Path(__file__).parent / "guard" / "sagemaker.guard"
VALIDATOR = "CloudFormation Validate"
# pack -> what makes it for an app
PACKS: dict[str, Callable[[cdk.App], cdk_nag.NagPack]] = {
    "AwsSolutions": cdk_nag.AwsSolutionsChecks,
    "HIPAA.Security": cdk_nag.HIPAASecurityChecks,
    "NIST.800.53.R4": cdk_nag.NIST80053R4Checks,
    "NIST.800.53.R5": cdk_nag.NIST80053R5Checks,
    "PCI.DSS.321": cdk_nag.PCIDSS321Checks,
    "Serverless": cdk_nag.ServerlessChecks,
}
# The validator's errors fail like everyone else's; the report, not an exception, says what was found.
CONTEXT = {"@aws-cdk/core:validateAgainstDefaultRules": True, "@aws-cdk/core:failSynthOnValidationErrors": False}


def attach(app: cdk.App) -> None:
    """Add all packs to an app, and give them the acknowledgements its resources hold."""
    app.node.add_validation(_Acknowledge(app))
    cdk.Validations.of(app).add_plugins(*(pack(app) for pack in PACKS.values()), validator())


@cache
def validator() -> cdk.CloudFormationValidatePlugin:
    """One for all environments: reading its rules takes most of a second."""
    families = "|".join(sorted(catalogue.instance_families().local_nvme))
    content = GUARD.read_text("utf-8").replace("/LOCAL_NVME/", rf"/^ml\.({families})\./")
    rules = cdk.ValidationRuleSource(name=GUARD.stem, content=content)
    return cdk.CloudFormationValidatePlugin(guard_rules=[rules])


def qualified(rule: str) -> str:
    """The id under which the CDK records an acknowledgement: a bare one would hide the finding without a trace."""
    pack = next((name for name in PACKS if rule.startswith(f"{name}-")), VALIDATOR.replace(" ", "-"))
    return f"{pack}::{rule}"


@jsii.implements(constructs.IValidation)
class _Acknowledge:
    """Runs when all references between stacks have their final names, which cdk-nag's finding ids contain."""

    def __init__(self, app: cdk.App) -> None:
        self._app = app

    def validate(self) -> list[str]:
        """Called by the CDK during synth. Has no complaints of its own."""
        templates: dict[cdk.Stack, Any] = {}
        for node in self._app.node.find_all():
            if isinstance(node, cdk.Stack):
                templates[node] = node.template_options.metadata or {}
            if isinstance(node, cdk.CfnResource):
                reasons: dict[str, list[str]] = {}
                template = templates[cdk.Stack.of(node)]
                for accepted in acknowledgements(_resolved(node), Place("", "", "", ""), template):
                    text = f"{accepted.reason} Evidence: {accepted.evidence}"
                    reasons.setdefault(qualified(accepted.rule), []).append(text)
                given = [cdk.Acknowledgment(id=rule, reason=" / ".join(texts)) for rule, texts in reasons.items()]
                if given:
                    cdk.Validations.of(node).acknowledge(*given)
        return []


def _resolved(node: cdk.CfnResource) -> dict[str, Any]:
    """As much of the resource as acknowledgements need, in the template's words."""
    resource: dict[str, Any] = {"Metadata": node.cfn_options.metadata or {}}
    if isinstance(node, cdk.aws_iam.CfnManagedPolicy):
        document = cdk.Stack.of(node).resolve(node.policy_document)
        name = node.managed_policy_name or ""
        resource["Properties"] = {"Path": node.path, "ManagedPolicyName": name, "PolicyDocument": document}
    return resource
