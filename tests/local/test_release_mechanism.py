"""What the release mechanism stands on: a function updates a stack with its previous template, under a narrow role."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local import stacks
from tests.local.cloud import ACCOUNT, LocalCloud, eventually
from tests.local.sagemaker.workshop import INFERENCE, Workshop

_UPDATER = """
import os, boto3
def handler(event, context):
    boto3.client("cloudformation").update_stack(
        StackName=os.environ["STACK"], UsePreviousTemplate=True, RoleARN=os.environ["ROLE"],
        ClientRequestToken=event["detail"]["package"] + "-1",
        Parameters=[{"ParameterKey": "Package", "ParameterValue": event["detail"]["package"]}])
"""
_RECORDER = """
import json, os, boto3
def handler(event, context):
    stacks = boto3.client("cloudformation").describe_stacks(StackName=event["detail"]["stack-id"])["Stacks"]
    seen = {**event, "seen": stacks[0]["StackStatus"]}
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(seen))
"""


@pytest.fixture(scope="module", autouse=True)
def base(local_cloud: LocalCloud) -> None:
    assert stacks.deploy(local_cloud, "release-base", stacks.BASE)["StackStatus"] == "CREATE_COMPLETE"


@pytest.fixture
def stack(local_cloud: LocalCloud, request: pytest.FixtureRequest) -> Iterator[str]:
    name = request.node.name.replace("_", "-")[:60]
    assert stacks.deploy(local_cloud, name, stacks.RELEASE)["StackStatus"] == "CREATE_COMPLETE"
    yield name
    local_cloud.client("cloudformation").delete_stack(StackName=name)


def should_create_the_conditional_resource_when_only_a_parameter_changes(local_cloud: LocalCloud, stack: str) -> None:
    assert set(stacks.resources(local_cloud, stack)) == {"Always"}
    stacks.update(local_cloud, stack, Package="one")
    assert stacks.settled(local_cloud, stack)["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.resources(local_cloud, stack)["Model"] == f"/{stack}/one"


def should_retain_what_an_update_replaces(local_cloud: LocalCloud, stack: str) -> None:
    for package in ("one", "two"):
        stacks.update(local_cloud, stack, Package=package)
        stacks.settled(local_cloud, stack)
    names = {f"/{stack}/one", f"/{stack}/two"}
    found = local_cloud.client("ssm").get_parameters(Names=sorted(names))["Parameters"]
    assert {parameter["Name"] for parameter in found} == names


def should_keep_the_old_values_when_an_update_fails(local_cloud: LocalCloud, stack: str) -> None:
    stacks.update(local_cloud, stack, Package="good")
    stacks.settled(local_cloud, stack)
    stacks.update(local_cloud, stack, Package="broken")
    after = stacks.settled(local_cloud, stack)
    assert after["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert after["Parameters"] == [{"ParameterKey": "Package", "ParameterValue": "good"}]
    assert stacks.resources(local_cloud, stack)["Model"] == f"/{stack}/good"


def should_let_a_function_update_the_stack_and_hear_of_it(local_cloud: LocalCloud, stack: str) -> None:
    hosting = stacks.make_role(
        local_cloud, "hosting", "cloudformation.amazonaws.com", {"Action": "ssm:PutParameter", "Resource": "*"}
    )
    updater = stacks.make_role(
        local_cloud,
        "updater",
        "lambda.amazonaws.com",
        {
            "Action": "cloudformation:UpdateStack",
            "Resource": stacks.stack_arn(stack),
            "Condition": {"StringEquals": {"cloudformation:RoleArn": hosting}},
        },
        {
            "Action": "iam:PassRole",
            "Resource": hosting,
            "Condition": {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}},
        },
    )
    recorder = stacks.make_role(
        local_cloud,
        "recorder",
        "lambda.amazonaws.com",
        {"Action": ["cloudformation:DescribeStacks", "sqs:SendMessage"], "Resource": "*"},
    )
    queue = local_cloud.client("sqs").create_queue(QueueName="seen")["QueueUrl"]
    update = stacks.make_function(local_cloud, "update", _UPDATER, updater, STACK=stack, ROLE=hosting)
    record = stacks.make_function(local_cloud, "record", _RECORDER, recorder, QUEUE=queue)
    stacks.make_rule(local_cloud, "approved", {"source": ["test.registry"]}, {"Arn": update})
    stacks.make_rule(
        local_cloud,
        "changed",
        {
            "source": ["aws.cloudformation"],
            "detail-type": ["CloudFormation Stack Status Change"],
            "resources": [{"prefix": stacks.stack_arn(stack)[:-1]}],
        },
        {"Arn": record},
    )

    local_cloud.client("events").put_events(
        Entries=[{"Source": "test.registry", "DetailType": "approved", "Detail": json.dumps({"package": "one"})}]
    )

    seen: list[dict[str, Any]] = []

    def completed() -> bool:
        answer = local_cloud.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        seen.extend(json.loads(message["Body"]) for message in answer.get("Messages", []))
        return any(event["detail"]["status-details"]["status"] == "UPDATE_COMPLETE" for event in seen)

    eventually(completed)
    last = next(e for e in seen if e["detail"]["status-details"]["status"] == "UPDATE_COMPLETE")
    assert last["seen"] == "UPDATE_COMPLETE"
    # pragma: allowlist nextline secret - a made-up or public value that opens nothing
    assert last["detail"]["client-request-token"] == "one-1"
    assert stacks.describe(local_cloud, stack)["Parameters"][0]["ParameterValue"] == "one"


def should_refuse_an_update_that_names_another_role_than_the_policy_asks_for(
    local_cloud: LocalCloud, stack: str
) -> None:
    role = stacks.make_role(
        local_cloud,
        "asks-for-a-role",
        "account",
        {
            "Action": "cloudformation:UpdateStack",
            "Resource": stacks.stack_arn(stack),
            "Condition": {"StringEquals": {"cloudformation:RoleArn": "arn:aws:iam::123456789012:role/narrow"}},
        },
    )
    with pytest.raises(ClientError, match=r"not authorized to perform: cloudformation:UpdateStack"):
        stacks.update(local_cloud, stack, credentials=stacks.credentials_of(local_cloud, role), Package="one")


def should_refuse_to_pass_a_role_without_permission(local_cloud: LocalCloud, stack: str) -> None:
    passed = stacks.make_role(local_cloud, "passed", "cloudformation.amazonaws.com")
    caller = stacks.make_role(local_cloud, "passes-nothing", "account", {"Action": "cloudformation:*", "Resource": "*"})
    with pytest.raises(ClientError, match=r"not authorized to perform: iam:PassRole on resource: .*role/passed"):
        stacks.update(
            local_cloud,
            stack,
            credentials=stacks.credentials_of(local_cloud, caller),
            role_arn=passed,
            Package="one",
        )


def should_refuse_a_role_that_does_not_trust_cloudformation(local_cloud: LocalCloud, stack: str) -> None:
    stranger = stacks.make_role(local_cloud, "stranger", "lambda.amazonaws.com")
    with pytest.raises(ClientError, match=r"cloudformation\.amazonaws\.com is not authorized"):
        stacks.update(local_cloud, stack, role_arn=stranger, Package="one")


def should_refuse_a_role_that_asks_cloudformation_for_its_source(local_cloud: LocalCloud, stack: str) -> None:
    """CloudFormation is documented to send none: with the condition no release would ever happen."""
    own = stacks.make_role(local_cloud, "asks-for-source", "cloudformation.amazonaws.com")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudformation.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    }
    local_cloud.client("iam").update_assume_role_policy(
        RoleName="asks-for-source", PolicyDocument=stacks.document(statement)
    )
    with pytest.raises(ClientError, match=r"cloudformation\.amazonaws\.com is not authorized"):
        stacks.update(local_cloud, stack, role_arn=own, Package="one")


def should_act_with_the_role_of_the_operation_and_no_more(local_cloud: LocalCloud) -> None:
    group = {"Type": "AWS::SageMaker::ModelPackageGroup", "Properties": {"ModelPackageGroupName": "narrow"}}
    template = {"Resources": {"Group": group}}
    nothing = stacks.make_role(local_cloud, "nothing", "cloudformation.amazonaws.com")
    assert stacks.deploy(local_cloud, "too-narrow", template, role_arn=nothing)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "not authorized to perform: sagemaker:CreateModelPackageGroup" in stacks.failures(local_cloud, "too-narrow")

    enough = stacks.make_role(
        local_cloud,
        "enough",
        "cloudformation.amazonaws.com",
        {"Action": "sagemaker:*ModelPackageGroup", "Resource": "*"},
    )
    assert stacks.deploy(local_cloud, "just-right", template, role_arn=enough)["StackStatus"] == "CREATE_COMPLETE"


def should_refuse_to_delete_or_change_a_stack_that_is_being_updated(
    local_cloud: LocalCloud, workshop: Workshop
) -> None:
    name = "busy"
    slow = {"Type": "AWS::SageMaker::Endpoint", "Properties": {"EndpointConfigName": {"Ref": "Config"}}}
    quick = workshop.model(workshop.role(), "quick")
    lazy = workshop.model(workshop.role(), "lazy", script="import time\ntime.sleep(3)\n" + INFERENCE)
    first, second = (workshop.configuration(("only", model, 1.0)) for model in (quick, lazy))
    template = {"Parameters": {"Config": {"Type": "String"}}, "Resources": {"Endpoint": slow}}
    created = stacks.deploy(local_cloud, name, template, Config=first)
    assert created["StackStatus"] == "CREATE_COMPLETE", stacks.failures(local_cloud, name)
    stacks.update(local_cloud, name, Config=second)
    cloudformation = local_cloud.client("cloudformation")
    with pytest.raises(ClientError, match="cannot be deleted while in status UPDATE_IN_PROGRESS"):
        cloudformation.delete_stack(StackName=name)
    with pytest.raises(ClientError, match="is in UPDATE_IN_PROGRESS state"):
        cloudformation.create_change_set(StackName=name, ChangeSetName="later", UsePreviousTemplate=True)
    with pytest.raises(ClientError, match="is in UPDATE_IN_PROGRESS state"):
        stacks.update(local_cloud, name, Config=first)
    assert stacks.settled(local_cloud, name)["StackStatus"] == "UPDATE_COMPLETE"
