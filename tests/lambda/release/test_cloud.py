"""What the reconciler reads from AWS and says to it, with botocore's own checks of requests and answers."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from release.blame import Alarm
from release.cloud import Cloud, StackGoneError
from release.decision import Stack, Update
from release.message import Message
from release.settings import Endpoint, Variant

ENDPOINT = Endpoint(
    "inference",
    "arn:aws:iam::111122223333:role/release",
    "reviews",
    "reviewsconfig",
    ("reviewslinearmodel",),
    (Variant("linear", "P", "reviews-linear", 1),),
)
SERVED = {"P": "old", "Other": "x"}
NOW_STACK = Stack("UPDATE_COMPLETE", SERVED, "", "", "", "0", 1, live=True, running=SERVED)
TOPIC = "arn:aws:sns:eu-west-1:111122223333:operators"
PACKAGE = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/reviews-linear/1"
STACK_ID = "arn:aws:cloudformation:eu-west-1:111122223333:stack/inference/1"
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


class Stubbed:
    """A Cloud whose clients answer what a test queues."""

    def __init__(self) -> None:
        given = {"region_name": "eu-west-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
        names = ("cloudformation", "sagemaker", "cloudwatch", "sns")
        clients = {name: boto3.client(name, **given) for name in names}
        stubs = [Stubber(client) for client in clients.values()]
        self.cloudformation, self.sagemaker, self.cloudwatch, self.sns = self.all = stubs
        self.cloud = Cloud(**clients, topic=TOPIC)


@pytest.fixture
def aws() -> Iterator[Stubbed]:
    stubbed = Stubbed()
    for stub in stubbed.all:
        stub.activate()
    yield stubbed
    for stub in stubbed.all:
        stub.assert_no_pending_responses()


def event(number: int, resource: str, status: str, reason: str = "", token: str = "t") -> dict[str, Any]:
    physical = STACK_ID if resource == "inference" else resource
    return {
        "StackId": STACK_ID,
        "EventId": f"{number:08d}-event",
        "StackName": "inference",
        "LogicalResourceId": resource,
        "PhysicalResourceId": physical,
        "ResourceType": f"type of {resource}",
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
        "ClientRequestToken": token,
        "Timestamp": NOW,
    }


def describe(aws: Stubbed, status: str, events: list[dict[str, Any]], live: str | None = None) -> None:
    parameters = [{"ParameterKey": "P", "ParameterValue": "none"}]
    described = {
        "StackName": "inference",
        "StackId": STACK_ID,
        "CreationTime": NOW,
        "StackStatus": status,
        "Parameters": parameters,
    }
    aws.cloudformation.add_response("describe_stacks", {"Stacks": [described]}, {"StackName": "inference"})
    aws.cloudformation.add_response("describe_stack_events", {"StackEvents": events}, {"StackName": STACK_ID})
    if live is None:
        aws.sagemaker.add_client_error("describe_endpoint", "ValidationException", 'Could not find endpoint "reviews".')
        return
    endpoint = {
        "EndpointName": "reviews",
        "EndpointArn": "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/reviews",
        "EndpointConfigName": live,
        "EndpointStatus": "InService",
        "CreationTime": NOW,
        "LastModifiedTime": NOW,
    }
    aws.sagemaker.add_response("describe_endpoint", endpoint, {"EndpointName": "reviews"})
    resource = {
        "LogicalResourceId": "reviewsconfig",
        "PhysicalResourceId": "arn:aws:sagemaker:eu-west-1:111122223333:endpoint-config/reviewsconfig-new",
        "ResourceType": "AWS::SageMaker::EndpointConfig",
        "LastUpdatedTimestamp": NOW,
        "ResourceStatus": "UPDATE_COMPLETE",
    }
    aws.cloudformation.add_response(
        "describe_stack_resource",
        {"StackResourceDetail": resource},
        {"StackName": "inference", "LogicalResourceId": "reviewsconfig"},
    )


def should_read_the_last_operation_only(aws: Stubbed) -> None:
    newest_first = [
        event(6, "inference", "UPDATE_ROLLBACK_COMPLETE"),
        event(5, "inference", "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed"),
        event(4, "target", "CREATE_FAILED", "Resource creation cancelled"),
        event(3, "endpoint", "UPDATE_FAILED", "variant linear did not pass the ping health check"),
        event(2, "inference", "UPDATE_IN_PROGRESS", "User Initiated"),
        # pragma: allowlist nextline secret - a made-up or public value that opens nothing
        event(1, "endpoint", "CREATE_FAILED", "an older story", token="old"),
        event(0, "inference", "CREATE_IN_PROGRESS", token="old"),
    ]
    describe(aws, "UPDATE_ROLLBACK_COMPLETE", newest_first)
    stack = aws.cloud.stack(ENDPOINT)
    assert (stack.status, stack.parameters, stack.token) == ("UPDATE_ROLLBACK_COMPLETE", {"P": "none"}, "t")
    assert stack.reason == "endpoint: variant linear did not pass the ping health check"
    assert stack.failed == "type of endpoint"
    assert stack.event == "00000002-event"
    assert stack.age > 0


def should_read_an_import_as_an_operation_of_its_own(aws: Stubbed) -> None:
    newest_first = [
        event(3, "inference", "IMPORT_COMPLETE"),
        # pragma: allowlist nextline secret - a made-up or public value that opens nothing
        event(2, "inference", "IMPORT_IN_PROGRESS", token="import"),
        # pragma: allowlist nextline secret - a made-up or public value that opens nothing
        event(1, "endpoint", "UPDATE_FAILED", "an older story", token="release-1-2"),
        event(0, "inference", "UPDATE_IN_PROGRESS", token="release-1-2"),
    ]
    describe(aws, "IMPORT_COMPLETE", newest_first)
    stack = aws.cloud.stack(ENDPOINT)
    assert (stack.token, stack.reason) == ("import", "")


@pytest.mark.parametrize("live", ["reviewsconfig-New", None])
def should_take_the_stacks_word_where_the_endpoint_runs_on_its_configuration(aws: Stubbed, live: str | None) -> None:
    describe(aws, "UPDATE_COMPLETE", [event(0, "inference", "UPDATE_IN_PROGRESS")], live)
    stack = aws.cloud.stack(ENDPOINT)
    assert stack.live
    assert stack.running == {"P": "none"}


def runs(aws: Stubbed, configuration: str) -> None:
    """DescribeEndpointConfig and DescribeModel of one variant and a shadow."""
    variants = [{"VariantName": "linear", "ModelName": "model-one"}]
    shadows = [{"VariantName": "shadow", "ModelName": "model-two"}]
    described = {"EndpointConfigName": configuration, "EndpointConfigArn": "arn:" + "x" * 20, "CreationTime": NOW}
    aws.sagemaker.add_response(
        "describe_endpoint_config",
        {**described, "ProductionVariants": variants, "ShadowProductionVariants": shadows},
        {"EndpointConfigName": configuration},
    )
    model = {"ModelName": "model-one", "ModelArn": "arn:" + "x" * 20, "CreationTime": NOW}
    containers = [{"Image": "features"}, {"ModelPackageName": PACKAGE}]
    aws.sagemaker.add_response("describe_model", {**model, "Containers": containers}, {"ModelName": "model-one"})
    aws.sagemaker.add_client_error("describe_model", "ValidationException", 'Could not find model "model-two".')


def should_ask_sagemaker_what_runs_where_the_endpoint_went_back(aws: Stubbed) -> None:
    describe(aws, "UPDATE_COMPLETE", [event(0, "inference", "UPDATE_IN_PROGRESS")], "reviewsconfig-old")
    runs(aws, "reviewsconfig-old")
    stack = aws.cloud.stack(ENDPOINT)
    assert not stack.live
    assert stack.running == {"P": PACKAGE}


def should_tell_a_configuration_that_the_stack_never_made(aws: Stubbed) -> None:
    describe(aws, "UPDATE_COMPLETE", [event(0, "inference", "UPDATE_IN_PROGRESS")], "by-hand")
    runs(aws, "by-hand")
    assert aws.cloud.stack(ENDPOINT).moved == "by-hand"
    describe(aws, "UPDATE_COMPLETE", [event(0, "inference", "UPDATE_IN_PROGRESS")], "reviewsConfig-old")
    runs(aws, "reviewsConfig-old")
    assert not aws.cloud.stack(ENDPOINT).moved


def rolled_back_events(token: str = "release-1-2") -> list[dict[str, Any]]:
    def of(number: int, resource: str, status: str, physical: str = "", reason: str = "") -> dict[str, Any]:
        made = event(number, resource, status, reason, token)
        types = {"endpoint": "AWS::SageMaker::Endpoint", "inference": "AWS::CloudFormation::Stack"}
        made["ResourceType"] = types.get(resource, "AWS::CloudWatch::Alarm")
        made["Timestamp"] = NOW + datetime.timedelta(seconds=number)
        return {**made, "PhysicalResourceId": physical or made["PhysicalResourceId"]}

    config = "arn:aws:sagemaker:eu-west-1:111122223333:endpoint-config/reviewsconfig-"
    return [
        of(9, "inference", "UPDATE_ROLLBACK_COMPLETE"),
        of(8, "alarm", "DELETE_COMPLETE", "reviewsconfig-New-linear-5xx"),
        of(7, "alarm", "UPDATE_COMPLETE", "reviewsconfig-old-linear-5xx"),
        of(6, "reviewsconfig", "UPDATE_COMPLETE", f"{config}old"),
        of(5, "inference", "UPDATE_ROLLBACK_IN_PROGRESS"),
        of(4, "endpoint", "UPDATE_FAILED", reason="went back"),
        of(3, "endpoint", "UPDATE_IN_PROGRESS"),
        of(2, "scaling", "UPDATE_COMPLETE", "reviewsconfig-New-linear-backlog"),
        of(2, "alarm", "UPDATE_COMPLETE", "reviewsconfig-New-linear-5xx"),
        of(1, "reviewsconfig", "UPDATE_COMPLETE", f"{config}new"),
        of(0, "inference", "UPDATE_IN_PROGRESS"),
    ]


def history(aws: Stubbed, *states: tuple[int, str]) -> None:
    """No alarm is in ALARM now: CloudFormation has deleted it. Its history: (second, state)."""
    asked = {
        "AlarmNames": ["reviewsconfig-New-linear-5xx"],
        "AlarmTypes": ["MetricAlarm"],
        "StateValue": "ALARM",
    }
    aws.cloudwatch.add_response("describe_alarms", {"MetricAlarms": []}, asked)
    items = [
        {
            "AlarmName": "reviewsconfig-New-linear-5xx",
            "Timestamp": NOW + datetime.timedelta(seconds=second),
            "HistoryData": json.dumps({"newState": {"stateValue": state, "stateReason": "Threshold Crossed"}}),
        }
        for second, state in states
    ]
    aws.cloudwatch.add_response(
        "describe_alarm_history",
        {"AlarmHistoryItems": items},
        {
            "AlarmName": "reviewsconfig-New-linear-5xx",
            "HistoryItemType": "StateUpdate",
            "ScanBy": "TimestampAscending",
        },
    )


TRIPPED = Alarm("reviewsconfig-New-linear-5xx", "linear-5xx", "Threshold Crossed")


def should_name_the_deleted_alarm_of_the_configuration_that_was_rolled_back(aws: Stubbed) -> None:
    """Not those of the configuration before, and not those that scaling has."""
    describe(aws, "UPDATE_ROLLBACK_COMPLETE", rolled_back_events(), "reviewsconfig-new")
    history(aws, (2, "OK"), (3, "ALARM"), (4, "OK"))
    stack = aws.cloud.stack(ENDPOINT)
    assert (stack.alarms, stack.early) == ((TRIPPED,), ())
    assert stack.reason == "endpoint: went back"


def should_count_an_alarm_of_the_very_second_in_which_the_roll_out_began(aws: Stubbed) -> None:
    events = rolled_back_events()
    for each in events:
        each["Timestamp"] += datetime.timedelta(milliseconds=278)
    describe(aws, "UPDATE_ROLLBACK_COMPLETE", events, "reviewsconfig-new")
    history(aws, (3, "ALARM"))
    assert aws.cloud.stack(ENDPOINT).alarms == (TRIPPED,)


def should_tell_an_alarm_that_was_there_before_the_endpoint_was_touched(aws: Stubbed) -> None:
    describe(aws, "UPDATE_ROLLBACK_COMPLETE", rolled_back_events(), "reviewsconfig-new")
    history(aws, (2, "ALARM"))
    stack = aws.cloud.stack(ENDPOINT)
    assert (stack.alarms, stack.early) == ((), (TRIPPED,))


def should_see_an_alarm_that_is_still_in_alarm_after_a_silent_rollback(aws: Stubbed) -> None:
    events = [e for e in rolled_back_events() if e["Timestamp"] <= NOW + datetime.timedelta(seconds=3)]
    describe(aws, "UPDATE_COMPLETE", events, "reviewsconfig-old")
    alarm = {
        "AlarmName": TRIPPED.name,
        "StateReason": TRIPPED.reason,
        "StateUpdatedTimestamp": NOW + datetime.timedelta(seconds=9),
    }
    aws.cloudwatch.add_response("describe_alarms", {"MetricAlarms": [alarm]})
    runs(aws, "reviewsconfig-old")
    assert aws.cloud.stack(ENDPOINT).alarms == (TRIPPED,)


@pytest.mark.parametrize(
    ("token", "status"), [("cdk-deploy-1", "UPDATE_ROLLBACK_COMPLETE"), ("release-1-2", "UPDATE_COMPLETE")]
)
def should_ask_for_alarms_only_where_a_release_went_back(aws: Stubbed, token: str, status: str) -> None:
    describe(aws, status, rolled_back_events(token), "reviewsconfig-new")
    assert aws.cloud.stack(ENDPOINT).alarms == ()


def should_read_no_endpoint_while_the_stack_is_busy(aws: Stubbed) -> None:
    parameters = [{"ParameterKey": "P", "ParameterValue": "new"}]
    described = {"StackName": "inference", "StackId": STACK_ID, "CreationTime": NOW, "Parameters": parameters}
    aws.cloudformation.add_response("describe_stacks", {"Stacks": [{**described, "StackStatus": "UPDATE_IN_PROGRESS"}]})
    events = [event(0, "inference", "UPDATE_IN_PROGRESS")]
    aws.cloudformation.add_response("describe_stack_events", {"StackEvents": events})
    assert aws.cloud.stack(ENDPOINT).status == "UPDATE_IN_PROGRESS"


def should_say_that_a_stack_is_gone(aws: Stubbed) -> None:
    aws.cloudformation.add_client_error(
        "describe_stacks", "ValidationError", "Stack with id inference does not exist", http_status_code=400
    )
    with pytest.raises(StackGoneError):
        aws.cloud.stack(ENDPOINT)


def should_take_the_highest_approved_version(aws: Stubbed) -> None:
    arn = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/reviews-linear"
    packages = [
        {
            "ModelPackageGroupName": "reviews-linear",
            "ModelPackageVersion": version,
            "ModelPackageArn": f"{arn}/{version}",
            "CreationTime": NOW,
            "ModelPackageStatus": "Completed",
        }
        for version in (2, 10, 9)
    ]
    aws.sagemaker.add_response(
        "list_model_packages",
        {"ModelPackageSummaryList": packages},
        {
            "ModelPackageGroupName": "reviews-linear",
            "ModelApprovalStatus": "Approved",
            "SortBy": "CreationTime",
            "SortOrder": "Descending",
        },
    )
    assert aws.cloud.registry.approved(ENDPOINT) == {"reviews-linear": f"{arn}/10"}


def should_update_with_the_previous_template_under_the_narrow_role(aws: Stubbed) -> None:
    expected = {
        "StackName": "inference",
        "UsePreviousTemplate": True,
        "Parameters": [
            {"ParameterKey": "P", "ParameterValue": "arn"},
            {"ParameterKey": "Other", "UsePreviousValue": True},
        ],
        "Capabilities": ["CAPABILITY_IAM"],
        "RoleARN": ENDPOINT.role,
        "ClientRequestToken": "release-1",  # pragma: allowlist secret - a made-up or public value that opens nothing
    }
    aws.cloudformation.add_response("update_stack", {"StackId": STACK_ID}, expected)
    assert aws.cloud.update(ENDPOINT, NOW_STACK, Update({"P": "arn"}, "release-1"))


@pytest.mark.parametrize(
    "message",
    ["Stack:x is in UPDATE_IN_PROGRESS state and can not be updated.", "No updates are to be performed."],
)
def should_yield_to_whoever_came_first(aws: Stubbed, message: str) -> None:
    aws.cloudformation.add_client_error("update_stack", "ValidationError", message)
    assert not aws.cloud.update(ENDPOINT, NOW_STACK, Update({"P": "arn"}, "release-1"))


def should_not_hide_a_refused_update(aws: Stubbed) -> None:
    aws.cloudformation.add_client_error("update_stack", "AccessDenied", "not authorized to perform iam:PassRole")
    with pytest.raises(aws.cloud._cloudformation.exceptions.ClientError):
        aws.cloud.update(ENDPOINT, NOW_STACK, Update({"P": "arn"}, "release-1"))


def should_reject_with_the_reason(aws: Stubbed) -> None:
    expected = {"ModelPackageArn": PACKAGE, "ModelApprovalStatus": "Rejected", "ApprovalDescription": "why"}
    aws.sagemaker.add_response("update_model_package", {"ModelPackageArn": PACKAGE}, expected)
    aws.cloud.registry.reject(PACKAGE, "why")


@pytest.mark.parametrize(
    ("tags", "paused"),
    [
        ([], None),
        ([{"Key": "release-paused:others", "Value": "not us"}], None),
        (
            [{"Key": "project", "Value": "x"}, {"Key": "release-paused:reviews", "Value": "moving house"}],
            "moving house",
        ),
        ([{"Key": "release-paused:reviews", "Value": ""}], ""),
    ],
)
def should_be_paused_by_the_tag_of_its_group(aws: Stubbed, tags: list[dict[str, str]], paused: str | None) -> None:
    group = "arn:aws:sagemaker:eu-west-1:111122223333:model-package-group/reviews-linear"
    aws.sagemaker.add_response("list_tags", {"Tags": tags}, {"ResourceArn": group, "MaxResults": 100})
    assert aws.cloud.registry.paused(ENDPOINT) == paused


def should_publish_to_the_operators_topic(aws: Stubbed) -> None:
    expected = {"TopicArn": TOPIC, "Subject": "subject", "Message": "text"}
    aws.sns.add_response("publish", {"MessageId": "1"}, expected)
    aws.cloud.tell(Message("subject", "text"))
