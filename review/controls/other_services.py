"""Services that the platform uses little or not at all, and what an account provides. Source: Security Hub."""

from __future__ import annotations

from collections.abc import Iterator

from review.controls.estate import Estate, statements
from review.controls.findings import Finding, exists, expect, state
from review.controls.properties import demand
from review.controls.registry import control

demand("ECR.1", "ECR::Repository", "ImageScanningConfiguration.ScanOnPush", True)
demand("ECR.2", "ECR::Repository", "ImageTagMutability", "IMMUTABLE")
demand("ECR.3", "ECR::Repository", "LifecyclePolicy")
demand("ecr:kms", "ECR::Repository", "EncryptionConfiguration.EncryptionType", "KMS", "KMS_DSSE")
demand("StepFunctions.1", "StepFunctions::StateMachine", "LoggingConfiguration.Level", "ALL")
demand("sfn:xray", "StepFunctions::StateMachine", "TracingConfiguration.Enabled", True)
demand("DynamoDB.2", "DynamoDB::Table", "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled", True)
demand("Athena.4", "Athena::WorkGroup", "WorkGroupConfiguration.PublishCloudWatchMetricsEnabled", True)
demand("WAF.10", "WAFv2::WebACL", "Rules")

# Set for an account, not for a stack; a template could hold the resource all the same.
ACCOUNT = {
    "Config.1": ("Config::ConfigurationRecorder", "configuration recorder"),
    "GuardDuty.1": ("GuardDuty::Detector", "GuardDuty detector"),
    "Macie.1": ("Macie::Session", "Macie session"),
    "Inspector.2": ("Inspector::Activation", "CloudFormation type for Inspector's activation"),
    "CIS7-5.16": ("SecurityHub::Hub", "Security Hub"),
    "EC2.7": ("EC2::EbsEncryptionByDefault", "CloudFormation type for EBS encryption by default"),
    "CloudFormation.1": ("CloudFormation::Notification", "notification ARN: it is no property"),
}


def _account(id: str, type: str, what: str) -> None:
    def check(estate: Estate) -> Iterator[Finding]:
        yield from exists(estate.of(type), what)

    check.__name__ = type.rsplit("::", 1)[-1]
    control(id)(check)


for _id, (_type, _what) in ACCOUNT.items():
    _account(_id, _type, _what)


@control("ecr:open")
def repositories_closed(estate: Estate) -> Iterator[Finding]:
    for repository in estate.of("ECR::Repository"):
        found = statements(repository, repository.properties.get("RepositoryPolicyText", {"Statement": []}))
        anyone = [s for s in found if s.allows and ("AWS", "*") in s.principals and not s.condition_keys]
        yield state(repository, not anyone, f"{len(anyone)} statements allow anyone")


@control("SecretsManager.1")
def secrets_rotated(estate: Estate) -> Iterator[Finding]:
    rotated = {schedule.properties["SecretId"] for schedule in estate.of("SecretsManager::RotationSchedule")}
    for secret in estate.of("SecretsManager::Secret"):
        yield state(secret, bool({secret.ref, secret.arn} & rotated), "rotation schedule")


@control("WAF.11")
def web_acl_logged(estate: Estate) -> Iterator[Finding]:
    logged = {config.properties["ResourceArn"] for config in estate.of("WAFv2::LoggingConfiguration")}
    for acl in estate.of("WAFv2::WebACL"):
        yield state(acl, acl.arn in logged, "logged" if acl.arn in logged else "no logging configuration")


@control("WAF.12")
def web_acl_measured(estate: Estate) -> Iterator[Finding]:
    for acl in estate.of("WAFv2::WebACL", "WAFv2::RuleGroup"):
        yield expect(acl, "VisibilityConfig.CloudWatchMetricsEnabled", True)
        for index, _ in enumerate(acl.properties.get("Rules", [])):
            yield expect(acl, f"Rules.{index}.VisibilityConfig.CloudWatchMetricsEnabled", True)
