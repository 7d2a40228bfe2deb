"""What may pass through each VPC endpoint: the calls that the platform makes from inside its VPC, and no others.

An endpoint's policy grants nothing: it limits what the roles allow, for every principal in the VPC, because private DNS
leads all of them here. The account's own principals only, so that nobody can use credentials brought along to carry
data out (aws:PrincipalAccount). AWS services that act for us, such as Lambda's own log delivery, call from outside.
Sources: SageMaker developer guide, interface VPC endpoints; aws-samples/data-perimeter-policy-examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stacks.permissions.audit import topic_name
from stacks.permissions.conditions import FOR_SERVICES
from stacks.permissions.statement import Because, Conditions, Statement, policy
from stacks.values.identity import Identity
from stacks.values.image_repository import ImageRepository

LIMIT = Because.ENDPOINT
S3_WRITE = ["s3:AbortMultipartUpload", "s3:PutObject"]
S3_READ = ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"]


@dataclass(frozen=True)
class Reachable:
    """What endpoints lead to. `name` is `<prefix>-<environment>`, which all names of the platform start with."""

    identity: Identity
    name: str
    images: Sequence[ImageRepository]
    bootstrap_qualifier: str
    s3_read_buckets: Sequence[str]

    @property
    def asset_bucket(self) -> str:
        """The name that `cdk bootstrap` gives the bucket of templates and code."""
        account = self.identity.account
        return f"cdk-{self.bootstrap_qualifier}-assets-{account.id}-{account.region}"


def document(statements: Sequence[Statement]) -> dict[str, Any]:
    """An endpoint's policy: for everyone that its conditions let pass."""
    text = policy(statements)
    return {**text, "Statement": [{**statement, "Principal": "*"} for statement in text["Statement"]]}


def interfaces(to: Reachable) -> dict[str, list[Statement]]:
    """Service, as in `com.amazonaws.<region>.<service>` -> what may be called through its endpoint."""
    account, images = to.identity.account, _images(to)
    endpoints = account.arn("sagemaker", f"endpoint/{to.name}-*")
    predict = ["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointAsync"]
    roles = account.global_arn("iam", f"role{to.identity.path}*")
    # The operators', and those of asynchronous endpoints.
    topics = [account.arn("sns", topic) for topic in (topic_name(to.name), f"{to.name}-inference-*")]
    return {
        "sagemaker.api": _sagemaker(to),
        "sagemaker.runtime": [_own(to, "Predictions", predict, [endpoints])],
        "cloudformation": _cloudformation(to),
        "logs": _logs(to),
        "monitoring": _metrics(to),
        "ecr.api": images,
        "ecr.dkr": images,
        "kms": _keys(to),
        "sts": [_own(to, "OwnRoles", ["sts:AssumeRole"], [roles])],
        "ec2": _ec2(to),
        "application-autoscaling": _scaling(to),
        "sns": [_own(to, "Notices", ["sns:Publish"], topics)],
    }


def s3(to: Reachable) -> list[Statement]:
    """An allow-list. The second condition stops whoever brings credentials of another account, the first his bucket."""
    account = to.identity.account
    within: Conditions = {"StringEquals": {"aws:ResourceAccount": account.id}}
    own, assets = account.bucket(f"{to.name}-*"), account.bucket(to.asset_bucket)
    # ECR hands out presigned addresses of its own, so no condition on the principal can hold.
    layers = f"arn:{account.partition}:s3:::prod-{account.region}-starport-layer-bucket/*"
    return [
        _own(to, "OwnBuckets", [*S3_READ, *S3_WRITE], [own], within),
        _own(to, "Assets", S3_READ, [assets, f"{assets}/*"], within),
        Statement("ImageLayers", ["s3:GetObject"], [layers], because=LIMIT),
        *_answers(to),
        *_foreign_buckets(to),
    ]


def _own(
    to: Reachable, sid: str, actions: Sequence[str], resources: Sequence[str], conditions: Conditions | None = None
) -> Statement:
    """A statement for the account's own principals."""
    merged = {operator: dict(keys) for operator, keys in (conditions or {}).items()}
    merged["StringEquals"] = {**merged.get("StringEquals", {}), "aws:PrincipalAccount": to.identity.account.id}
    because = LIMIT if any("*" in resource for resource in resources) else None
    return Statement(sid, actions, resources, merged, because=because)


def _sagemaker(to: Reachable) -> list[Statement]:
    """The functions of releases and pipelines: which version is approved, what runs, what nothing runs any more."""

    def arn(resource: str) -> str:
        return to.identity.account.arn("sagemaker", resource)

    def act(*verbs: str) -> list[str]:
        return [f"sagemaker:{verb}" for verb in verbs]

    # CloudFormation derives models' and configurations' names from logical ids, which have no hyphen.
    plain = to.name.replace("-", "")
    made = [arn(f"model/{plain}*"), arn(f"endpoint-config/{plain}*")]
    look_and_clean = act("DeleteEndpointConfig", "DeleteModel", "DescribeEndpointConfig", "DescribeModel")
    packages, endpoints = [arn(f"model-package/{to.name}-*")], [arn(f"endpoint/{to.name}-*")]
    return [
        _own(to, "Lists", act("ListEndpointConfigs", "ListModelPackages", "ListModels"), ["*"]),
        _own(to, "Packages", act("DescribeModelPackage", "UpdateModelPackage"), packages),
        _own(to, "Executions", act("ListPipelineExecutions"), [arn(f"pipeline/{to.name}-*")]),
        _own(to, "Pauses", act("ListTags"), [arn(f"model-package-group/{to.name}-*")]),
        _own(to, "Endpoints", act("DescribeEndpoint", "UpdateEndpointWeightsAndCapacities"), endpoints),
        _own(to, "LeftBehind", look_and_clean, made),
    ]


def _scaling(to: Reachable) -> list[Statement]:
    """The function that registers variants again whose machines changed."""
    verbs = ["DeregisterScalableTarget", "PutScalingPolicy", "PutScheduledAction", "RegisterScalableTarget"]
    targets = [to.identity.account.arn("application-autoscaling", "scalable-target/*")]
    return [_own(to, "Scaling", [f"application-autoscaling:{verb}" for verb in verbs], targets)]


def _cloudformation(to: Reachable) -> list[Statement]:
    """The release's function updates inference stacks; the one of live endpoints sees whether its own goes back."""
    verbs = ["DescribeStackEvents", "DescribeStackResource", "DescribeStacks", "ListStackResources", "UpdateStack"]
    stacks = [to.identity.account.arn("cloudformation", f"stack/{to.name}-inference-*")]
    return [_own(to, "InferenceStacks", [f"cloudformation:{verb}" for verb in verbs], stacks)]


def _logs(to: Reachable) -> list[Statement]:
    """Logs of SageMaker's jobs and endpoints."""
    verbs = ["CreateLogGroup", "CreateLogStream", "DescribeLogStreams", "PutLogEvents"]
    groups = to.identity.account.log_group("/aws/sagemaker/*")
    return [_own(to, "SageMakersLogs", [f"logs:{verb}" for verb in verbs], groups)]


def _metrics(to: Reachable) -> list[Statement]:
    """Metrics of SageMaker's jobs and endpoints; the alarms that end a roll-out."""
    namespace: Conditions = {"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}}
    return [
        _own(to, "SageMakersMetrics", ["cloudwatch:PutMetricData"], ["*"], namespace),
        _own(to, "Alarms", ["cloudwatch:DescribeAlarmHistory", "cloudwatch:DescribeAlarms"], ["*"]),
    ]


def _images(to: Reachable) -> list[Statement]:
    """The images that jobs and models run on."""
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    return [
        _own(to, "ImageToken", ["ecr:GetAuthorizationToken"], ["*"]),
        _own(to, "Images", pull, sorted({image.arn for image in to.images})),
    ]


def _keys(to: Reachable) -> list[Statement]:
    """The account's keys: which of them, each role says. Grants for AWS services only."""
    keys = [to.identity.account.arn("kms", "key/*")]
    return [
        _own(to, "Keys", ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], keys),
        _own(to, "VolumeKeys", ["kms:CreateGrant"], keys, FOR_SERVICES),
    ]


def _ec2(to: Reachable) -> list[Statement]:
    """The function that closes the default security group."""
    revoke = ["ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"]
    return [
        _own(to, "FindGroups", ["ec2:DescribeSecurityGroups"], ["*"]),
        _own(to, "CloseGroups", revoke, [to.identity.account.arn("ec2", "security-group/*")]),
    ]


def _answers(to: Reachable) -> list[Statement]:
    """A function answers CloudFormation by an address that CloudFormation signs, in a bucket of AWS's.

    The object's key starts with the stack's ARN: only answers to our own stacks pass, or the bucket would be a way out.
    """
    account = to.identity.account
    bucket = account.bucket(f"cloudformation-custom-resource-response-{account.region.replace('-', '')}")
    stacks = account.arn("cloudformation", f"stack/{to.name}-*")
    return [Statement("Answers", ["s3:PutObject"], [f"{bucket}/{stacks}"], because=LIMIT)]


def _foreign_buckets(to: Reachable) -> list[Statement]:
    """Buckets of others that the configuration names: to read."""
    buckets = [to.identity.account.bucket(name) for name in to.s3_read_buckets]
    paths = [f"{bucket}{path}" for bucket in buckets for path in ("", "/*")]
    return [_own(to, "NamedBuckets", S3_READ, paths)] if paths else []
