"""What an administrator deploys first: named limits that no later deployment can reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from config import environment_names, load_environment
from tests.stacks.resources import Template, of_type, statements_of
from tests.stacks.variant import changed, stacks_of

CI: dict[str, Any] = {
    "provider": "token.actions.githubusercontent.com",
    "subject": "repo:example-org/ashlar:environment:dev",
}
OWN_BOUNDARY = "arn:aws:iam::111122223333:policy/organisation/limits"
AREAS = ["identity", "network", "storage", "keys", "machinelearning", "functions", "audit"]


def limits(identity: dict[str, Any] | None = None) -> Template:
    (template,) = stacks_of(changed("dev", {"identity": identity or {}}), bootstrap=True).values()
    return template


def names(template: Template) -> set[str]:
    return {p["Properties"].get("ManagedPolicyName", "") for p in of_type(template, "AWS::IAM::ManagedPolicy")}


@pytest.mark.parametrize("environment", environment_names())
def should_name_the_policies_and_keep_them_out_of_the_roles_path(
    environment: str, bootstrap: Callable[[str], Template]
) -> None:
    platform, template = load_environment(environment), bootstrap(environment)
    expected = {f"ashlar-{environment}-boundary", *(f"ashlar-{environment}-deploy-{area}" for area in AREAS)}
    assert names(template) == expected
    for policy in of_type(template, "AWS::IAM::ManagedPolicy"):
        path = policy["Properties"]["Path"]
        assert path == f"/ashlar-bootstrap/{environment}/"
        assert not path.startswith(platform.role_path)
    assert {its["Type"] for its in template["Resources"].values()} == {"AWS::IAM::ManagedPolicy"}


def should_need_no_bootstrap_itself(bootstrap: Callable[[str], Template]) -> None:
    assert "Parameters" not in bootstrap("dev")
    assert "Rules" not in bootstrap("dev")


def should_make_the_boundary_that_all_roles_name(bootstrap: Callable[[str], Template]) -> None:
    boundary = bootstrap("dev")["Resources"]["Boundary"]["Properties"]
    arn = f"arn:aws:iam::111122223333:policy{boundary['Path']}{boundary['ManagedPolicyName']}"
    assert arn == load_environment("dev").boundary_arn


def should_make_no_boundary_where_the_organisation_brings_one() -> None:
    settings = {"identity": {"permissions_boundary": OWN_BOUNDARY}}
    template = limits(settings["identity"])
    assert names(template) == {f"ashlar-dev-deploy-{area}" for area in AREAS}
    statements = template["Resources"]["Identity"]["Properties"]["PolicyDocument"]["Statement"]
    (create,) = [s for s in statements if "iam:CreateRole" in s["Action"]]
    assert create["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": OWN_BOUNDARY}}
    roles = [
        role["Properties"]["PermissionsBoundary"]
        for stack in stacks_of(changed("dev", settings)).values()
        for role in stack["Resources"].values()
        if role["Type"] == "AWS::IAM::Role"
    ]
    assert set(roles) == {OWN_BOUNDARY}


def should_hand_the_execution_policies_and_the_qualifier_on(bootstrap: Callable[[str], Template]) -> None:
    outputs = bootstrap("dev")["Outputs"]
    joined = outputs["ExecutionPolicies"]["Value"]["Fn::Join"][1]
    assert [part["Ref"] for part in joined if isinstance(part, dict)] == [
        "Identity",
        "Network",
        "Storage",
        "Keys",
        "MachineLearning",
        "Functions",
        "Audit",
    ]
    assert outputs["Qualifier"]["Value"] == "hnb659fds"
    assert "CiRole" not in outputs


def should_trust_one_workflow_by_equality() -> None:
    template = limits({"ci": CI})
    (provider,) = of_type(template, "AWS::IAM::OIDCProvider")
    assert provider["Properties"]["Url"] == f"https://{CI['provider']}"
    assert provider["Properties"]["ClientIdList"] == ["sts.amazonaws.com"]
    (role,) = of_type(template, "AWS::IAM::Role")
    (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    (federated,) = statement["Principal"].values()
    assert template["Resources"][federated["Ref"]] == provider
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {f"{CI['provider']}:aud": "sts.amazonaws.com", f"{CI['provider']}:sub": CI["subject"]}
    }
    assert role["Properties"]["PermissionsBoundary"] == load_environment("dev").boundary_arn


def should_let_the_workflow_hand_over_to_the_roles_of_the_cdk_and_nothing_else() -> None:
    template = limits({"ci": CI, "bootstrap_qualifier": "org1"})
    (role,) = [id for id, its in template["Resources"].items() if its["Type"] == "AWS::IAM::Role"]
    (statement,) = statements_of(template, role)
    assert statement["Action"] == ["sts:AssumeRole"]
    kinds = ("deploy", "file-publishing", "lookup")
    assert statement["Resource"] == [
        f"arn:aws:iam::111122223333:role/cdk-org1-{kind}-role-111122223333-eu-west-1" for kind in kinds
    ]


def should_use_a_provider_that_exists() -> None:
    arn = f"arn:aws:iam::111122223333:oidc-provider/{CI['provider']}"
    template = limits({"ci": {**CI, "provider_arn": arn}})
    assert "AWS::IAM::OIDCProvider" not in {its["Type"] for its in template["Resources"].values()}
    (role,) = of_type(template, "AWS::IAM::Role")
    (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Federated": arn}
