"""What holds for every role of every environment, whatever it is for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from config import Platform, environment_names
from review.iam import Deployed
from tests.permissions.reading import every_statement, kind, policies, roles
from tests.stacks.variant import changed, stacks_of

# kind -> the service that assumes it, or the people and applications that do
ASSUMED_BY = {
    "api-logs": "apigateway.amazonaws.com",
    "flow-logs": "vpc-flow-logs.amazonaws.com",
    "front-door": "lambda.amazonaws.com",
    "function": "lambda.amazonaws.com",
    "pipeline-schedule": "scheduler.amazonaws.com",
    "pipeline-start": "events.amazonaws.com",
    "release": "cloudformation.amazonaws.com",
    "trail-logs": "cloudtrail.amazonaws.com",
    **dict.fromkeys(
        ["processing", "training", "evaluation", "scan", "experiment", "pipeline", "hosting"],
        "sagemaker.amazonaws.com",
    ),
}
PEOPLE = {"analyst", "approver", "auditor", "custodian", "data-scientist", "uploader"}
APPLICATIONS = {"caller"}
# They send no account along when they assume a role: with the condition nothing would work.
WITHOUT_SOURCE = {f"{service}.amazonaws.com" for service in ("apigateway", "cloudformation", "cloudtrail", "lambda")}
# IAM and AWS STS quotas: characters of a managed policy, white space aside; policies attached to a role.
POLICY_CHARACTERS = 6144
POLICIES_OF_A_ROLE = 10
LINEAR = {"entry_point": "train_linear.py", "image": "sklearn"}
SERVED = {"model": "reviews", "candidate": "linear", "weight": 1, "scaling": {"min": 1, "max": 2, "target": 4}}
# As large as the schema lets them be, or as an organisation may well have them.
LARGE: dict[str, dict[str, Any]] = {
    "ten candidates": {"models": {"reviews": {"candidates": {f"candidate{n}": LINEAR for n in range(8)}}}},
    "a machine with drives of its own": {
        "models": {"reviews": {"candidates": {"linear": {"instance_type": "ml.g5.xlarge"}}}}
    },
    "five endpoints": {"endpoints": {f"another{n}": {"variants": {"linear": SERVED}} for n in range(4)}},
    "ten variants": {"endpoints": {"reviews": {"variants": {f"variant{n}": SERVED for n in range(8)}}}},
    "long names": {"prefix": "a" * 20, "environment": "b" * 20},
}


def should_keep_every_role_inside_the_boundary(cloud: Deployed, platform: Platform) -> None:
    assert {role.properties.get("PermissionsBoundary") for role in roles(cloud)} == {platform.boundary_arn}


def should_have_the_roles_of_these_kinds_and_no_other(cloud: Deployed, platform: Platform) -> None:
    expected = {*ASSUMED_BY, *PEOPLE, *APPLICATIONS} - ({"custodian"} if platform.retain_data else set())
    if not any(endpoint.capture for endpoint in platform.endpoints.values()):
        expected -= {"analyst"}
    if not any(model.schedule for model in platform.models.values()):
        expected -= {"pipeline-schedule"}
    assert {kind(role) for role in roles(cloud)} == expected


def should_keep_roles_and_their_policies_below_the_path_of_their_kind(cloud: Deployed, platform: Platform) -> None:
    for role in roles(cloud):
        path = f"/ashlar/{platform.environment}/{kind(role)}/"
        assert role.properties["Path"] == path, role.path
        assert {policy.properties["Path"] for policy in policies(cloud, role)} == {path}, role.path


def should_say_all_that_a_role_may_in_managed_policies_of_its_own(cloud: Deployed) -> None:
    for role in roles(cloud):
        assert "Policies" not in role.properties, role.path
        assert 1 <= len(policies(cloud, role)) <= POLICIES_OF_A_ROLE, role.path
    for policy in cloud.of("AWS::IAM::ManagedPolicy"):
        assert "Roles" not in policy.properties, policy.path
        if not policy.stack.endswith("-bootstrap"):
            assert len(policy.carried_by) == 1, policy.path
    assert not cloud.of("AWS::IAM::Policy")


def should_let_only_services_and_people_of_this_account_assume_a_role(cloud: Deployed, platform: Platform) -> None:
    own = {"AWS": f"arn:aws:iam::{platform.account}:root"}
    for role in roles(cloud):
        (statement,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Effect"] == "Allow"
        assert statement["Action"] == "sts:AssumeRole"
        service = ASSUMED_BY.get(kind(role))
        assert statement["Principal"] == ({"Service": service} if service else own), role.path


def should_let_a_service_assume_a_role_for_this_account_only(cloud: Deployed, platform: Platform) -> None:
    for role in roles(cloud):
        (statement,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
        service = statement["Principal"].get("Service")
        if service in WITHOUT_SOURCE:
            assert "Condition" not in statement, role.path
        elif service:
            assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": platform.account}, role.path
        if service == "sagemaker.amazonaws.com":
            own = {"aws:SourceArn": f"arn:aws:sagemaker:{platform.region}:{platform.account}:*"}
            assert statement["Condition"]["ArnLike"] == own, role.path


def should_ask_people_for_a_second_factor(cloud: Deployed, platform: Platform) -> None:
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    assert platform.identity.require_mfa or platform.environment == "local"
    for role in roles(cloud):
        (statement,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
        if kind(role) in PEOPLE:
            assert statement.get("Condition") == (mfa if platform.identity.require_mfa else None), role.path
        if kind(role) in APPLICATIONS:
            assert "Condition" not in statement, role.path


def should_allow_nobody_everything(cloud: Deployed) -> None:
    for where, statement in every_statement(cloud):
        if statement["Effect"] == "Allow":
            assert not {"*", "*:*", "iam:*", "sts:*", "s3:*", "kms:*", "sagemaker:*"} & set(statement["Action"]), where


def should_name_every_action_of_a_role(cloud: Deployed) -> None:
    """Only the boundary, which grants nothing, names actions by pattern."""
    for where, statement in every_statement(cloud):
        if statement["Effect"] == "Allow" and "/Boundary:" not in where:
            assert not [action for action in statement["Action"] if "*" in action], where


def should_pass_roles_to_named_services_only(cloud: Deployed, platform: Platform) -> None:
    own = f"arn:aws:iam::{platform.account}:role/ashlar/{platform.environment}/"
    passing = [(where, s) for where, s in every_statement(cloud) if "iam:PassRole" in s["Action"]]
    assert len(passing) == 6  # pipeline, data scientist, release, reconciler; the boundary, and CloudFormation itself
    for where, statement in passing:
        assert statement["Action"] == ["iam:PassRole"], where
        services = statement["Condition"]["StringEquals"]["iam:PassedToService"]
        assert services, where
        assert "*" not in json.dumps(services), where
        if "-bootstrap/" in where:
            assert statement["Resource"] == [f"{own}*"], where
        else:
            assert all(role.startswith(own) and "*" not in role for role in statement["Resource"]), where


def _lifelike(value: Any) -> Any:
    """References at the length of what they become: ARNs of 60 characters, and EC2's ids."""
    if isinstance(value, list):
        return [_lifelike(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "Fn::Join" in value:
        return "".join(_lifelike(part) for part in value["Fn::Join"][1])
    if "Ref" in value or "Fn::GetAtt" in value or "Fn::ImportValue" in value:
        return "x" * (24 if "Subnet" in json.dumps(value) or "GroupId" in json.dumps(value) else 60)
    return {key: _lifelike(each) for key, each in value.items()}


def _too_long(stacks: dict[str, dict[str, Any]]) -> dict[str, int]:
    """Where a managed policy stands that IAM would refuse -> its length."""
    sizes = {
        f"{stack}/{id}": len(json.dumps(_lifelike(its["Properties"]["PolicyDocument"]), separators=(",", ":")))
        for stack, template in stacks.items()
        for id, its in template["Resources"].items()
        if its["Type"] == "AWS::IAM::ManagedPolicy"
    }
    assert sizes
    return {where: size for where, size in sizes.items() if size > POLICY_CHARACTERS}


@pytest.mark.parametrize("environment", environment_names())
def should_fit_into_iams_quota(
    environment: str, templates: Callable[[str], dict[str, Any]], bootstrap: Callable[[str], dict[str, Any]]
) -> None:
    assert _too_long({**templates(environment), "bootstrap": bootstrap(environment)}) == {}


@pytest.mark.parametrize("size", LARGE)
def should_fit_into_iams_quota_however_large_the_platform_is(size: str) -> None:
    platform = changed("prod", LARGE[size])
    assert _too_long({**stacks_of(platform), **stacks_of(platform, bootstrap=True)}) == {}
