"""Notebooks, models, endpoints, domains and feature groups. Source: Security Hub, SageMaker controls."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

from config import catalogue
from review.controls.estate import MONITORING_DEFINITIONS, Estate, carriers
from review.controls.findings import Finding, at, exists, expect, expect_that, state
from review.controls.properties import demand
from review.controls.registry import control

SECRET = re.compile(
    r"AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|(password|secret|token)\s*[:=]\s*['\"]?[^\s'\"$]{8,}", re.I
)
NOTEBOOK = "SageMaker::NotebookInstance"


demand("SageMaker.1", NOTEBOOK, "DirectInternetAccess", "Disabled")
demand("SageMaker.3", NOTEBOOK, "RootAccess", "Disabled")
demand("SageMaker.5", "SageMaker::Model", "EnableNetworkIsolation", True)
demand("SageMaker.6", "SageMaker::AppImageConfig", "Tags")
demand("SageMaker.7", "SageMaker::Image", "Tags")
demand("SageMaker.8", NOTEBOOK, "PlatformIdentifier", "notebook-al2023-v1")
demand("SageMaker.21", NOTEBOOK, "KmsKeyId")
demand("SageMaker.23", "SageMaker::InferenceExperiment", "KmsKey")
demand("SageMaker.24", "SageMaker::InferenceExperiment", "DataStorageConfig.KmsKey")
demand("cfg:sagemaker-domain-in-vpc", "SageMaker::Domain", "AppNetworkAccessType", "VpcOnly")
demand("sm:domain-cmk", "SageMaker::Domain", "KmsKeyId")
demand("EFS.1", "SageMaker::Domain", "KmsKeyId")
demand("sm:sso", "SageMaker::Domain", "AuthMode", "SSO")
demand(
    "sm:notebook-imdsv2", NOTEBOOK, "InstanceMetadataServiceConfiguration.MinimumInstanceMetadataServiceVersion", "2"
)


@control("SageMaker.2")
def notebook_in_vpc(estate: Estate) -> Iterator[Finding]:
    for notebook in estate.of(NOTEBOOK):
        yield expect(notebook, "SubnetId")
        yield expect(notebook, "SecurityGroupIds")


@control("sm:notebook-role-scope")
def notebook_role_without_wildcards(estate: Estate) -> Iterator[Finding]:
    for notebook in estate.of(NOTEBOOK):
        roles = [role for role in estate.of("IAM::Role") if role.arn == notebook.properties.get("RoleArn")]
        names = {role.ref for role in roles}
        granted = [s for s in estate.identity_statements if names & s.holder.carried_by]
        wide = [s for s in granted if s.allows and any("*" in action for action in s.actions)]
        yield state(notebook, bool(granted) and not wide, f"its role's policies: {len(wide)} with wildcards")


@control("sm:lifecycle-no-secrets")
def lifecycle_scripts_without_secrets(estate: Estate) -> Iterator[Finding]:
    for config in estate.of("SageMaker::NotebookInstanceLifecycleConfig"):
        scripts = [*config.properties.get("OnCreate", []), *config.properties.get("OnStart", [])]
        texts = [base64.b64decode(script["Content"]).decode() for script in scripts]
        clean = not any(SECRET.search(text) for text in texts)
        yield state(config, clean, f"{len(texts)} scripts searched for secrets")


@control("SageMaker.4")
def two_instances(estate: Estate) -> Iterator[Finding]:
    """Scaling in must not undo it, so the scalable target's minimum counts as well, also where a schedule sets it."""
    for config in estate.of("SageMaker::EndpointConfig"):
        for index, variant in enumerate(config.properties["ProductionVariants"]):
            if "ServerlessConfig" not in variant:
                path = f"ProductionVariants.{index}.InitialInstanceCount"
                yield expect_that(config, path, lambda count: count >= 2, "2 or more")
    for target in estate.of("ApplicationAutoScaling::ScalableTarget"):
        if target.properties["ScalableDimension"] == "sagemaker:variant:DesiredInstanceCount":
            yield expect_that(target, "MinCapacity", lambda count: count >= 2, "2 or more")
            for index, _ in enumerate(target.properties.get("ScheduledActions", [])):
                path = f"ScheduledActions.{index}.ScalableTargetAction.MinCapacity"
                yield expect_that(target, path, lambda count: count >= 2, "2 or more")


@control("SageMaker.16")
def image_from_private_registry(estate: Estate) -> Iterator[Finding]:
    for model in estate.of("SageMaker::Model"):
        if "PrimaryContainer" in model.properties:
            yield expect(model, "PrimaryContainer.ImageConfig.RepositoryAccessMode", "Vpc")


@control("SageMaker.19")
def images_of_inference_pipelines_from_private_registry(estate: Estate) -> Iterator[Finding]:
    for model in estate.of("SageMaker::Model"):
        for index, _ in enumerate(model.properties.get("Containers", [])):
            yield expect(model, f"Containers.{index}.ImageConfig.RepositoryAccessMode", "Vpc")


@control("SageMaker.17")
def offline_store_encrypted(estate: Estate) -> Iterator[Finding]:
    for group in estate.of("SageMaker::FeatureGroup"):
        if "OfflineStoreConfig" in group.properties:
            yield expect(group, "OfflineStoreConfig.S3StorageConfig.KmsKeyId")


@control("SageMaker.18")
def online_store_encrypted(estate: Estate) -> Iterator[Finding]:
    for group in estate.of("SageMaker::FeatureGroup"):
        if "OnlineStoreConfig" in group.properties:
            yield expect(group, "OnlineStoreConfig.SecurityConfig.KmsKeyId")


@control("cfg:sagemaker-endpoint-configuration-kms-key-configured")
def endpoint_volumes_encrypted(estate: Estate) -> Iterator[Finding]:
    """SageMaker refuses a key where every machine has local NVMe storage, which its hardware encrypts."""
    nvme = catalogue.instance_families().local_nvme
    for config in estate.of("SageMaker::EndpointConfig"):
        types = [v["InstanceType"] for v in config.properties["ProductionVariants"] if "InstanceType" in v]
        if any(type.split(".")[1] not in nvme for type in types):
            yield expect(config, "KmsKeyId")


@control("cfg:sagemaker-model-in-vpc")
def models_in_two_subnets(estate: Estate) -> Iterator[Finding]:
    for model in estate.of("SageMaker::Model"):
        yield expect_that(model, "VpcConfig.Subnets", lambda subnets: len(subnets) >= 2, "two subnets or more")
        yield expect(model, "VpcConfig.SecurityGroupIds")


@control("sm:data-capture-cmk")
def captured_data_encrypted(estate: Estate) -> Iterator[Finding]:
    for config in estate.of("SageMaker::EndpointConfig"):
        if at(config.properties, "DataCaptureConfig.EnableCapture") is True:
            yield expect(config, "DataCaptureConfig.KmsKeyId")


@control("sm:registry-in-use")
def registry_in_use(estate: Estate) -> Iterator[Finding]:
    yield from exists(estate.of("SageMaker::ModelPackageGroup"), "model package group")


@control("sm:monitor-enabled")
def monitor_enabled(estate: Estate) -> Iterator[Finding]:
    yield from exists(estate.of("SageMaker::MonitoringSchedule"), "monitoring schedule")


@control("sm:clarify-exists")
def clarify_exists(estate: Estate) -> Iterator[Finding]:
    yield from exists(estate.of(*MONITORING_DEFINITIONS[2:]), "bias or explainability job definition")


@control("SMDG-13")
def rollback_alarms(estate: Estate) -> Iterator[Finding]:
    """An endpoint goes back on its alarms, and whoever updates it may read them."""
    for endpoint in estate.of("SageMaker::Endpoint"):
        yield expect(endpoint, "DeploymentConfig.AutoRollbackConfiguration.Alarms")
    allowed = [s for s in estate.identity_statements if s.allows]
    reading = {role for s in allowed if "cloudwatch:DescribeAlarms" in s.actions for role in carriers(s.holder)}
    for statement in allowed:
        if "sagemaker:UpdateEndpoint" in statement.actions:
            both = carriers(statement.holder) <= reading
            yield state(statement.holder, both, "UpdateEndpoint with cloudwatch:DescribeAlarms")
