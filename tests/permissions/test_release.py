"""A release makes isolated models in the VPC, on the configured machines with encrypted volumes, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from config import Platform
from review.iam import Deployed, Policies, Policy, Principal, Request, evaluate
from tests.permissions.reading import actions, allowing, kind, of_kind, policies, roles
from tests.permissions.test_handlers import handlers, needed
from tests.stacks.modes import PACKAGE, platform_of, stacks_in
from tests.stacks.resources import text
from tests.stacks.variant import changed, stacks_of

MODEL, CONFIGURATION = "sagemaker:CreateModel", "sagemaker:CreateEndpointConfig"


def creating(cloud: Deployed, action: str) -> dict[str, Any]:
    """The conditions on which a release makes it."""
    (statement,) = allowing(of_kind(cloud, "release"), action)
    conditions: dict[str, Any] = statement["Condition"]
    return conditions


def should_make_isolated_models_in_the_vpc_only(cloud: Deployed) -> None:
    conditions = creating(cloud, MODEL)
    (model, *_) = cloud.of("AWS::SageMaker::Model")
    sets = conditions["ForAllValues:StringEquals"]
    assert sets == {
        "sagemaker:VpcSubnets": model.properties["VpcConfig"]["Subnets"],
        "sagemaker:VpcSecurityGroupIds": model.properties["VpcConfig"]["SecurityGroupIds"],
    }
    # Without these a request that leaves a key out would pass the set operators.
    assert conditions["Null"] == dict.fromkeys(sets, "false")
    assert conditions["Bool"] == {"sagemaker:NetworkIsolation": "true"}


def should_host_on_the_configured_machines_with_encrypted_volumes_only(cloud: Deployed, platform: Platform) -> None:
    conditions = creating(cloud, CONFIGURATION)
    (configuration,) = cloud.of("AWS::SageMaker::EndpointConfig")
    machines = sorted({variant.instance_type for variant in platform.endpoints["reviews"].variants.values()})
    assert conditions == {
        "ForAllValues:StringEquals": {"sagemaker:InstanceTypes": machines},
        "Null": {"sagemaker:InstanceTypes": "false"},
        "ArnEquals": {"sagemaker:VolumeKmsKeyArn": configuration.properties["KmsKeyId"]},
    }


def should_ask_no_volume_key_where_a_machine_encrypts_its_own_drives() -> None:
    """SageMaker refuses a key for the whole configuration then."""
    gpu = {"endpoints": {"reviews": {"variants": {"xgboost": {"instance_type": "ml.g5.xlarge"}}}}}
    platform = changed("dev", gpu)
    stacks = {platform.name(name): template for name, template in stacks_of(platform).items()}
    cloud = Deployed(stacks, account=platform.account, region=platform.region)
    assert "ArnEquals" not in creating(cloud, CONFIGURATION)
    assert not {action for action in actions(of_kind(cloud, "release")) if action.startswith("kms:")}


def deployed_in(mode: str) -> Deployed:
    """dev with one endpoint in this hosting mode, and its limits."""
    platform = platform_of(mode)
    every = {**stacks_in(mode), **stacks_in(mode, bootstrap=True)}
    stacks = {platform.name(name): template for name, template in every.items()}
    return Deployed(stacks, account=platform.account, region=platform.region)


def should_make_serverless_models_outside_of_the_vpc_and_no_others() -> None:
    cloud = deployed_in("serverless")
    assert creating(cloud, MODEL) == {"Null": {"sagemaker:VpcSubnets": "true"}}
    assert creating(cloud, CONFIGURATION) == {
        "Null": {"sagemaker:InstanceTypes": "true", "sagemaker:ServerlessMemorySize": "false"}
    }


def should_read_the_fixed_package_that_a_model_is_made_of() -> None:
    (statement,) = allowing(of_kind(deployed_in("package"), "release"), MODEL)
    assert PACKAGE in statement["Resource"]
    assert sum("model-package/" in resource for resource in statement["Resource"]) == 2


def should_let_an_asynchronous_endpoints_role_reach_only_its_own_requests() -> None:
    found = of_kind(deployed_in("asynchronous"), "asynchronous")
    assert {"s3:PutObject", "sns:Publish", "kms:GenerateDataKey"} <= actions(found)
    for statement in allowing(found, "s3:PutObject"):
        assert all("/async/ashlar-dev-reviews/" in resource for resource in statement["Resource"])


def released(cloud: Deployed) -> tuple[list[Policy], list[Policy]]:
    """What the release's role says, and its boundary."""
    (role,) = [each for each in roles(cloud) if kind(each) == "release"]
    found = [Policy.parse(p.properties["PolicyDocument"], source=p.path) for p in policies(cloud, role)]
    return found, cloud.boundary(role) or []


@pytest.mark.parametrize("verb", ["TagResource", "ListTagsForResource"])
def should_tag_scalable_targets_with_the_stacks_tags_and_read_them(dev: Deployed, verb: str) -> None:
    """Neither action knows a service namespace (Service Authorization Reference): in a request it is absent."""
    identity, boundary = released(dev)
    target = "arn:aws:application-autoscaling:eu-west-1:111122223333:scalable-target/1a2b3c"
    release = Principal(arn="arn:aws:iam::111122223333:role/ashlar/dev/release/one")

    def may(**tags: str) -> bool:
        given = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
        request = Request(f"application-autoscaling:{verb}", target, release, given)
        return evaluate(request, Policies(identity=identity, boundary=boundary)).allowed

    assert may(platform="ashlar", environment="dev", team="reviews")
    if verb == "TagResource":
        assert not may(platform="payroll", environment="dev")
        assert not may()
    else:
        assert may()


def should_read_a_hosting_role_as_cloudformations_handler_does(dev: Deployed) -> None:
    found = of_kind(dev, "release")
    for action in handlers()["AWS::IAM::Role"]["read"]["permissions"]:
        (statement,) = allowing(found, action)
        assert statement["Resource"]
        assert all(":role/ashlar/dev/hosting/" in text(resource) for resource in statement["Resource"])


def should_allow_a_release_what_the_handlers_of_its_types_call(dev: Deployed) -> None:
    """But for what a release never does: it changes no tags, and passes no role to Application Auto Scaling."""
    allowed = {action.lower() for action in actions(of_kind(dev, "release"))}
    hosted = {its.type for its in dev.resources if its.stack == "ashlar-dev-inference-reviews"}
    kinds = ("AWS::SageMaker::", "AWS::ApplicationAutoScaling::", "AWS::CloudWatch::")
    never = {"sagemaker:deletetags", "application-autoscaling:untagresource", "cloudwatch:untagresource"}
    types = sorted(type for type in hosted if type.startswith(kinds))
    assert len(types) == 6
    missing = {
        (type, action)
        for type in types
        for action in needed(type)
        if action.lower() not in allowed | never and not action.startswith("lambda:")
    }
    assert missing == set()


def should_let_a_requester_of_an_asynchronous_endpoint_do_no_more_than_ask_and_fetch() -> None:
    assert actions(of_kind(deployed_in("asynchronous"), "requester")) == {
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
        "sagemaker:InvokeEndpointAsync",
    }


def should_let_requests_of_asynchronous_endpoints_through_boundary_and_endpoint() -> None:
    cloud = deployed_in("asynchronous")
    (role,) = [each for each in roles(cloud) if kind(each) == "requester"]
    asked = "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/ashlar-dev-reviews"
    request = Request("sagemaker:InvokeEndpointAsync", asked, Principal(arn=role.arn), {})
    boundary = cloud.boundary(role)
    own = [Policy.parse(p.properties["PolicyDocument"], source=p.path) for p in policies(cloud, role)]
    assert evaluate(request, Policies(identity=own, boundary=boundary)).allowed
    passing = [
        text(its.properties["PolicyDocument"])
        for its in cloud.of("AWS::EC2::VPCEndpoint")
        if "sagemaker.runtime" in text(its.properties["ServiceName"])
    ]
    assert len(passing) == 1
    assert "sagemaker:InvokeEndpointAsync" in passing[0]


def should_let_a_serverless_models_role_write_nothing() -> None:
    assert "s3:PutObject" not in actions(of_kind(deployed_in("serverless"), "serverless"))
