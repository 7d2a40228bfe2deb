"""What the matrix acts on: the names of what is deployed, a few things of other teams, and credentials of every role.

People's roles are assumed as people do. Of a role that only a service may assume there is a copy: the same path, the
deployed boundary and the deployed policies; only its trust differs, so that the test can be it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.end_to_end.access.case import filled_in
from tests.end_to_end.access.requests import OTHER_PROJECT, training_job
from tests.end_to_end.conftest import Ashlar
from tests.end_to_end.packages import latest, register
from tests.local.cloud import ACCOUNT, REGION

# What a case calls a principal -> how its role's name begins.
PEOPLE = {
    "uploader": "ashlar-local-data-Uploader",
    "analyst": "ashlar-local-data-Analyst",
    "custodian": "ashlar-local-data-Custodian",
    "caller": "ashlar-local-caller-applications",
    "data scientist": "ashlar-local-access-ReviewsDataScientist",
    "approver": "ashlar-local-access-Approver",
    "auditor": "ashlar-local-access-Auditor",
}
SERVICES = {
    "processing": "ashlar-local-training-reviews-Processing",
    "training": "ashlar-local-training-reviews-Training",
    "evaluation": "ashlar-local-training-reviews-Evaluation",
    "experiment": "ashlar-local-training-reviews-Experiment",
    "pipeline": "ashlar-local-training-reviews-PipelineRole",
    "pipeline start": "ashlar-local-training-reviews-StarterRole",
    "workflow": "ashlar-local-training-reviews-WorkflowRole",
    "hosting": "ashlar-local-inference-reviews-LinearHosting",
    "release": "ashlar-local-release-AshlarLocalReviewsRole",
    "reconciler": "ashlar-local-release-ReconcilerRole",
    "live endpoint": "ashlar-local-inference-reviews-LiveRole",
    "front door": "ashlar-local-front-door-PredictionsRole",
    "group closer": "ashlar-local-network-DefaultGroupFunctionRole",
    "flow logs": "ashlar-local-network-FlowLogRole",
    "API logs": "ashlar-local-front-door-PredictLoggingRole",
    "trail logs": "ashlar-local-audit-TrailLogsRole",
    "CloudFormation": "cdk-hnb659fds-cfn-exec-role",
}
# A copy of the training role to which an administrator has attached everything.
WIDENED = "training, widened"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@dataclass(frozen=True)
class Deployed:
    """`values`: what `$names` of the table stand for. `credentials`: of every principal, as {key, secret, token}."""

    values: dict[str, str]
    credentials: dict[str, dict[str, str]]


@contextmanager
def deployed(ashlar: Ashlar) -> Iterator[Deployed]:
    """Everything that the matrix needs; what must not outlive it is removed in the end."""
    roles = {role["RoleName"]: role for role in ashlar.client("iam").list_roles(MaxItems=1000)["Roles"]}
    named = {who: _beginning(roles, start) for who, start in {**PEOPLE, **SERVICES}.items()}
    credentials = {who: _assume(ashlar, named[who]["Arn"]) for who in PEOPLE}
    copies = Copies(ashlar)
    try:
        for who in SERVICES:
            credentials[who] = _assume(ashlar, copies.make(who, named[who]["RoleName"]))
        credentials[WIDENED] = _assume(ashlar, copies.make(WIDENED, named["training"]["RoleName"], EVERYTHING))
        arns = {f"{who.replace(' ', '_')}_role": role["Arn"] for who, role in named.items()}
        policy = _attached(ashlar, named["uploader"]["RoleName"])
        values = {**arns, **_names(ashlar), **_objects(ashlar, credentials), **_registry(ashlar)}
        yield Deployed({**values, "uploader_policy": policy, "other_job": _other_job(ashlar, values)}, credentials)
    finally:
        copies.remove()
        _clear(ashlar)


class Copies:
    """Copies of roles. They hold the deployed policies, which cannot be deleted before the copies are gone."""

    def __init__(self, ashlar: Ashlar) -> None:
        self._iam = ashlar.client("iam")
        self._made: list[tuple[str, list[str]]] = []
        self._policies: list[str] = []

    def make(self, who: str, of: str, extra: dict[str, Any] | None = None) -> str:
        """The ARN of a copy of the role named `of`; `extra`: a policy that it has besides."""
        original = self._iam.get_role(RoleName=of)["Role"]
        name = f"copy-{who.replace(' ', '-').replace(',', '')}"
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
        limit = original.get("PermissionsBoundary")
        made = self._iam.create_role(
            RoleName=name,
            Path=original["Path"],
            Tags=[tag for tag in original.get("Tags", []) if not tag["Key"].startswith("aws:")],
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
            **({"PermissionsBoundary": limit["PermissionsBoundaryArn"]} if limit else {}),
        )["Role"]
        policies = [p["PolicyArn"] for p in self._iam.list_attached_role_policies(RoleName=of)["AttachedPolicies"]]
        if extra:
            widening = self._iam.create_policy(PolicyName=f"{name}-widening", PolicyDocument=json.dumps(extra))
            self._policies.append(widening["Policy"]["Arn"])
            policies.append(self._policies[-1])
        self._made.append((name, policies))
        for policy in policies:
            self._iam.attach_role_policy(RoleName=name, PolicyArn=policy)
        return str(made["Arn"])

    def remove(self) -> None:
        """Delete them all."""
        for name, policies in self._made:
            for policy in policies:
                self._iam.detach_role_policy(RoleName=name, PolicyArn=policy)
            self._iam.delete_role(RoleName=name)
        for policy in self._policies:
            self._iam.delete_policy(PolicyArn=policy)


def _beginning(roles: dict[str, dict[str, Any]], start: str) -> dict[str, Any]:
    (found,) = [role for name, role in roles.items() if name.startswith(start)]
    return found


def _assume(ashlar: Ashlar, arn: str) -> dict[str, str]:
    found = ashlar.client("sts").assume_role(RoleArn=arn, RoleSessionName="matrix")["Credentials"]
    return {"key": found["AccessKeyId"], "secret": found["SecretAccessKey"], "token": found["SessionToken"]}


def _attached(ashlar: Ashlar, role: str) -> str:
    (policy,) = ashlar.client("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return str(policy["PolicyArn"])


def _names(ashlar: Ashlar) -> dict[str, str]:
    data, audit = ashlar.outputs("data"), ashlar.outputs("audit")
    aliases = ashlar.client("kms").list_aliases()["Aliases"]
    keys = {
        a["AliasName"].rsplit("-", 1)[-1]: a.get("TargetKeyId") for a in aliases if "ashlar-local" in a["AliasName"]
    }
    training = next(iter(ashlar.jobs("training").values()))
    api = json.loads(ashlar.ops("status", "--json").stdout)["api_url"]
    groups = ashlar.client("ec2").describe_security_groups()["SecurityGroups"]
    (closed,) = [
        g["GroupId"]
        for g in groups
        if g["GroupName"] == "default" and g["VpcId"] == _vpc(groups, training["VpcConfig"])
    ]
    execution = ashlar.client("sagemaker").list_pipeline_executions(
        PipelineName="ashlar-local-reviews", SortOrder="Ascending"
    )["PipelineExecutionSummaries"][0]["PipelineExecutionArn"]
    return {
        "account": ACCOUNT,
        "raw": data["RawBucket"],
        "data": data["DataBucket"],
        "artifacts": data["ArtifactsBucket"],
        "trail": audit["TrailBucket"],
        "assets": f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}",
        **{f"{name}_key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}" for name, key in keys.items()},
        "subnet": training["VpcConfig"]["Subnets"][0],
        "group": training["VpcConfig"]["SecurityGroupIds"][0],
        "closed_group": closed,
        "image": training["AlgorithmSpecification"]["TrainingImage"],
        "execution": execution,
        "api": api.split("/", 3)[-1],
        "boundary": f"arn:aws:iam::{ACCOUNT}:policy/ashlar-bootstrap/local/ashlar-local-boundary",
    }


def _vpc(groups: list[dict[str, Any]], placement: dict[str, Any]) -> str:
    return next(str(g["VpcId"]) for g in groups if g["GroupId"] in placement["SecurityGroupIds"])


def _objects(ashlar: Ashlar, credentials: dict[str, dict[str, str]]) -> dict[str, str]:
    """A raw object of the matrix's own, brought by the uploader, and objects that the pipeline made."""
    s3, data = ashlar.client("s3"), ashlar.outputs("data")

    def first(bucket: str, prefix: str) -> str:
        return str(s3.list_objects_v2(Bucket=data[bucket], Prefix=prefix)["Contents"][0]["Key"])

    given = dict(zip(("AccessKeyId", "SecretAccessKey", "SessionToken"), credentials["uploader"].values(), strict=True))
    key = "raw/reviews/matrix/given.csv"
    version = ashlar.client("s3", given).put_object(Bucket=data["RawBucket"], Key=key, Body=b"x")["VersionId"]
    return {
        "raw_object": first("RawBucket", "raw/reviews/"),
        "given": key,
        "given_version": version,
        "processed": first("DataBucket", "processed/reviews/"),
        "model": first("ArtifactsBucket", "models/reviews/"),
        "evaluation": first("ArtifactsBucket", "evaluations/reviews/"),
    }


def _registry(ashlar: Ashlar) -> dict[str, str]:
    """A served version, two that wait, and another team's group, package, pipeline and job."""
    sagemaker = ashlar.client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="other-team", Tags=[OTHER_PROJECT])
    container = latest(ashlar, "linear")["InferenceSpecification"]["Containers"][0]
    other = sagemaker.create_model_package(
        ModelPackageGroupName="other-team",
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={
            "Containers": [{"Image": container["Image"], "ModelDataUrl": container["ModelDataUrl"]}],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
    )["ModelPackageArn"]
    return {
        "served": str(latest(ashlar, "linear")["ModelPackageArn"]),
        "waiting": register(ashlar, "linear", status="PendingManualApproval"),
        "waiting_too": register(ashlar, "linear", status="PendingManualApproval"),
        "other_package": other,
    }


def _other_job(ashlar: Ashlar, values: dict[str, str]) -> str:
    """The name of another project's job."""
    job = training_job("ashlar-local-other-job", Tags=[OTHER_PROJECT])
    ashlar.client("sagemaker").create_training_job(**filled_in(job, values))
    return "ashlar-local-other-job"


def _clear(ashlar: Ashlar) -> None:
    """What would be in the way of other tests or of `make destroy`: what runs, and what holds deployed policies."""
    sagemaker = ashlar.client("sagemaker")
    for job in sagemaker.list_training_jobs(StatusEquals="InProgress")["TrainingJobSummaries"]:
        sagemaker.stop_training_job(TrainingJobName=job["TrainingJobName"])
    for job in sagemaker.list_processing_jobs(StatusEquals="InProgress")["ProcessingJobSummaries"]:
        sagemaker.stop_processing_job(ProcessingJobName=job["ProcessingJobName"])
    ashlar.client("cloudwatch").delete_alarms(AlarmNames=["ashlarlocalreviewsconfig-matrix-linear-5xx"])
    for model in sagemaker.list_models(NameContains="-matrix")["Models"]:
        sagemaker.delete_model(ModelName=model["ModelName"])
    iam = ashlar.client("iam")
    for role in iam.list_roles(PathPrefix="/ashlar/local/function/")["Roles"]:
        if role["RoleName"] == "matrix":
            # It holds a deployed policy, which could not be deleted.
            iam.detach_role_policy(RoleName="matrix", PolicyArn=_attached(ashlar, "matrix"))
            iam.delete_role(RoleName="matrix")
    s3 = ashlar.client("s3")
    for bucket in s3.list_buckets(Prefix="ashlar-local-matrix")["Buckets"]:
        s3.delete_bucket(Bucket=bucket["Name"])
    for package in sagemaker.list_model_packages(ModelPackageGroupName="other-team")["ModelPackageSummaryList"]:
        sagemaker.delete_model_package(ModelPackageName=package["ModelPackageArn"])
    sagemaker.delete_model_package_group(ModelPackageGroupName="other-team")
