"""The boundary lets every role do what its own policy allows, and no role what none of them needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from config import Platform
from review.iam import Deployed, Policies, Policy, Principal, Request, evaluate
from tests.permissions.reading import of_kind, roles, statements

Document = Mapping[str, Any]


def boundary(cloud: Deployed) -> list[Policy]:
    found = cloud.boundary(roles(cloud)[0])
    assert found
    return found


def allowed_requests(statement: Document, platform: Platform) -> Iterator[list[Request]]:
    """For each action and resource that a statement allows, requests of which the boundary must let one through.

    A pattern stands for itself: the boundary must cover all of it. `*` is what has no resource, or any of the account.
    """
    context = {
        "aws:ResourceAccount": platform.account,
        "aws:RequestedRegion": platform.region,
        # What the stacks' tags make of every key here, and what a release role's path makes of its ARN.
        "aws:ResourceTag/platform": platform.prefix,
        "aws:ResourceTag/environment": platform.environment,
    }
    for operator, keys in statement.get("Condition", {}).items():
        if operator != "Null":
            context |= {key: value[0] if isinstance(value, list) else value for key, value in keys.items()}
    for action in statement["Action"]:
        any_of_it = f"arn:aws:{action.split(':')[0]}:{platform.region}:{platform.account}:key/any"
        for resource in statement["Resource"]:
            where = [resource, any_of_it] if resource == "*" else [resource]
            yield [Request(action, each, context=context) for each in where]


def covers(policies: list[Policy], request: Request) -> bool:
    found = [
        s
        for policy in policies
        for s in policy.statements
        if s.covers(request.action, request.resource, request.values)
    ]
    return bool(found) and all(statement.effect == "Allow" for statement in found)


def should_cover_all_that_the_roles_own_policies_allow(cloud: Deployed, platform: Platform) -> None:
    limits, outside, seen = boundary(cloud), [], 0
    for role in roles(cloud):
        for statement in statements(cloud, role):
            for requests in allowed_requests(statement, platform):
                seen += 1
                if not any(covers(limits, request) for request in requests):
                    outside.append((role.path, requests[0].action, requests[0].resource))
    assert seen > 300
    assert outside == []


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:CreateRole", "role/ashlar/dev/function/another"),
        ("iam:AttachRolePolicy", "role/ashlar/dev/function/one"),
        ("iam:CreatePolicyVersion", "policy/ashlar-bootstrap/dev/ashlar-dev-boundary"),
        ("iam:CreateUser", "user/somebody"),
        ("iam:CreateAccessKey", "user/somebody"),
        ("iam:PassRole", "role/Administrator"),
        ("sts:AssumeRole", "role/Administrator"),
    ],
)
def should_let_nobody_make_or_take_an_identity(dev: Deployed, action: str, resource: str) -> None:
    passed = {"iam:PassedToService": "sagemaker.amazonaws.com"}
    assert not covers(boundary(dev), Request(action, f"arn:aws:iam::111122223333:{resource}", context=passed))


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("cloudtrail:StopLogging", "arn:aws:cloudtrail:eu-west-1:111122223333:trail/ashlar-dev"),
        ("kms:PutKeyPolicy", "arn:aws:kms:eu-west-1:111122223333:key/any"),
        ("kms:ScheduleKeyDeletion", "arn:aws:kms:eu-west-1:111122223333:key/any"),
        ("s3:PutBucketPolicy", "arn:aws:s3:::ashlar-dev-data-raw"),
        ("s3:BypassGovernanceRetention", "arn:aws:s3:::ashlar-dev-data-raw/raw/reviews/1"),
        ("logs:DeleteLogGroup", "arn:aws:logs:eu-west-1:111122223333:log-group:/ashlar-dev/trail"),
        ("ec2:AuthorizeSecurityGroupEgress", "arn:aws:ec2:eu-west-1:111122223333:security-group/sg-1"),
        ("lambda:UpdateFunctionCode", "arn:aws:lambda:eu-west-1:111122223333:function:ashlar-dev-release"),
        ("ssm:StartSession", "arn:aws:ecs:eu-west-1:111122223333:task/any"),
    ],
)
def should_let_nobody_undo_a_control(dev: Deployed, action: str, resource: str) -> None:
    own = {"aws:ResourceAccount": "111122223333"}
    assert not covers(boundary(dev), Request(action, resource, context=own))


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject", "s3:ListBucket"])
def should_let_nobody_reach_a_bucket_of_another_account(dev: Deployed, action: str) -> None:
    def may(account: str) -> bool:
        request = Request(action, "arn:aws:s3:::ashlar-dev-data-raw/object", context={"aws:ResourceAccount": account})
        return covers(boundary(dev), request)

    assert may("111122223333")
    assert not may("444455556666")


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])
def should_let_nobody_reach_another_teams_bucket(dev: Deployed, action: str) -> None:
    own = {"aws:ResourceAccount": "111122223333"}
    assert not covers(boundary(dev), Request(action, "arn:aws:s3:::payroll/object", context=own))


def should_let_nobody_use_another_environments_key(dev: Deployed) -> None:
    def may(environment: str) -> bool:
        tags = {"aws:ResourceTag/platform": "ashlar", "aws:ResourceTag/environment": environment}
        key = "arn:aws:kms:eu-west-1:111122223333:key/any"
        return covers(boundary(dev), Request("kms:Decrypt", key, context=tags))

    assert may("dev")
    assert not may("prod")


def should_let_a_stack_be_updated_as_a_release_role_only(dev: Deployed) -> None:
    """Without a role, CloudFormation would act as the one that the stack had last: that of a deployment."""

    def may(stack: str, role: str | None) -> bool:
        arn = f"arn:aws:cloudformation:eu-west-1:111122223333:stack/{stack}/1"
        context = {"cloudformation:RoleArn": f"arn:aws:iam::111122223333:role/{role}"} if role else {}
        return covers(boundary(dev), Request("cloudformation:UpdateStack", arn, context=context))

    assert may("ashlar-dev-inference-reviews", "ashlar/dev/release/one")
    assert not may("ashlar-dev-inference-reviews", None)
    assert not may("ashlar-dev-inference-reviews", "cdk-hnb659fds-cfn-exec-role-111122223333-eu-west-1")
    assert not may("payroll", "ashlar/dev/release/one")


def should_refuse_a_shell_into_a_job_whatever_else_is_allowed(dev: Deployed) -> None:
    """Also where a policy that somebody attaches later allows everything."""
    all_of_it = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    somebody = Principal(arn="arn:aws:iam::111122223333:role/ashlar/dev/data-scientist/one")
    job = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/any"

    def may(action: str, resource: str = job, **context: str) -> bool:
        asked = Request(action, resource, somebody, {key.replace("_", ":"): value for key, value in context.items()})
        everything = [Policy.parse(all_of_it, source="attached later")]
        return evaluate(asked, Policies(identity=everything, boundary=boundary(dev))).allowed

    assert may("sagemaker:CreateTrainingJob", sagemaker_EnableRemoteDebug="false")
    assert may("sagemaker:CreateTrainingJob")
    assert not may("sagemaker:CreateTrainingJob", sagemaker_EnableRemoteDebug="true")
    assert not may("sagemaker:UpdateTrainingJob", sagemaker_EnableRemoteDebug="true")
    assert not may("sagemaker:CreateNotebookInstanceLifecycleConfig")
    assert not may("sagemaker:CreateUserProfile")
    assert not may("sagemaker:StartSession")
    assert not may("sagemaker:CallWithBearerToken")


def should_let_a_release_call_a_function_whose_name_cloudformation_shortened(dev: Deployed) -> None:
    """What it makes of stack and logical id has at most 64 characters."""

    def may(name: str) -> bool:
        arn = f"arn:aws:lambda:eu-west-1:111122223333:function:{name}"
        return covers(boundary(dev), Request("lambda:InvokeFunction", arn))

    # pragma: allowlist nextline secret - a made-up or public value that opens nothing
    assert may("ashlar-dev-inference-reviews-LiveFunctionDFB70146-1a2b3c4d5e6f")
    # pragma: allowlist nextline secret - a made-up or public value that opens nothing
    assert may("ashlar-dev-infere-LiveFunctionDFB70146-1a2b3c4d5e6f")
    assert not may("ashlar-dev-release-ReconcilerFunction-1a2b3c4d5e6f")
    assert not may("payroll-inference-LiveFunction-1a2b3c4d5e6f")


def should_let_people_only_pass_roles_of_the_environment(dev: Deployed) -> None:
    (passing,) = [s for s in of_kind(dev, "data-scientist") if "iam:PassRole" in s["Action"]]
    assert len(passing["Resource"]) == 1
    for role in passing["Resource"]:
        to_sagemaker = Request("iam:PassRole", role, context={"iam:PassedToService": "sagemaker.amazonaws.com"})
        to_lambda = Request("iam:PassRole", role, context={"iam:PassedToService": "lambda.amazonaws.com"})
        assert covers(boundary(dev), to_sagemaker)
        assert not covers(boundary(dev), to_lambda)
