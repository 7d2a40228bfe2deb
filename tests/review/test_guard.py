"""Our own Guard rules: each reports a bad resource, and none a good one."""

from __future__ import annotations

import re
from typing import Any

import aws_cdk as cdk
import pytest

from config import catalogue
from review.assembly import Assembly, synthesize
from review.packs import GUARD

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ROLE = "arn:aws:iam::111122223333:role/job"
VPC = {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
ISOLATED = {"EnableNetworkIsolation": True, "EnableInterContainerTrafficEncryption": True, "VpcConfig": VPC}
BOUNDED = {"StoppingCondition": {"MaxRuntimeInSeconds": 60}}
CLUSTER = {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}}
ENCRYPTED = {"ClusterConfig": {**CLUSTER["ClusterConfig"], "VolumeKmsKeyId": KEY}}


def variant(instance_type: str, count: int = 2) -> dict[str, Any]:
    return {"VariantName": "a", "ModelName": "m", "InstanceType": instance_type, "InitialInstanceCount": count}


# rule -> (type, properties that break it)
BAD: dict[str, tuple[str, dict[str, Any]]] = {
    "SM_NOTEBOOK_NO_INTERNET": ("AWS::SageMaker::NotebookInstance", {"DirectInternetAccess": "Enabled"}),
    "SM_NOTEBOOK_IN_VPC": ("AWS::SageMaker::NotebookInstance", {}),
    "SM_NOTEBOOK_NO_ROOT": ("AWS::SageMaker::NotebookInstance", {"RootAccess": "Enabled"}),
    "SM_NOTEBOOK_PLATFORM": ("AWS::SageMaker::NotebookInstance", {"PlatformIdentifier": "notebook-al2-v2"}),
    "SM_NOTEBOOK_VOLUME_KEY": ("AWS::SageMaker::NotebookInstance", {}),
    "SM_NOTEBOOK_IMDSV2": ("AWS::SageMaker::NotebookInstance", {}),
    "SM_TWO_INSTANCES": ("AWS::SageMaker::EndpointConfig", {"ProductionVariants": [variant("ml.m5.large", 1)]}),
    "SM_MODEL_ISOLATION": ("AWS::SageMaker::Model", {"EnableNetworkIsolation": False}),
    "SM_MODEL_IN_VPC": ("AWS::SageMaker::Model", {}),
    "SM_ENDPOINT_VOLUME_KEY": ("AWS::SageMaker::EndpointConfig", {"ProductionVariants": [variant("ml.m5.large")]}),
    "SM_CAPTURE_KEY": ("AWS::SageMaker::EndpointConfig", {"DataCaptureConfig": {"DestinationS3Uri": "s3://b/c"}}),
    "SM_ASYNC_KEY": (
        "AWS::SageMaker::EndpointConfig",
        {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/c"}}},
    ),
    "SM_EXPERIMENT_KEYS": ("AWS::SageMaker::InferenceExperiment", {"KmsKey": KEY, "DataStorageConfig": {}}),
    "SM_MONITOR_ISOLATION": ("AWS::SageMaker::DataQualityJobDefinition", {}),
    "SM_MONITOR_TRAFFIC_ENCRYPTION": ("AWS::SageMaker::ModelBiasJobDefinition", {"NetworkConfig": {}}),
    "SM_MONITOR_BOUNDS": ("AWS::SageMaker::ModelQualityJobDefinition", {"NetworkConfig": ISOLATED}),
    "SM_SCHEDULE": (
        "AWS::SageMaker::MonitoringSchedule",
        {"MonitoringScheduleConfig": {"MonitoringJobDefinition": {}}},
    ),
    "SM_PROCESSING_JOB": ("AWS::SageMaker::ProcessingJob", {"NetworkConfig": ISOLATED, "ProcessingResources": CLUSTER}),
    "SM_FEATURE_STORE_KEYS": ("AWS::SageMaker::FeatureGroup", {"OnlineStoreConfig": {"EnableOnlineStore": True}}),
    "SM_DOMAIN": ("AWS::SageMaker::Domain", {"AppNetworkAccessType": "PublicInternetOnly", "KmsKeyId": KEY}),
    "OWN_ROLE_BOUNDARY": ("AWS::IAM::Role", {"Path": "/ashlar/dev/training/"}),
    "OWN_ENDPOINT_POLICY": ("AWS::EC2::VPCEndpoint", {}),
    "OWN_EGRESS": ("AWS::EC2::SecurityGroup", {"SecurityGroupEgress": [{"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp"}]}),
    "OWN_FUNCTION_IN_VPC": ("AWS::Lambda::Function", {"KmsKeyArn": KEY}),
    "OWN_KEY_ROTATION": ("AWS::KMS::Key", {"EnableKeyRotation": False}),
}
GOOD: list[tuple[str, dict[str, Any]]] = [
    (
        "AWS::SageMaker::NotebookInstance",
        {
            "DirectInternetAccess": "Disabled",
            "SubnetId": "subnet-1",
            "SecurityGroupIds": ["sg-1"],
            "RootAccess": "Disabled",
            "PlatformIdentifier": "notebook-al2023-v1",
            "KmsKeyId": KEY,
            "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "2"},
        },
    ),
    (
        "AWS::SageMaker::EndpointConfig",
        {
            "ProductionVariants": [variant("ml.m5.large")],
            "KmsKeyId": KEY,
            "DataCaptureConfig": {"KmsKeyId": KEY},
            "AsyncInferenceConfig": {"OutputConfig": {"KmsKeyId": KEY}},
        },
    ),
    ("AWS::SageMaker::EndpointConfig", {"ProductionVariants": [{"ServerlessConfig": {}}], "KmsKeyId": KEY}),
    ("AWS::SageMaker::Model", {"EnableNetworkIsolation": True, "VpcConfig": VPC}),
    (
        "AWS::SageMaker::DataQualityJobDefinition",
        {"NetworkConfig": ISOLATED, "JobResources": ENCRYPTED, **BOUNDED},
    ),
    (
        "AWS::SageMaker::MonitoringSchedule",
        {"MonitoringScheduleConfig": {"MonitoringJobDefinition": {"NetworkConfig": ISOLATED}}},
    ),
    ("AWS::SageMaker::ProcessingJob", {"NetworkConfig": ISOLATED, "ProcessingResources": ENCRYPTED, **BOUNDED}),
    (
        "AWS::SageMaker::FeatureGroup",
        {
            "OnlineStoreConfig": {"SecurityConfig": {"KmsKeyId": KEY}},
            "OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://b", "KmsKeyId": KEY}},
        },
    ),
    ("AWS::SageMaker::Domain", {"AppNetworkAccessType": "VpcOnly", "KmsKeyId": KEY}),
    ("AWS::SageMaker::InferenceExperiment", {"KmsKey": KEY, "DataStorageConfig": {"KmsKey": KEY}}),
    ("AWS::IAM::Role", {"PermissionsBoundary": "arn:aws:iam::111122223333:policy/b", "Path": "/ashlar/dev/"}),
    ("AWS::EC2::VPCEndpoint", {"PolicyDocument": {}}),
    ("AWS::EC2::SecurityGroup", {"SecurityGroupEgress": [{"CidrIp": "10.0.0.0/16", "IpProtocol": "tcp"}]}),
    ("AWS::EC2::SecurityGroup", {"SecurityGroupEgress": [{"DestinationPrefixListId": "pl-1", "IpProtocol": "tcp"}]}),
    ("AWS::Lambda::Function", {"KmsKeyArn": KEY, "VpcConfig": {"SubnetIds": ["subnet-1"]}}),
    ("AWS::KMS::Key", {"EnableKeyRotation": True}),
]
NVME = sorted(catalogue.instance_families().local_nvme)


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Logical id -> Guard rules that it breaks."""

    def compose(app: cdk.App) -> None:
        stack = cdk.Stack(app, "guarded", env=cdk.Environment(region="eu-west-1"))
        for rule, (type, properties) in BAD.items():
            cdk.CfnResource(stack, f"Bad{rule}", type=type, properties=properties)
        for number, (type, properties) in enumerate(GOOD):
            cdk.CfnResource(stack, f"Good{number}", type=type, properties=properties)
        for family in NVME:
            properties = {"ProductionVariants": [variant(f"ml.{family}.2xlarge")]}
            cdk.CfnResource(stack, f"Nvme{family}", type="AWS::SageMaker::EndpointConfig", properties=properties)

    assembly: Assembly = synthesize("test", "eu-west-1", tmp_path_factory.mktemp("guarded"), compose)
    broken: dict[str, set[str]] = {logical_id: set() for logical_id in assembly.templates["guarded"]["Resources"]}
    for finding in assembly.findings():
        if finding.tool == "guard":
            broken[finding.place.logical_id].add(finding.rule)
    return broken


def should_try_every_rule() -> None:
    assert set(re.findall(r"^rule (\w+)", GUARD.read_text("utf-8"), re.MULTILINE)) == set(BAD)


@pytest.mark.parametrize("rule", BAD)
def should_report_the_bad_resource(rule: str, judged: dict[str, set[str]]) -> None:
    assert rule in judged["Bad" + rule.replace("_", "")]


@pytest.mark.parametrize("number", range(len(GOOD)))
def should_not_report_the_good_resource(number: int, judged: dict[str, set[str]]) -> None:
    assert judged[f"Good{number}"] == set()


@pytest.mark.parametrize("family", NVME)
def should_ask_no_key_of_families_that_refuse_one(family: str, judged: dict[str, set[str]]) -> None:
    assert judged[f"Nvme{family.replace('-', '')}"] == set()
