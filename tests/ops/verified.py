"""An environment that runs as declared, as the APIs tell it: `dev`, with capture and one schedule. Tests change it."""

from __future__ import annotations

import copy
import json
from typing import Any

import yaml

from config import Platform
from config.load import ENVIRONMENTS
from tests.ops.conftest import Answers, Deployed, refused, services

ACCOUNT, REGION = "111122223333", "eu-west-1"
CONFIGURATION = "ashlardevreviewsconfig-abc"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OTHER_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/9999abcd-12ab-34cd-56ef-1234567890ab"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/ashlar-bootstrap/dev/ashlar-dev-boundary"
CRON = "0 19 ? * MON-FRI *"


def package(candidate: str, version: int = 1) -> str:
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/ashlar-dev-reviews-{candidate}/{version}"


def platform() -> Platform:
    """`dev` with the settings that it does not use itself."""
    raw = yaml.safe_load((ENVIRONMENTS / "dev.yaml").read_text("utf-8"))
    evening = {"cron": CRON, "timezone": "Europe/London", "min": 1, "max": 1}
    scaling = {"min": 1, "max": 4, "target": 4}
    variant = {"model": "reviews", "instance_type": "ml.m5.large"}
    raw["endpoints"] = {
        "reviews": {
            "variants": {
                "linear": {
                    **variant,
                    "candidate": "linear",
                    "weight": 90,
                    "scaling": {**scaling, "schedules": {"evening": evening}},
                },
                "xgboost": {**variant, "candidate": "xgboost", "weight": 10, "scaling": scaling},
            },
            "capture": {"percent": 20},
        }
    }
    return Platform.model_validate(raw)


def _imported(name: str) -> dict[str, str]:
    return {"Fn::ImportValue": name}


def _model(candidate: str, other: str) -> dict[str, Any]:
    own, others = {"Ref": f"{candidate.title()}ModelPackage"}, {"Ref": f"{other.title()}ModelPackage"}
    chosen = {"Fn::If": [f"{candidate.title()}Released", own, others]}
    return {
        "Type": "AWS::SageMaker::Model",
        "Condition": "Released",
        "Properties": {
            "EnableNetworkIsolation": True,
            "ExecutionRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
            "PrimaryContainer": {"ModelPackageName": chosen, "Image": {"Ref": "AWS::NoValue"}},
            "VpcConfig": {"Subnets": [_imported("subnet")], "SecurityGroupIds": [_imported("group")]},
        },
    }


def _variant(name: str) -> dict[str, Any]:
    return {
        "VariantName": name,
        "ModelName": {"Fn::GetAtt": [f"{name}model", "ModelName"]},
        "InstanceType": "ml.m5.large",
    }


def _policy(name: str) -> dict[str, Any]:
    return {
        "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
        "Condition": "Released",
        "Properties": {
            "PolicyName": f"{name}-concurrency",
            "PolicyType": "TargetTrackingScaling",
            "ScalingTargetId": {"Ref": f"{name}target"},
            "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 4},
        },
    }


def _target(name: str) -> dict[str, Any]:
    resource = {"Fn::Join": ["", ["endpoint/ashlar-dev-reviews/variant/", name]]}
    kind = "AWS::ApplicationAutoScaling::ScalableTarget"
    return {"Type": kind, "Condition": "Released", "Properties": {"ResourceId": resource}}


CAPTURE: dict[str, Any] = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 20,
    "DestinationS3Uri": "s3://data-bucket/capture/ashlar-dev-reviews/",
    "KmsKeyId": KEY,
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
}
RESOURCES: dict[str, Any] = {
    "Role": {
        "Type": "AWS::IAM::Role",
        "Properties": {"Path": "/ashlar/dev/hosting/", "PermissionsBoundary": BOUNDARY},
    },
    "linearmodel": _model("linear", "xgboost"),
    "xgboostmodel": _model("xgboost", "linear"),
    "config": {
        "Type": "AWS::SageMaker::EndpointConfig",
        "Condition": "Released",
        "Properties": {
            "KmsKeyId": _imported("key"),
            "ProductionVariants": [_variant("linear"), _variant("xgboost")],
            "DataCaptureConfig": {
                **CAPTURE,
                "DestinationS3Uri": {"Fn::Sub": "s3://${Bucket}/capture/ashlar-dev-reviews/"},
                "KmsKeyId": {"Fn::If": ["Released", _imported("key"), {"Ref": "AWS::NoValue"}]},
            },
        },
    },
    "lineartarget": _target("linear"),
    "xgboosttarget": _target("xgboost"),
    "linearpolicy": _policy("linear"),
    "xgboostpolicy": _policy("xgboost"),
}
CONDITIONS = {
    **{
        f"{name}Released": {"Fn::Not": [{"Fn::Equals": [{"Ref": f"{name}ModelPackage"}, "none"]}]}
        for name in ("Linear", "Xgboost")
    },
    "Released": {"Fn::Or": [{"Condition": "LinearReleased"}, {"Condition": "XgboostReleased"}]},
}
ENDPOINT_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Own", "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"], "Resource": ["a", "b"]},
        {"Sid": "Lists", "Effect": "Allow", "Principal": "*", "Action": ["s3:ListBucket"], "Resource": ["*"]},
    ],
}
TEMPLATES: dict[str, dict[str, Any]] = {
    "ashlar-dev-inference-reviews": {"Resources": RESOURCES, "Conditions": CONDITIONS},
    "ashlar-dev-data": {
        "Resources": {
            "Raw": {
                "Type": "AWS::S3::Bucket",
                "Properties": {
                    "BucketEncryption": {
                        "ServerSideEncryptionConfiguration": [
                            {
                                "BucketKeyEnabled": True,
                                "ServerSideEncryptionByDefault": {
                                    "SSEAlgorithm": "aws:kms",
                                    "KMSMasterKeyID": _imported("key"),
                                },
                            }
                        ]
                    }
                },
            }
        }
    },
    "ashlar-dev-network": {
        "Resources": {
            "S3": {"Type": "AWS::EC2::VPCEndpoint", "Properties": {"PolicyDocument": ENDPOINT_POLICY}},
        }
    },
}
PHYSICAL = {
    "Role": "hosting-role",
    "linearmodel": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/linearmodel-1",
    "xgboostmodel": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/xgboostmodel-1",
    "config": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint-config/{CONFIGURATION}",
    "Bucket": "data-bucket",
    "Raw": "raw-bucket",
    "S3": "vpce-1",
    **{f"{name}target": f"target-of-{name}" for name in ("linear", "xgboost")},
    **{f"{name}policy": f"arn-of-{name}-concurrency" for name in ("linear", "xgboost")},
}


def stack(name: str, **changes: Any) -> dict[str, Any]:
    tags = [{"Key": "platform", "Value": "ashlar"}, {"Key": "environment", "Value": "dev"}]
    parameters = {f"{its.title()}ModelPackage": package(its) for its in ("linear", "xgboost")}
    listed = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    well = {"StackName": name, "StackId": name, "StackStatus": "UPDATE_COMPLETE", "Tags": tags, "Parameters": listed}
    return {**well, **changes}


def endpoint(**changes: Any) -> dict[str, Any]:
    variants = [
        {"VariantName": name, "CurrentWeight": weight, "CurrentInstanceCount": count}
        for name, weight, count in (("linear", 9.0, 4), ("xgboost", 1.0, 1))
    ]
    well = {"EndpointStatus": "InService", "EndpointConfigName": CONFIGURATION, "ProductionVariants": variants}
    return {**well, **changes}


def configuration(**changes: Any) -> dict[str, Any]:
    variants = [
        {"VariantName": name, "ModelName": f"{name}model-1", "InstanceType": "ml.m5.large"}
        for name in ("linear", "xgboost")
    ]
    return {"ProductionVariants": variants, "KmsKeyId": KEY, "DataCaptureConfig": copy.deepcopy(CAPTURE), **changes}


def model(name: str, **changes: Any) -> dict[str, Any]:
    well = {
        "PrimaryContainer": {"ModelPackageName": package(name.removesuffix("model-1"))},
        "EnableNetworkIsolation": True,
        "ExecutionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/ashlar/dev/hosting/hosting-role",
        "VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
    }
    return {**well, **changes}


def models(**changes: Any) -> Any:
    """DescribeModel, with changes to the model of variant linear."""
    return lambda ModelName: model(ModelName, **(changes if ModelName.startswith("linear") else {}))  # noqa: N803


def role(boundary: str | None = BOUNDARY) -> dict[str, Any]:
    return {"Role": {"PermissionsBoundary": {"PermissionsBoundaryArn": boundary}} if boundary else {}}


def encryption(algorithm: str = "aws:kms", key: str = KEY) -> dict[str, Any]:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm, "KMSMasterKeyID": key}}
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


def vpc_endpoint(policy: dict[str, Any] | None) -> dict[str, Any]:
    shown = {} if policy is None else {"PolicyDocument": json.dumps(policy)}
    return {"VpcEndpoints": [{"VpcEndpointId": "vpce-1", **shown}]}


def targets(*bounds: tuple[int, int], **suspended: bool) -> Any:
    """DescribeScalableTargets: of variant linear as given, of the other as declared."""

    def answer(ResourceIds: list[str], **_: object) -> dict[str, Any]:  # noqa: N803
        given = bounds if ResourceIds[0].endswith("/linear") else ((1, 4),)
        found = [{"MinCapacity": low, "MaxCapacity": high, "SuspendedState": suspended} for low, high in given]
        return {"ScalableTargets": found}

    return answer


def policies(target: float = 4.0, kind: str = "TargetTrackingScaling", arn: str = "arn-of-") -> Any:
    def answer(ResourceId: str, **_: object) -> dict[str, Any]:  # noqa: N803
        name = f"{ResourceId.rsplit('/', 1)[-1]}-concurrency"
        tracking = {"TargetValue": target, "ScaleInCooldown": 300}
        policy = {"PolicyName": name, "PolicyType": kind, "TargetTrackingScalingPolicyConfiguration": tracking}
        return {"ScalingPolicies": [{**policy, "PolicyARN": f"{arn}{name}"}]}

    return answer


def actions(cron: str = CRON) -> Any:
    def answer(ResourceId: str, **_: object) -> dict[str, Any]:  # noqa: N803
        action = {"MinCapacity": 1, "MaxCapacity": 1}
        each = {"Schedule": f"cron({cron})", "Timezone": "Europe/London", "ScalableTargetAction": action}
        return {"ScheduledActions": [each] if ResourceId.endswith("/linear") else []}

    return answer


def approved(version: int = 1) -> Any:
    def answer(ModelPackageGroupName: str, ModelApprovalStatus: str) -> dict[str, Any]:  # noqa: N803
        arn = package(ModelPackageGroupName.rsplit("-", 1)[-1], version)
        return {"ModelPackageSummaryList": [{"ModelPackageArn": arn, "ModelPackageVersion": version}]}

    return answer


def template(StackName: str, TemplateStage: str) -> dict[str, Any]:  # noqa: N803
    assert TemplateStage == "Processed"
    body = TEMPLATES[StackName]
    # As CloudFormation gives it back: JSON read already, or the YAML that the CDK sent.
    return {"TemplateBody": yaml.safe_dump(body) if StackName.endswith("data") else body}


def resources(StackName: str) -> dict[str, Any]:  # noqa: N803
    ids = {*TEMPLATES[StackName]["Resources"], "Bucket"} & PHYSICAL.keys()
    return {"StackResourceSummaries": [{"LogicalResourceId": id, "PhysicalResourceId": PHYSICAL[id]} for id in ids]}


EXPORTS = {"subnet": "subnet-1", "group": "sg-1", "key": KEY}
WELL: Answers = {
    ("cloudformation", "describe_stacks"): {
        "Stacks": [*(stack(name) for name in TEMPLATES), stack("CDKToolkit", Tags=[])]
    },
    ("cloudformation", "get_template"): template,
    ("cloudformation", "list_stack_resources"): resources,
    ("cloudformation", "list_exports"): {"Exports": [{"Name": k, "Value": v} for k, v in EXPORTS.items()]},
    ("sagemaker", "describe_endpoint"): endpoint(),
    ("sagemaker", "describe_endpoint_config"): configuration(),
    ("sagemaker", "describe_model"): models(),
    ("sagemaker", "list_model_packages"): approved(),
    ("application-autoscaling", "describe_scalable_targets"): targets((1, 4)),
    ("application-autoscaling", "describe_scaling_policies"): policies(),
    ("application-autoscaling", "describe_scheduled_actions"): actions(),
    ("iam", "list_roles"): {"Roles": [{"RoleName": "by-hand"}]},
    ("iam", "get_role"): role(),
    ("s3", "get_bucket_encryption"): encryption(),
    ("ec2", "describe_vpc_endpoints"): vpc_endpoint(ENDPOINT_POLICY),
}
ABSENT = refused("ValidationException", 'Could not find endpoint "ashlar-dev-reviews".')


def running(deployed: Deployed, **changes: Any) -> Deployed:
    """The environment with other answers."""
    deployed.platform = platform()
    deployed.clients = services(WELL, changes)
    return deployed
