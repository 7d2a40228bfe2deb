"""SageMaker jobs: the steps inside pipeline definitions, monitoring definitions and schedules."""

from __future__ import annotations

from collections.abc import Iterator

from config import catalogue
from review.controls.estate import Estate, Job
from review.controls.findings import Finding, expect
from review.controls.registry import control

KINDS = {
    "DataQuality": ("SageMaker.9", "SageMaker.11"),
    "ModelExplainability": ("SageMaker.10", "SageMaker.20"),
    "ModelQuality": ("SageMaker.13", "SageMaker.25"),
    "ModelBias": ("SageMaker.15", "SageMaker.12"),
}
SCHEDULE = "MonitoringScheduleConfig.MonitoringJobDefinition.NetworkConfig"


def _monitoring(id: str, kind: str, path: str) -> None:
    @control(id)
    def check(estate: Estate) -> Iterator[Finding]:
        yield from (expect(job, path, True) for job in estate.of(f"SageMaker::{kind}JobDefinition"))

    check.__name__ = f"{kind}.{path}"


for _kind, (_encryption, _isolation) in KINDS.items():
    _monitoring(_encryption, _kind, "NetworkConfig.EnableInterContainerTrafficEncryption")
    _monitoring(_isolation, _kind, "NetworkConfig.EnableNetworkIsolation")


@control("SageMaker.14")
def schedule_isolated(estate: Estate) -> Iterator[Finding]:
    for schedule in estate.of("SageMaker::MonitoringSchedule"):
        yield expect(schedule, f"{SCHEDULE}.EnableNetworkIsolation", True)


@control("SageMaker.22")
def schedule_traffic_encrypted(estate: Estate) -> Iterator[Finding]:
    for schedule in estate.of("SageMaker::MonitoringSchedule"):
        yield expect(schedule, f"{SCHEDULE}.EnableInterContainerTrafficEncryption", True)


@control("sm:dq-output-cmk")
def monitoring_output_encrypted(estate: Estate) -> Iterator[Finding]:
    for job in estate.jobs:
        if job.kind == "Monitoring":
            kind = job.holder.type.removeprefix("AWS::SageMaker::").removesuffix("Definition")
            yield expect(job.holder, f"{kind}OutputConfig.KmsKeyId")


@control("sm:dq-volume-cmk")
def monitoring_volume_encrypted(estate: Estate) -> Iterator[Finding]:
    for job in estate.jobs:
        if job.kind == "Monitoring":
            yield expect(job.holder, "JobResources.ClusterConfig.VolumeKmsKeyId")


@control("sm:job-vpc")
def jobs_in_vpc(estate: Estate) -> Iterator[Finding]:
    for job in _own(estate):
        vpc = job.network.get("VpcConfig", {})
        yield _finding(job, bool(vpc.get("Subnets") and vpc.get("SecurityGroupIds")), "VpcConfig")


@control("sm:job-max-runtime")
def jobs_bounded(estate: Estate) -> Iterator[Finding]:
    for job in _own(estate):
        seconds = job.arguments.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
        yield _finding(job, isinstance(seconds, int), f"StoppingCondition.MaxRuntimeInSeconds={seconds}")


@control("sm:training-isolation")
def jobs_isolated_and_encrypted(estate: Estate) -> Iterator[Finding]:
    """Training jobs have no CloudFormation type: their settings stand in the pipeline definition."""
    for job in _own(estate):
        if job.kind == "Monitoring":
            continue
        yield _finding(job, job.network.get("EnableNetworkIsolation") is True, "EnableNetworkIsolation")
        if job.cluster["InstanceType"].split(".")[1] not in catalogue.instance_families().local_nvme:
            yield _finding(job, bool(job.cluster.get("VolumeKmsKeyId")), "VolumeKmsKeyId")
        yield _finding(job, bool(job.output.get("KmsKeyId")), "output KmsKeyId")


@control("SMDG-08")
def traffic_between_nodes_encrypted(estate: Estate) -> Iterator[Finding]:
    for job in _own(estate):
        encrypted = job.network.get("EnableInterContainerTrafficEncryption") is True
        yield _finding(job, encrypted, "EnableInterContainerTrafficEncryption")


@control("SMDG-07")
def distributed_jobs_may_talk(estate: Estate) -> Iterator[Finding]:
    """Only jobs of several machines need a security-group rule from the group to itself."""
    rules = estate.of("EC2::SecurityGroupIngress")
    pairs = [(rule.properties["GroupId"], rule.properties.get("SourceSecurityGroupId")) for rule in rules]
    open_to_itself = {group for group, source in pairs if group == source}
    for job in _own(estate):
        if job.cluster.get("InstanceCount", 1) > 1:
            groups = set(job.network.get("VpcConfig", {}).get("SecurityGroupIds", []))
            yield _finding(job, groups <= open_to_itself, "security group open to itself")


def _own(estate: Estate) -> list[Job]:
    """Jobs that are started with network settings of their own; a transform job takes its model's."""
    return [job for job in estate.jobs if job.kind != "Transform"]


def _finding(job: Job, holds: bool, what: str) -> Finding:
    return Finding(holds, job.where, what if holds else f"{what} is missing")
