"""SageMaker's condition keys, each with a call that a role's policy refuses and its twin that works."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.cloud import ACCOUNT, REGION
from tests.local.sagemaker.workshop import SERVICE, Json, Workshop, arn, unique
from tests.local.stacks import credentials_of, make_role

_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1111"
_OTHER_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/2222"
_VPC = {"Subnets": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
_TYPES: Json = {"ForAllValues:StringLike": {"sagemaker:InstanceTypes": ["ml.m5.*"]}}
_SHORT: Json = {"NumericLessThanEquals": {"sagemaker:MaxRuntimeInSeconds": 3600}}
_ISOLATED: Json = {"Bool": {"sagemaker:NetworkIsolation": "true"}}
_ENCRYPTED: Json = {"Bool": {"sagemaker:InterContainerTrafficEncryption": "true"}}
_PLACED: Json = {
    "ForAllValues:StringEquals": {"sagemaker:VpcSubnets": ["subnet-1", "subnet-2"]},
    "Null": {"sagemaker:VpcSubnets": "false"},
}
_GROUPED: Json = {
    "ForAllValues:StringEquals": {"sagemaker:VpcSecurityGroupIds": ["sg-1"]},
    "Null": {"sagemaker:VpcSecurityGroupIds": "false"},
}
_VOLUME: Json = {"ArnEquals": {"sagemaker:VolumeKmsKeyArn": _KEY}}
_OUTPUT: Json = {"ArnEquals": {"sagemaker:OutputKmsKeyArn": _KEY}}
_TAGGED: Json = {"StringEquals": {"aws:RequestTag/project": "reviews"}}
_SMALL: Json = {"NumericLessThanEquals": {"sagemaker:ServerlessMemorySize": 2048}}
_FEW: Json = {"NumericLessThanEquals": {"sagemaker:ServerlessMaxConcurrency": 5}}
_PROJECT = [{"Key": "project", "Value": "reviews"}]


def _client(workshop: Workshop, *statements: Json, service: str = "sagemaker", **tags: str) -> Any:
    """A client as a role with the statements, which may pass roles to SageMaker."""
    name = unique("caller")
    passing = {"Action": "iam:PassRole", "Resource": "*"}
    role = make_role(workshop.cloud, name, "account", passing, *({"Resource": "*", **s} for s in statements))
    if tags:
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        workshop.cloud.client("iam").tag_role(RoleName=name, Tags=listed)
    return workshop.cloud.client(service, credentials_of(workshop.cloud, role))


def _cluster(**changes: Any) -> Json:
    return {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10, **changes}


def _training(**changes: Any) -> Json:
    return {
        "AlgorithmSpecification": {
            "TrainingImage": "image", "TrainingInputMode": "File", "ContainerEntrypoint": ["true"]
        },
        "OutputDataConfig": {"S3OutputPath": "s3://nowhere/x"},
        "ResourceConfig": _cluster(),
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **changes,
    }  # fmt: skip


def _processing(*, cluster: Json | None = None, **changes: Any) -> Json:
    return {
        "AppSpecification": {"ImageUri": "image", "ContainerEntrypoint": ["true"]},
        "ProcessingResources": {"ClusterConfig": _cluster(**(cluster or {}))},
        **changes,
    }


def _output(key: str) -> Json:
    target = {"LocalPath": "/opt/ml/processing/out", "S3UploadMode": "EndOfJob", "S3Uri": "s3://nowhere/x"}
    return {"KmsKeyId": key, "Outputs": [{"OutputName": "out", "S3Output": target}]}


_JOBS = [
    ("training", _PLACED, _training(), _training(VpcConfig=_VPC)),
    (
        "training",
        _PLACED,
        _training(VpcConfig={**_VPC, "Subnets": ["subnet-1", "subnet-9"]}),
        _training(VpcConfig=_VPC),
    ),
    ("training", _GROUPED, _training(), _training(VpcConfig=_VPC)),
    ("training", _ISOLATED, _training(), _training(EnableNetworkIsolation=True)),
    ("training", _ISOLATED, _training(EnableNetworkIsolation=False), _training(EnableNetworkIsolation=True)),
    ("training", _ENCRYPTED, _training(), _training(EnableInterContainerTrafficEncryption=True)),
    ("training", _VOLUME, _training(), _training(ResourceConfig=_cluster(VolumeKmsKeyId=_KEY))),
    (
        "training",
        _VOLUME,
        _training(ResourceConfig=_cluster(VolumeKmsKeyId=_OTHER_KEY)),
        _training(ResourceConfig=_cluster(VolumeKmsKeyId=_KEY)),
    ),
    (
        "training",
        _OUTPUT,
        _training(),
        _training(OutputDataConfig={"S3OutputPath": "s3://nowhere/x", "KmsKeyId": _KEY}),
    ),
    ("training", _TYPES, _training(ResourceConfig=_cluster(InstanceType="ml.p5.48xlarge")), _training()),
    ("training", _SHORT, _training(StoppingCondition={"MaxRuntimeInSeconds": 3601}), _training()),
    (
        "training",
        {"BoolIfExists": {"sagemaker:EnableRemoteDebug": "false"}},
        _training(RemoteDebugConfig={"EnableRemoteDebug": True}),
        _training(RemoteDebugConfig={"EnableRemoteDebug": False}),
    ),
    (
        "training",
        {"NumericLessThanEqualsIfExists": {"sagemaker:KeepAlivePeriod": 60}},
        _training(ResourceConfig=_cluster(KeepAlivePeriodInSeconds=600)),
        _training(ResourceConfig=_cluster(KeepAlivePeriodInSeconds=60)),
    ),
    ("training", _TAGGED, _training(), _training(Tags=_PROJECT)),
    (
        "training",
        {"ForAllValues:StringEquals": {"aws:TagKeys": ["project"]}},
        _training(Tags=[*_PROJECT, {"Key": "other", "Value": "x"}]),
        _training(Tags=_PROJECT),
    ),
    ("processing", _PLACED, _processing(), _processing(NetworkConfig={"VpcConfig": _VPC})),
    ("processing", _GROUPED, _processing(), _processing(NetworkConfig={"VpcConfig": _VPC})),
    ("processing", _ISOLATED, _processing(), _processing(NetworkConfig={"EnableNetworkIsolation": True})),
    (
        "processing",
        _ENCRYPTED,
        _processing(),
        _processing(NetworkConfig={"EnableInterContainerTrafficEncryption": True}),
    ),
    ("processing", _VOLUME, _processing(), _processing(cluster={"VolumeKmsKeyId": _KEY})),
    (
        "processing",
        _OUTPUT,
        _processing(ProcessingOutputConfig=_output(_OTHER_KEY)),
        _processing(ProcessingOutputConfig=_output(_KEY)),
    ),
    ("processing", _TYPES, _processing(cluster={"InstanceType": "ml.p5.48xlarge"}), _processing()),
    ("processing", _SHORT, _processing(), _processing(StoppingCondition={"MaxRuntimeInSeconds": 60})),
    ("processing", _TAGGED, _processing(Tags=[{"Key": "project", "Value": "x"}]), _processing(Tags=_PROJECT)),
]


@pytest.mark.parametrize(("kind", "condition", "refused", "allowed"), _JOBS)
def should_hold_a_job_to_the_condition(
    workshop: Workshop, kind: str, condition: Json, refused: Json, allowed: Json
) -> None:
    noun = f"{kind.capitalize()}Job"
    client = _client(
        workshop, {"Action": f"sagemaker:Create{noun}", "Condition": condition}, {"Action": "sagemaker:AddTags"}
    )
    role = make_role(workshop.cloud, unique("job"), SERVICE)
    create = getattr(client, f"create_{kind}_job")
    with pytest.raises(ClientError, match=f"AccessDenied.*sagemaker:Create{noun}"):
        create(**{f"{noun}Name": unique("refused")}, RoleArn=role, **refused)
    create(**{f"{noun}Name": unique("allowed")}, RoleArn=role, **allowed)


@pytest.mark.parametrize(
    ("condition", "changes"),
    [
        (_PLACED, {"VpcConfig": _VPC}),
        (_GROUPED, {"VpcConfig": _VPC}),
        (_ISOLATED, {"EnableNetworkIsolation": True}),
        (_TAGGED, {"Tags": _PROJECT}),
    ],
)
def should_hold_a_model_to_the_condition(workshop: Workshop, condition: Json, changes: Json) -> None:
    client = _client(
        workshop, {"Action": "sagemaker:CreateModel", "Condition": condition}, {"Action": "sagemaker:AddTags"}
    )
    role = make_role(workshop.cloud, unique("hosting"), SERVICE)
    model = {"ExecutionRoleArn": role, "PrimaryContainer": {"Image": "image", "ModelDataUrl": "s3://nowhere/x.tar.gz"}}
    with pytest.raises(ClientError, match="AccessDenied"):
        client.create_model(ModelName=unique("refused"), **model)
    client.create_model(ModelName=unique("allowed"), **model, **changes)


@pytest.mark.parametrize(
    ("condition", "refused", "allowed"),
    [
        (_VOLUME, {}, {"KmsKeyId": _KEY}),
        (_TYPES, {"instance_type": "ml.p5.48xlarge"}, {}),
        (_TAGGED, {}, {"Tags": _PROJECT}),
    ],
)
def should_hold_an_endpoint_configuration_to_the_condition(
    workshop: Workshop, condition: Json, refused: Json, allowed: Json
) -> None:
    client = _client(
        workshop, {"Action": "sagemaker:CreateEndpointConfig", "Condition": condition}, {"Action": "sagemaker:AddTags"}
    )
    model = workshop.model(make_role(workshop.cloud, unique("hosting"), SERVICE), "a")

    def create(*, instance_type: str = "ml.m5.large", **given: Any) -> None:
        variant = {"VariantName": "v", "ModelName": model, "InitialInstanceCount": 1, "InstanceType": instance_type}
        client.create_endpoint_config(EndpointConfigName=unique("config"), ProductionVariants=[variant], **given)

    with pytest.raises(ClientError, match="AccessDenied"):
        create(**refused)
    create(**allowed)


@pytest.mark.parametrize(("condition", "refused"), [(_SMALL, {"MemorySizeInMB": 3072}), (_FEW, {"MaxConcurrency": 6})])
def should_hold_a_serverless_variant_to_the_condition(workshop: Workshop, condition: Json, refused: Json) -> None:
    client = _client(workshop, {"Action": "sagemaker:CreateEndpointConfig", "Condition": condition})
    model = workshop.model(make_role(workshop.cloud, unique("hosting"), SERVICE), "a")

    def create(**changes: int) -> None:
        serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5, **changes}
        variant = {"VariantName": "v", "ModelName": model, "ServerlessConfig": serverless}
        client.create_endpoint_config(EndpointConfigName=unique("config"), ProductionVariants=[variant])

    with pytest.raises(ClientError, match="AccessDenied"):
        create(**refused)
    create()


def _group(workshop: Workshop, **tags: str) -> str:
    name = unique("group")
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    workshop.sagemaker.create_model_package_group(ModelPackageGroupName=name, Tags=listed)
    return name


def _package(client: Any, group: str, **changes: Any) -> str:
    containers = [{"Image": "image", "ModelDataUrl": "s3://nowhere/x.tar.gz"}]
    inference = {"Containers": containers, "SupportedContentTypes": ["a/b"], "SupportedResponseMIMETypes": ["a/b"]}
    answer = client.create_model_package(ModelPackageGroupName=group, InferenceSpecification=inference, **changes)
    return str(answer["ModelPackageArn"])


def should_let_a_registrar_register_but_not_approve(workshop: Workshop) -> None:
    pending = {"StringEquals": {"sagemaker:ModelApprovalStatus": "PendingManualApproval"}}
    client = _client(
        workshop,
        {"Action": "sagemaker:CreateModelPackage", "Condition": pending},
        {
            "Action": "sagemaker:UpdateModelPackage",
            "Condition": {"StringEquals": {"sagemaker:ModelApprovalStatus": "Rejected"}},
        },
    )
    group = _group(workshop)
    for status in ("Approved", None):
        with pytest.raises(ClientError, match="AccessDenied"):
            _package(client, group, **({"ModelApprovalStatus": status} if status else {}))
    package = _package(client, group, ModelApprovalStatus="PendingManualApproval")
    with pytest.raises(ClientError, match="AccessDenied"):
        client.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
    client.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Rejected")


def should_separate_projects_by_the_tags_of_resource_and_principal(workshop: Workshop) -> None:
    own = {"StringEquals": {"aws:ResourceTag/project": "${aws:PrincipalTag/project}"}}
    actions = [f"sagemaker:{name}" for name in ("UpdateModelPackage", "DescribeModelPackageGroup")]
    client = _client(workshop, {"Action": actions, "Condition": own}, project="reviews")
    groups = {project: _group(workshop, project=project) for project in ("reviews", "fraud")}
    packages = {project: _package(workshop.sagemaker, group) for project, group in groups.items()}
    client.describe_model_package_group(ModelPackageGroupName=groups["reviews"])
    client.update_model_package(ModelPackageArn=packages["reviews"], ModelApprovalStatus="Approved")
    with pytest.raises(ClientError, match="AccessDenied"):
        client.describe_model_package_group(ModelPackageGroupName=groups["fraud"])
    with pytest.raises(ClientError, match="AccessDenied"):
        client.update_model_package(ModelPackageArn=packages["fraud"], ModelApprovalStatus="Approved")
    untagged = _client(workshop, {"Action": actions, "Condition": own})
    with pytest.raises(ClientError, match="AccessDenied"):
        untagged.describe_model_package_group(ModelPackageGroupName=groups["reviews"])


def should_start_only_the_pipelines_of_ones_project(workshop: Workshop) -> None:
    own = {"StringEquals": {"aws:ResourceTag/project": "reviews"}}
    client = _client(workshop, {"Action": "sagemaker:StartPipelineExecution", "Condition": own})
    role = make_role(workshop.cloud, unique("pipeline"), SERVICE)
    stop = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": "as the test wants"}}
    name = workshop.pipeline(role, [stop])
    with pytest.raises(ClientError, match="AccessDenied"):
        client.start_pipeline_execution(PipelineName=name)
    workshop.sagemaker.add_tags(ResourceArn=arn(f"pipeline/{name}"), Tags=_PROJECT)
    client.start_pipeline_execution(PipelineName=name)


def should_ask_for_add_tags_where_a_creation_gives_tags(workshop: Workshop) -> None:
    role = make_role(workshop.cloud, unique("job"), SERVICE)
    create = {"Action": "sagemaker:CreateTrainingJob"}
    with pytest.raises(ClientError, match=r"AccessDenied.*sagemaker:AddTags"):
        _client(workshop, create).create_training_job(
            TrainingJobName=unique("untagged"), RoleArn=role, **_training(Tags=_PROJECT)
        )
    at_creation = {"StringEquals": {"sagemaker:TaggingAction": "CreateTrainingJob"}}
    client = _client(workshop, create, {"Action": "sagemaker:AddTags", "Condition": at_creation})
    name = unique("tagged")
    client.create_training_job(TrainingJobName=name, RoleArn=role, **_training(Tags=_PROJECT))
    with pytest.raises(ClientError, match=r"AccessDenied.*sagemaker:AddTags"):
        client.add_tags(ResourceArn=arn(f"training-job/{name}"), Tags=[{"Key": "a", "Value": "b"}])


def should_hold_tagging_to_the_tags_of_the_request(workshop: Workshop) -> None:
    condition = {"ForAllValues:StringEquals": {"aws:TagKeys": ["project"]}, **_TAGGED}
    client = _client(workshop, {"Action": "sagemaker:AddTags", "Condition": condition})
    group = arn(f"model-package-group/{_group(workshop)}")
    for tags in ([{"Key": "project", "Value": "fraud"}], [*_PROJECT, {"Key": "other", "Value": "x"}]):
        with pytest.raises(ClientError, match="AccessDenied"):
            client.add_tags(ResourceArn=group, Tags=tags)
    client.add_tags(ResourceArn=group, Tags=_PROJECT)


def should_hold_invocations_to_target_model_and_tags(workshop: Workshop) -> None:
    condition = {"Null": {"sagemaker:TargetModel": "true"}, "StringEquals": {"aws:ResourceTag/project": "reviews"}}
    invoke = {"Action": "sagemaker:InvokeEndpoint", "Condition": condition}
    client = _client(workshop, invoke, service="sagemaker-runtime")
    model = workshop.model(workshop.role(), "yes")
    endpoint = workshop.endpoint(workshop.configuration(("v", model, 1)))
    request = {"EndpointName": endpoint, "Body": b'"a"', "ContentType": "application/json"}
    with pytest.raises(ClientError, match="AccessDenied"):
        client.invoke_endpoint(**request)
    workshop.sagemaker.add_tags(ResourceArn=arn(f"endpoint/{endpoint}"), Tags=_PROJECT)
    client.invoke_endpoint(**request)
    with pytest.raises(ClientError, match="AccessDenied"):
        client.invoke_endpoint(**request, TargetModel="a.tar.gz")
    workshop.sagemaker.delete_endpoint(EndpointName=endpoint)


def should_authorise_describing_stopping_and_listing(workshop: Workshop) -> None:
    client = _client(workshop)
    for call, given in (
        ("describe_training_job", {"TrainingJobName": "a"}),
        ("stop_training_job", {"TrainingJobName": "a"}),
        ("describe_processing_job", {"ProcessingJobName": "a"}),
        ("stop_processing_job", {"ProcessingJobName": "a"}),
        ("describe_endpoint", {"EndpointName": "a"}),
        ("stop_pipeline_execution", {"PipelineExecutionArn": arn("pipeline/a/execution/abcdefghijkl")}),
        ("list_training_jobs", {}),
        ("list_pipelines", {}),
        ("list_tags", {"ResourceArn": arn("model/a")}),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            getattr(client, call)(**given)
