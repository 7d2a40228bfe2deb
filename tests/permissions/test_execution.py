"""What CloudFormation may do for a deployment: everything that the stacks need, and nothing that widens it."""

from __future__ import annotations

from typing import Any

import pytest

from review.iam import Deployed, Kind, Policies, Policy, Principal, Request, evaluate
from tests.permissions.creation import CREATE
from tests.stacks.doors import EVERYTHING as EVERYTHING_OF_THE_DOOR
from tests.stacks.variant import changed, stacks_of

ACCOUNT = "111122223333"
CLOUDFORMATION = Principal(arn=f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-eu-west-1")
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/ashlar-bootstrap/dev/ashlar-dev-boundary"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ashlar/dev/function/ashlar-dev-release-Role"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/ashlar/dev/function/ashlar-dev-release-Policy"
# A key's policy of ours leaves the decision to IAM.
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    ],
}
Context = dict[str, Any]
OWN_TAGS = {"aws:ResourceTag/platform": "ashlar", "aws:ResourceTag/environment": "dev"}
MADE_WITH_TAGS = {"aws:RequestTag/platform": "ashlar", "aws:RequestTag/environment": "dev"}
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"
TARGET = f"arn:aws:application-autoscaling:eu-west-1:{ACCOUNT}:scalable-target/1a2b3c"
NAMESPACE = "application-autoscaling:service-namespace"
VPC = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:vpc/vpc-1"
POOL = f"arn:aws:cognito-idp:eu-west-1:{ACCOUNT}:userpool/eu-west-1_1a2b3c"
MODEL = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:model/ashlardevreviewslinearmodel-1"
NAMES = "arn:aws:apigateway:eu-west-1::/domainnames"
# All that a setting can add to what the four environments deploy.
EVERYTHING: dict[str, Any] = {
    "network": {"internet": "nat"},
    "audit": {"emails": ["operators@example.com"]},
    "front_door": EVERYTHING_OF_THE_DOOR,
    "models": {"reviews": {"schedule": {"cron": "0 3 ? * SUN *"}, "transform": {}}},
}


class Deployer:
    """The execution role of `cdk bootstrap` with the policies of one bootstrap stack."""

    def __init__(self, cloud: Deployed) -> None:
        found = [p for p in cloud.of("AWS::IAM::ManagedPolicy") if "-deploy-" in p.arn]
        assert len(found) == 8
        self._identity = [Policy.parse(p.properties["PolicyDocument"], source=p.path) for p in found]
        self._key = [Policy.parse(KEY_POLICY, source="the key's policy", kind=Kind.RESOURCE)]

    def may(self, action: str, resource: str, context: Context) -> bool:
        own = {"aws:RequestedRegion": "eu-west-1", "aws:ResourceAccount": ACCOUNT}
        resource_policy = self._key if action.startswith("kms:") else None
        request = Request(action, resource, CLOUDFORMATION, {**own, **context})
        return evaluate(request, Policies(identity=self._identity, resource=resource_policy)).allowed


@pytest.fixture(scope="module")
def whole() -> Deployed:
    platform = changed("dev", EVERYTHING)
    stacks = {**stacks_of(platform), **stacks_of(platform, bootstrap=True)}
    named = {platform.name(name): template for name, template in stacks.items()}
    return Deployed(named, account=ACCOUNT, region="eu-west-1")


@pytest.fixture(scope="module")
def deployer(whole: Deployed) -> Deployer:
    return Deployer(whole)


def should_allow_every_resource_of_the_stacks_to_be_created(whole: Deployed, deployer: Deployer) -> None:
    resources = [each for each in whole.resources if each.stack != "ashlar-dev-bootstrap"]
    assert {each.type for each in resources} - CREATE.keys() == set()
    refused = []
    for each in resources:
        action, on = CREATE[each.type]
        context = {**OWN_TAGS, **MADE_WITH_TAGS, "sagemaker:NetworkIsolation": "true"}
        context["application-autoscaling:service-namespace"] = "sagemaker"
        if each.type == "AWS::IAM::Role":
            context = {"iam:PermissionsBoundary": each.properties["PermissionsBoundary"]}
        refused += [(each.path, action, where) for where in on(each) if not deployer.may(action, where, context)]
    assert refused == []


def should_know_a_creating_call_for_no_type_that_nothing_makes(whole: Deployed) -> None:
    assert CREATE.keys() - {each.type for each in whole.resources} == set()


def should_allow_every_role_to_be_passed_to_its_service(whole: Deployed, deployer: Deployer) -> None:
    passed = 0
    for role in whole.of("AWS::IAM::Role"):
        (statement,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
        service = statement["Principal"].get("Service")
        if service:
            passed += 1
            assert deployer.may("iam:PassRole", role.arn, {"iam:PassedToService": service}), role.path
    assert passed > 10


# What is allowed, its forbidden twin, and why it is forbidden.
BOUNDED = {"iam:PermissionsBoundary": BOUNDARY}
TWINS: dict[str, tuple[tuple[str, str, Context], tuple[str, str, Context]]] = {
    "a role without the boundary": (
        ("iam:CreateRole", ROLE, BOUNDED),
        ("iam:CreateRole", ROLE, {}),
    ),
    "a role with another boundary": (
        ("iam:CreateRole", ROLE, BOUNDED),
        ("iam:CreateRole", ROLE, {"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    ),
    "a role outside of the environment's path": (
        ("iam:CreateRole", ROLE, BOUNDED),
        ("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/somebody", BOUNDED),
    ),
    "a role of another environment": (
        ("iam:CreateRole", ROLE, BOUNDED),
        ("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/ashlar/prod/function/one", BOUNDED),
    ),
    "a change to another boundary": (
        ("iam:PutRolePermissionsBoundary", ROLE, BOUNDED),
        (
            "iam:PutRolePermissionsBoundary",
            ROLE,
            {"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess"},
        ),
    ),
    "taking the boundary away": (
        ("iam:PutRolePermissionsBoundary", ROLE, BOUNDED),
        ("iam:DeleteRolePermissionsBoundary", ROLE, BOUNDED),
    ),
    "attaching a policy of AWS's": (
        ("iam:AttachRolePolicy", ROLE, {**BOUNDED, "iam:PolicyARN": POLICY}),
        ("iam:AttachRolePolicy", ROLE, {**BOUNDED, "iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    ),
    "attaching to a role without the boundary": (
        ("iam:AttachRolePolicy", ROLE, {**BOUNDED, "iam:PolicyARN": POLICY}),
        ("iam:AttachRolePolicy", ROLE, {"iam:PolicyARN": POLICY}),
    ),
    "an inline policy": (
        ("iam:AttachRolePolicy", ROLE, {**BOUNDED, "iam:PolicyARN": POLICY}),
        ("iam:PutRolePolicy", ROLE, BOUNDED),
    ),
    "a new version of the boundary": (
        ("iam:CreatePolicyVersion", POLICY, {}),
        ("iam:CreatePolicyVersion", BOUNDARY, {}),
    ),
    "another default version of the boundary": (
        ("iam:CreatePolicyVersion", POLICY, {}),
        ("iam:SetDefaultPolicyVersion", BOUNDARY, {}),
    ),
    "deleting the boundary": (
        ("iam:DeletePolicy", POLICY, {}),
        ("iam:DeletePolicy", BOUNDARY, {}),
    ),
    "a new version of its own policies": (
        ("iam:CreatePolicyVersion", POLICY, {}),
        ("iam:CreatePolicyVersion", BOUNDARY.replace("boundary", "deploy-identity"), {}),
    ),
    "passing a role to another service": (
        ("iam:PassRole", ROLE, {"iam:PassedToService": "lambda.amazonaws.com"}),
        ("iam:PassRole", ROLE, {"iam:PassedToService": "ec2.amazonaws.com"}),
    ),
    "passing a role of somebody else's": (
        ("iam:PassRole", ROLE, {"iam:PassedToService": "lambda.amazonaws.com"}),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/Administrator", {"iam:PassedToService": "lambda.amazonaws.com"}),
    ),
    "a user": (
        ("iam:CreateRole", ROLE, BOUNDED),
        ("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/ashlar/dev/one", BOUNDED),
    ),
    "changing its own role": (
        ("iam:UpdateAssumeRolePolicy", ROLE, {}),
        ("iam:UpdateAssumeRolePolicy", CLOUDFORMATION.arn, {}),
    ),
    "assuming a role": (
        ("iam:GetRole", ROLE, {}),
        ("sts:AssumeRole", ROLE, {}),
    ),
    "another bucket": (
        ("s3:PutBucketPolicy", "arn:aws:s3:::ashlar-dev-data-raw", {}),
        ("s3:PutBucketPolicy", "arn:aws:s3:::ashlar-prod-data-raw", {}),
    ),
    "objects": (
        ("s3:CreateBucket", "arn:aws:s3:::ashlar-dev-data-raw", {}),
        ("s3:GetObject", "arn:aws:s3:::ashlar-dev-data-raw/raw/reviews/1.csv", {}),
    ),
    "a key that is not the platform's": (
        ("kms:PutKeyPolicy", KEY, OWN_TAGS),
        ("kms:PutKeyPolicy", KEY, {**OWN_TAGS, "aws:ResourceTag/platform": "payroll"}),
    ),
    "a key of another environment": (
        ("kms:Decrypt", KEY, OWN_TAGS),
        ("kms:Decrypt", KEY, {**OWN_TAGS, "aws:ResourceTag/environment": "prod"}),
    ),
    "tagging a key that somebody has": (
        ("kms:TagResource", KEY, MADE_WITH_TAGS),
        ("kms:TagResource", KEY, {**MADE_WITH_TAGS, "kms:ResourceAliases": ["alias/payroll"]}),
    ),
    "granting a key to a person": (
        ("kms:CreateGrant", KEY, {**OWN_TAGS, "kms:GrantIsForAWSResource": "true"}),
        ("kms:CreateGrant", KEY, {**OWN_TAGS, "kms:GrantIsForAWSResource": "false"}),
    ),
    "deleting somebody's network": (
        ("ec2:DeleteVpc", VPC, OWN_TAGS),
        ("ec2:DeleteVpc", VPC, {"aws:ResourceTag/platform": "payroll"}),
    ),
    "a model that reaches the network": (
        ("sagemaker:CreateModel", MODEL, {"sagemaker:NetworkIsolation": "true"}),
        ("sagemaker:CreateModel", MODEL, {"sagemaker:NetworkIsolation": "false"}),
    ),
    "the role that deploys": (
        ("iam:UpdateAssumeRolePolicy", ROLE, {}),
        ("iam:UpdateAssumeRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/ashlar-bootstrap/dev/ci/ashlar-dev-Ci", {}),
    ),
    "a user pool of somebody else's": (
        ("cognito-idp:UpdateUserPool", POOL, OWN_TAGS),
        ("cognito-idp:UpdateUserPool", POOL, {"aws:ResourceTag/platform": "payroll"}),
    ),
    "another hosted zone": (
        ("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z0123456789", {}),
        ("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z9876543210", {}),
    ),
    "another truststore": (
        ("s3:GetObject", "arn:aws:s3:::example-certificates/callers.pem", {}),
        ("s3:GetObject", "arn:aws:s3:::example-certificates/others.pem", {}),
    ),
    "client certificates at another name": (
        ("apigateway:AddCertificateToDomain", f"{NAMES}/api.example.com", {}),
        ("apigateway:AddCertificateToDomain", f"{NAMES}/other.example.com", {}),
    ),
    "no client certificates any more": (
        ("apigateway:RemoveCertificateFromDomain", f"{NAMES}/api.example.com", {}),
        ("apigateway:RemoveCertificateFromDomain", f"{NAMES}/other.example.com", {}),
    ),
    "a version of somebody else's function": (
        ("lambda:PublishVersion", f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:ashlar-dev-front-door-x", {}),
        ("lambda:PublishVersion", f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:payroll", {}),
    ),
    "scaling of another service": (
        ("application-autoscaling:RegisterScalableTarget", TARGET, {NAMESPACE: "sagemaker"}),
        ("application-autoscaling:RegisterScalableTarget", TARGET, {NAMESPACE: "dynamodb"}),
    ),
    # None of the three knows a service namespace: in a request it is absent.
    "tags of what is no scalable target": (
        ("application-autoscaling:TagResource", TARGET, MADE_WITH_TAGS),
        ("application-autoscaling:TagResource", VPC, MADE_WITH_TAGS),
    ),
    "taking tags of what is no scalable target": (
        ("application-autoscaling:UntagResource", TARGET, {}),
        ("application-autoscaling:UntagResource", VPC, {}),
    ),
    "more than reading a scalable target's tags": (
        ("application-autoscaling:ListTagsForResource", TARGET, {}),
        ("application-autoscaling:DeregisterScalableTarget", TARGET, {}),
    ),
    "a network in another region": (
        ("ec2:CreateVpc", "*", {}),
        ("ec2:CreateVpc", "*", {"aws:RequestedRegion": "us-east-1"}),
    ),
    "another trail": (
        ("cloudtrail:StopLogging", f"arn:aws:cloudtrail:eu-west-1:{ACCOUNT}:trail/ashlar-dev-trail", {}),
        ("cloudtrail:StopLogging", f"arn:aws:cloudtrail:eu-west-1:{ACCOUNT}:trail/organization", {}),
    ),
}


@pytest.mark.parametrize("twin", TWINS)
def should_allow_one_and_refuse_its_twin(twin: str, deployer: Deployer) -> None:
    allowed, refused = TWINS[twin]
    assert deployer.may(*allowed)
    assert not deployer.may(*refused)
