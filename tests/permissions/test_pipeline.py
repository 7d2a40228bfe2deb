"""A pipeline's role starts jobs the secure way only, and registers with the status that the configuration gives."""

from __future__ import annotations

from typing import Any

import pytest

from config import Platform
from config.schema import Machine
from review.iam import Deployed
from tests.permissions.reading import allowing, of_kind
from tests.stacks.variant import changed, stacks_of

CREATE = ["sagemaker:CreateProcessingJob", "sagemaker:CreateTrainingJob"]


def creating(cloud: Deployed, action: str) -> list[dict[str, Any]]:
    found = allowing(of_kind(cloud, "pipeline"), action)
    assert found
    return found


@pytest.mark.parametrize("action", CREATE)
def should_start_jobs_in_the_vpc_isolated_and_encrypted_only(cloud: Deployed, action: str) -> None:
    subnets = {subnet.ref for subnet in cloud.of("AWS::EC2::Subnet")}
    keys = {key.arn for key in cloud.of("AWS::KMS::Key") if key.logical_id.startswith(("Data", "Artifacts"))}
    for statement in creating(cloud, action):
        conditions = statement["Condition"]
        sets = conditions["ForAllValues:StringEquals"]
        assert set(sets["sagemaker:VpcSubnets"]) == subnets
        assert len(sets["sagemaker:VpcSecurityGroupIds"]) == 1
        # Without these a request that leaves a key out would pass the set operators.
        assert conditions["Null"] == dict.fromkeys(sets, "false")
        assert conditions["Bool"] == {
            "sagemaker:NetworkIsolation": "true",
            "sagemaker:InterContainerTrafficEncryption": "true",
        }
        assert conditions["ArnEquals"]["sagemaker:VolumeKmsKeyArn"] in keys
        assert set(conditions["ArnEquals"]["sagemaker:OutputKmsKeyArn"]) <= keys


def should_start_only_the_machines_of_the_configuration_and_no_longer(cloud: Deployed, platform: Platform) -> None:
    model = platform.models["reviews"]
    expected: dict[str, list[Machine]] = {
        CREATE[0]: [model.processing, model.evaluation],
        CREATE[1]: list(model.candidates.values()),
    }
    for action, jobs in expected.items():
        (statement,) = creating(cloud, action)
        conditions = statement["Condition"]
        machines = sorted({job.instance_type for job in jobs})
        assert conditions["ForAllValues:StringEquals"]["sagemaker:InstanceTypes"] == machines
        longest = max(job.max_runtime_minutes for job in jobs) * 60
        assert conditions["NumericLessThanEquals"] == {"sagemaker:MaxRuntimeInSeconds": str(longest)}


def should_start_only_jobs_with_a_pipelines_name(cloud: Deployed) -> None:
    for action, resource in zip(CREATE, ("processing-job", "training-job"), strict=True):
        for statement in creating(cloud, action):
            assert [arn.split(":", 5)[5] for arn in statement["Resource"]] == [f"{resource}/pipelines-*"]


def should_register_only_with_the_status_of_the_configuration(cloud: Deployed, platform: Platform) -> None:
    """Where a person approves, a pipeline that says `Approved` is refused."""
    approval = platform.models["reviews"].approval
    assert approval == ("manual" if platform.environment in ("staging", "prod") else "automatic")
    (statement,) = creating(cloud, "sagemaker:CreateModelPackage")
    status = "PendingManualApproval" if approval == "manual" else "Approved"
    assert statement["Condition"] == {"StringEquals": {"sagemaker:ModelApprovalStatus": status}}


def should_tag_only_what_it_creates(cloud: Deployed) -> None:
    for statement in allowing(of_kind(cloud, "pipeline"), "sagemaker:AddTags"):
        (operator,) = statement["Condition"]
        assert operator == "StringEquals"
        assert set(statement["Condition"][operator]) == {"sagemaker:TaggingAction"}


def should_pass_the_roles_of_its_own_jobs_to_sagemaker_only(cloud: Deployed) -> None:
    (passing,) = allowing(of_kind(cloud, "pipeline"), "iam:PassRole")
    assert [role.split("/")[3] for role in passing["Resource"]] == ["processing", "training", "evaluation", "scan"]
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


def should_ask_no_volume_key_of_machines_that_encrypt_their_own_drives() -> None:
    """SageMaker refuses a key for their volumes; every other job keeps its own."""
    gpu = {"models": {"reviews": {"candidates": {"xgboost": {"instance_type": "ml.g5.xlarge"}}}}}
    platform = changed("dev", gpu)
    stacks = {**stacks_of(platform), **stacks_of(platform, bootstrap=True)}
    cloud = Deployed(
        {platform.name(name): template for name, template in stacks.items()},
        account=platform.account,
        region="eu-west-1",
    )
    volume = {}
    for action in CREATE:
        for statement in creating(cloud, action):
            conditions = statement["Condition"]
            for machine in conditions["ForAllValues:StringEquals"]["sagemaker:InstanceTypes"]:
                volume[action, machine] = "sagemaker:VolumeKmsKeyArn" in conditions["ArnEquals"]
                assert conditions["ArnEquals"]["sagemaker:OutputKmsKeyArn"]
    assert volume == {
        (CREATE[0], "ml.m5.xlarge"): True,
        (CREATE[1], "ml.m5.xlarge"): True,
        (CREATE[1], "ml.g5.xlarge"): False,
    }


SEARCH = {
    "objective": {"metric": "validation:macro_f1", "goal": "maximize"},
    "ranges": {"c": {"type": "continuous", "min": 0.1, "max": 10}},
    "max_jobs": 6,
}
MORE = {"linear": {"tuning": SEARCH, "checkpoints": True, "instance_type": "ml.c5.2xlarge"}}


@pytest.fixture(scope="module")
def searching() -> Deployed:
    """dev with a tuned candidate and a batch transform."""
    platform = changed("dev", {"models": {"reviews": {"candidates": MORE, "transform": {"instances": 2}}}})
    stacks = {**stacks_of(platform), **stacks_of(platform, bootstrap=True)}
    named = {platform.name(name): template for name, template in stacks.items()}
    return Deployed(named, account=platform.account, region="eu-west-1")


def should_search_as_securely_as_it_trains(searching: Deployed) -> None:
    (search,) = creating(searching, "sagemaker:CreateHyperParameterTuningJob")
    (train,) = creating(searching, "sagemaker:CreateTrainingJob")
    assert [arn.split(":", 5)[5] for arn in search["Resource"]] == ["hyper-parameter-tuning-job/*-Tune-*"]
    machines = "ForAllValues:StringEquals", "sagemaker:InstanceTypes"
    assert search["Condition"][machines[0]].pop(machines[1]) == ["ml.c5.2xlarge"]
    assert train["Condition"][machines[0]].pop(machines[1]) == ["ml.m5.2xlarge"]
    assert search["Condition"] == train["Condition"]


def should_transform_with_isolated_models_of_its_own_only(searching: Deployed) -> None:
    (model,) = creating(searching, "sagemaker:CreateModel")
    own = [arn for arn in model["Resource"] if arn.endswith(":model/pipelines-*")]
    assert own == model["Resource"]
    assert model["Condition"]["Bool"] == {"sagemaker:NetworkIsolation": "true"}
    assert model["Condition"]["Null"] == dict.fromkeys(model["Condition"]["ForAllValues:StringEquals"], "false")
    (transform,) = creating(searching, "sagemaker:CreateTransformJob")
    assert transform["Condition"]["ArnLike"] == {"sagemaker:ModelArn": own}
    assert transform["Condition"]["ForAllValues:StringEquals"] == {"sagemaker:InstanceTypes": ["ml.m5.large"]}
    assert transform["Condition"]["Null"] == {"sagemaker:InstanceTypes": "false"}
    assert set(transform["Condition"]["ArnEquals"]) == {"sagemaker:OutputKmsKeyArn", "sagemaker:VolumeKmsKeyArn"}


def should_let_a_transform_read_its_folder_and_write_predictions(searching: Deployed) -> None:
    found = of_kind(searching, "transform")
    written = [arn for each in allowing(found, "s3:PutObject") for arn in each["Resource"]]
    read = [arn for each in allowing(found, "s3:GetObject") for arn in each["Resource"]]
    assert [arn.split("/", 1)[1] for arn in written] == ["predictions/reviews/*"]
    assert sorted(arn.split("/", 1)[1] for arn in read) == ["models/reviews/*", "raw/reviews/transform/*"]


def should_let_training_write_checkpoints_only_where_they_are_kept(searching: Deployed, cloud: Deployed) -> None:
    def written(deployed: Deployed) -> set[str]:
        found = allowing(of_kind(deployed, "training"), "s3:PutObject")
        return {arn.split("/", 1)[1] for each in found for arn in each["Resource"]}

    assert written(searching) == {"models/reviews/*", "checkpoints/reviews/*"}
    assert written(cloud) == {"models/reviews/*"}


def should_start_neither_searches_nor_transforms_that_the_configuration_does_not_have(cloud: Deployed) -> None:
    allowed = {action for statement in of_kind(cloud, "pipeline") for action in statement["Action"]}
    for noun in ("HyperParameterTuningJob", "TransformJob", "Model"):
        assert f"sagemaker:Create{noun}" not in allowed


def should_ask_its_own_function_only(cloud: Deployed, platform: Platform) -> None:
    asking = allowing(of_kind(cloud, "pipeline"), "lambda:InvokeFunction")
    functions = [each.arn for each in cloud.of("AWS::Lambda::Function") if "-training-" in each.stack]
    assert [arn for statement in asking for arn in statement["Resource"]] == functions
