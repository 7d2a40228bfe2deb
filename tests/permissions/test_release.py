"""A release makes isolated models in the VPC, on the configured machines with encrypted volumes, and no others."""

from __future__ import annotations

from typing import Any

from config import Platform
from review.iam import Deployed
from tests.permissions.reading import actions, allowing, of_kind
from tests.stacks.modes import PACKAGE, platform_of, stacks_in
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


def should_let_a_serverless_models_role_write_nothing() -> None:
    assert "s3:PutObject" not in actions(of_kind(deployed_in("serverless"), "serverless"))
