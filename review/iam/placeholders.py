"""The values that CloudFormation will return for a resource, as stable placeholders of the right form.

A name that the template gives is kept; CloudFormation's own names become `<stack>-<LogicalId>`. ARN formats: Service
Authorization Reference, "Resource types defined by ...".
"""

from __future__ import annotations

import re
from typing import Any

# The property that names a resource, where it is not `<Type>Name`.
NAME_PROPERTIES = {
    "AWS::SNS::Topic": "TopicName",
    "AWS::ApiGateway::Stage": "StageName",
    "AWS::CloudTrail::Trail": "TrailName",
    "AWS::WAFv2::WebACL": "Name",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
}
# `{name}`, `{lower}` (SageMaker lower-cases names in ARNs) and `{path}` are filled in.
ARNS = {
    "AWS::CloudTrail::Trail": "arn:{partition}:cloudtrail:{region}:{account}:trail/{name}",
    "AWS::CloudWatch::Alarm": "arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}",
    "AWS::Events::Rule": "arn:{partition}:events:{region}:{account}:rule/{name}",
    "AWS::IAM::ManagedPolicy": "arn:{partition}:iam::{account}:policy{path}{name}",
    "AWS::IAM::OIDCProvider": "arn:{partition}:iam::{account}:oidc-provider/{name}",
    "AWS::IAM::Role": "arn:{partition}:iam::{account}:role{path}{name}",
    "AWS::KMS::Key": "arn:{partition}:kms:{region}:{account}:key/{name}",
    "AWS::Lambda::Alias": "arn:{partition}:lambda:{region}:{account}:function:{name}",
    "AWS::Lambda::Function": "arn:{partition}:lambda:{region}:{account}:function:{name}",
    "AWS::Logs::LogGroup": "arn:{partition}:logs:{region}:{account}:log-group:{name}:*",
    "AWS::S3::Bucket": "arn:{partition}:s3:::{name}",
    "AWS::SNS::Topic": "arn:{partition}:sns:{region}:{account}:{name}",
    "AWS::SQS::Queue": "arn:{partition}:sqs:{region}:{account}:{name}",
    "AWS::SageMaker::Endpoint": "arn:{partition}:sagemaker:{region}:{account}:endpoint/{lower}",
    "AWS::SageMaker::EndpointConfig": "arn:{partition}:sagemaker:{region}:{account}:endpoint-config/{lower}",
    "AWS::SageMaker::Model": "arn:{partition}:sagemaker:{region}:{account}:model/{lower}",
    "AWS::SageMaker::ModelPackageGroup": "arn:{partition}:sagemaker:{region}:{account}:model-package-group/{lower}",
    "AWS::SageMaker::Pipeline": "arn:{partition}:sagemaker:{region}:{account}:pipeline/{lower}",
    "AWS::WAFv2::WebACL": "arn:{partition}:wafv2:{region}:{account}:regional/webacl/{name}/{name}",
}
# Types whose `Ref` is the ARN; the `Ref` of every other type here is its name or id.
REF_IS_ARN = {
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::OIDCProvider",
    "AWS::Lambda::Alias",
    "AWS::SNS::Topic",
    "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Model",
    "AWS::SageMaker::ModelPackageGroup",
}
# Attributes that repeat the name or id.
NAME_ATTRIBUTES = re.compile(r"(Name|GroupId|KeyId|VpcId|^Id)$")


def name_property(type: str) -> str:
    """`AWS::IAM::Role` -> `RoleName`."""
    return NAME_PROPERTIES.get(type, f"{type.rsplit('::', 1)[-1]}Name")


def default_name(stack: str, logical_id: str, type: str) -> str:
    """The name of a resource that the template does not name; buckets and OIDC providers have forms of their own."""
    name = f"{stack}-{logical_id}"
    return name.lower() if type == "AWS::S3::Bucket" else name


def arn(type: str, name: str, path: str, where: dict[str, str]) -> str:
    """`where`: partition, region and account. Types without a known format get the general one."""
    service, kind = type.removeprefix("AWS::").lower().split("::", 1) if "::" in type[5:] else ("custom", type)
    general = "arn:{partition}:" + service + ":{region}:{account}:" + kind + "/{name}"
    return ARNS.get(type, general).format(name=name, lower=name.lower(), path=path, **where)


def reference(type: str, name: str, arn: str) -> str:
    """What `Ref` returns."""
    return arn if type in REF_IS_ARN else name


def attribute(attribute: str, name: str, arn: str) -> Any:
    """What `Fn::GetAtt` returns. An attribute without a rule becomes `<name>.<attribute>`."""
    if attribute.endswith("Arn"):
        return arn
    return name if NAME_ATTRIBUTES.search(attribute) else f"{name}.{attribute}"
