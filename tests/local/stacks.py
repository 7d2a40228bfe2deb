"""Small stacks, roles and functions for the tests of CloudFormation."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from tests.local.cloud import ACCOUNT, REGION, LocalCloud, eventually

Template = dict[str, Any]

# A stack as the inference stack is: one parameter, one resource that is there only with a value, one import.
RELEASE: Template = {
    "Parameters": {"Package": {"Type": "String", "Default": "none"}},
    "Conditions": {
        "Released": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Package"}, "none"]}]},
        "Broken": {"Fn::Equals": [{"Ref": "Package"}, "broken"]},
    },
    "Resources": {
        "Always": {"Type": "AWS::SQS::Queue", "Properties": {"MessageRetentionPeriod": 3600}},
        "Model": {
            "Type": "AWS::SSM::Parameter",
            "Condition": "Released",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "Name": {"Fn::Sub": "/${AWS::StackName}/${Package}"},
                "Type": "String",
                "Value": {"Fn::ImportValue": "release-base"},
            },
        },
        "Trouble": {
            "Type": "AWS::EC2::SecurityGroupIngress",
            "Condition": "Broken",
            "DependsOn": "Model",
            "Properties": {
                "GroupId": "sg-missing",
                "IpProtocol": "tcp",
                "FromPort": 1,
                "ToPort": 1,
                "CidrIp": "10.0.0.0/8",
            },
        },
    },
}
BASE: Template = {
    "Resources": {"Data": {"Type": "AWS::S3::Bucket"}},
    "Outputs": {"Name": {"Value": {"Ref": "Data"}, "Export": {"Name": "release-base"}}},
}


def deploy(
    cloud: LocalCloud, name: str, template: Template, *, role_arn: str = "", **parameters: str
) -> dict[str, Any]:
    """Create a stack, wait for the end of it and return its description."""
    options = {"RoleARN": role_arn} if role_arn else {}
    cloud.client("cloudformation").create_stack(
        StackName=name,
        TemplateBody=json.dumps(template),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        **options,
    )
    return settled(cloud, name)


def update(
    cloud: LocalCloud, name: str, *, credentials: dict[str, str] | None = None, role_arn: str = "", **parameters: str
) -> None:
    """Start an update with the previous template and new parameter values."""
    options = {"RoleARN": role_arn} if role_arn else {}
    cloud.client("cloudformation", credentials).update_stack(
        StackName=name,
        UsePreviousTemplate=True,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        **options,
    )


def describe(cloud: LocalCloud, name: str) -> dict[str, Any]:
    """The stack as DescribeStacks shows it."""
    stack: dict[str, Any] = cloud.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    return stack


def settled(cloud: LocalCloud, name: str) -> dict[str, Any]:
    """The stack once no operation runs."""

    def ended() -> dict[str, Any] | None:
        stack = describe(cloud, name)
        return None if stack["StackStatus"].endswith("_IN_PROGRESS") else stack

    found = eventually(ended)
    assert found
    return found


def resources(cloud: LocalCloud, name: str) -> dict[str, str]:
    """Logical and physical ids of the stack's resources."""
    found = cloud.client("cloudformation").describe_stack_resources(StackName=name)["StackResources"]
    return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in found}


def failures(cloud: LocalCloud, name: str) -> str:
    """The reasons of all failures in the stack's events."""
    events = cloud.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    return "\n".join(e.get("ResourceStatusReason", "") for e in events if e["ResourceStatus"].endswith("_FAILED"))


def make_role(cloud: LocalCloud, name: str, service: str, *statements: dict[str, Any]) -> str:
    """A role that `service` may assume, with the statements as its only policy; returns its ARN."""
    iam = cloud.client("iam")
    principal: dict[str, Any] = {"Service": service} if "." in service else {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}],
    }
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    if statements:
        allowed = document(*({"Effect": "Allow", **statement} for statement in statements))
        iam.put_role_policy(RoleName=name, PolicyName="only", PolicyDocument=allowed)
    return arn


def document(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def credentials_of(cloud: LocalCloud, role_arn: str) -> dict[str, str]:
    """Temporary credentials of a role that trusts the account."""
    answer = cloud.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
    return {key: answer[key] for key in ("AccessKeyId", "SecretAccessKey", "SessionToken")}


def make_function(cloud: LocalCloud, name: str, code: str, role_arn: str, **environment: str) -> str:
    """A Python function with one file; returns its ARN."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("index.py", code)
    answer = cloud.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="index.handler",
        Role=role_arn,
        Code={"ZipFile": archive.getvalue()},
        Timeout=30,
        Environment={"Variables": environment},
    )
    return str(answer["FunctionArn"])


def make_rule(cloud: LocalCloud, name: str, pattern: dict[str, Any], target: dict[str, Any]) -> None:
    """A rule with one target, which lets the rule in."""
    events = cloud.client("events")
    rule_arn = events.put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"]
    _let_in(cloud, target["Arn"], rule_arn)
    events.put_targets(Rule=name, Targets=[{"Id": "target", **target}])


def _let_in(cloud: LocalCloud, target_arn: str, rule_arn: str) -> None:
    service, name = target_arn.split(":")[2], target_arn.rsplit(":", 1)[-1]
    if service == "lambda":
        cloud.client("lambda").add_permission(
            FunctionName=name,
            StatementId="rule",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=rule_arn,
        )
    if service == "sqs":
        sqs = cloud.client("sqs")
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(delivery(target_arn, rule_arn))})


def delivery(target_arn: str, rule_arn: str) -> dict[str, Any]:
    """The statement by which a queue or topic lets a rule in."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish" if ":sns:" in target_arn else "sqs:SendMessage",
        "Resource": target_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
    }


def stack_arn(name: str) -> str:
    """The ARN pattern of a stack, for policies."""
    return f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/*"
