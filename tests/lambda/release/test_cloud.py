"""What the reconciler reads from CloudFormation and the registry, with botocore's own response checks."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber
from release.cloud import Cloud, StackGoneError
from release.reconcile import Reject, Stack, Update
from release.settings import Endpoint, Variant

ENDPOINT = Endpoint(
    "inference",
    "arn:aws:iam::111122223333:role/release",
    "reviews",
    "reviewsconfig",
    (Variant("linear", "P", "reviews-linear", 1),),
)
NOW_STACK = Stack("UPDATE_COMPLETE", {"P": "old", "Other": "x"}, "", "", "", "0", 1, live=True)
STACK_ID = "arn:aws:cloudformation:eu-west-1:111122223333:stack/inference/1"
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


class Stubbed:
    """A Cloud whose two clients answer what a test queues."""

    def __init__(self) -> None:
        given = {"region_name": "eu-west-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
        cloudformation, sagemaker = boto3.client("cloudformation", **given), boto3.client("sagemaker", **given)
        self.cloudformation, self.sagemaker = Stubber(cloudformation), Stubber(sagemaker)
        self.cloud = Cloud(cloudformation, sagemaker)


@pytest.fixture
def aws() -> Iterator[Stubbed]:
    stubbed = Stubbed()
    with stubbed.cloudformation, stubbed.sagemaker:
        yield stubbed
    stubbed.cloudformation.assert_no_pending_responses()
    stubbed.sagemaker.assert_no_pending_responses()


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


@pytest.mark.parametrize(("live", "same"), [("reviewsconfig-New", True), ("reviewsconfig-old", False), (None, True)])
def should_compare_what_runs_with_what_the_stack_says(aws: Stubbed, live: str | None, same: bool) -> None:
    describe(aws, "UPDATE_COMPLETE", [event(0, "inference", "UPDATE_IN_PROGRESS")], live)
    assert aws.cloud.stack(ENDPOINT).live is same


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
    assert aws.cloud.approved(ENDPOINT) == {"reviews-linear": f"{arn}/10"}


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


@pytest.mark.parametrize(
    ("why", "taken"), [("x" * 3000, "x" * 1024), ("two\nlines\r\n  and more", "two lines and more")]
)
def should_shorten_a_reason_to_the_one_line_that_the_registry_takes(aws: Stubbed, why: str, taken: str) -> None:
    expected = {"ModelPackageArn": ANY, "ModelApprovalStatus": "Rejected", "ApprovalDescription": taken}
    aws.sagemaker.add_response("update_model_package", {"ModelPackageArn": "arn"}, expected)
    aws.cloud.reject(Reject("arn:aws:sagemaker:eu-west-1:111122223333:model-package/reviews-linear/1", why))
