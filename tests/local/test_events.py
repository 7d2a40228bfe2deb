"""EventBridge: what S3 and rules do when data arrives."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.local import stacks
from tests.local.cloud import LocalCloud, eventually

_FAILING = """
import json, os, boto3
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=event["id"])
    raise RuntimeError("as the test wants")
"""
_PIPELINE = {
    "Version": "2020-12-01",
    "Parameters": [{"Name": "Batch", "Type": "String", "DefaultValue": "none"}],
    "Steps": [{"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": "as the test wants"}}],
}


def _bucket(cloud: LocalCloud, stack: str) -> str:
    events = {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"NotificationConfiguration": events}}
    stacks.deploy(cloud, stack, {"Resources": {"Data": bucket}})
    return stacks.resources(cloud, stack)["Data"]


def _marker_pattern(bucket: str) -> dict[str, object]:
    return {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"wildcard": "raw/reviews/*/_READY"}]}},
    }


def should_send_one_event_for_the_marker_and_none_for_the_data(local_cloud: LocalCloud) -> None:
    bucket = _bucket(local_cloud, "marker-events")
    sqs = local_cloud.client("sqs")
    queue = sqs.create_queue(QueueName="marker-events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    stacks.make_rule(local_cloud, "marker-events", _marker_pattern(bucket), {"Arn": arn})
    for key in ("raw/reviews/b1/data.csv", "raw/reviews/b1/_READY"):
        local_cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=b"")
    messages = eventually(lambda: sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"))
    assert messages
    events = [json.loads(message["Body"]) for message in messages]
    assert [event["detail"]["object"]["key"] for event in events] == ["raw/reviews/b1/_READY"]
    assert events[0]["source"] == "aws.s3"
    assert events[0]["region"] == "eu-west-1"


def should_start_a_pipeline_with_values_of_the_event(local_cloud: LocalCloud) -> None:
    bucket = _bucket(local_cloud, "marker-pipeline")
    pipeline_role = stacks.make_role(local_cloud, "pipeline", "sagemaker.amazonaws.com")
    sagemaker = local_cloud.client("sagemaker")
    arn = sagemaker.create_pipeline(
        PipelineName="marker", PipelineDefinition=json.dumps(_PIPELINE), RoleArn=pipeline_role
    )["PipelineArn"]
    starter = stacks.make_role(
        local_cloud, "starter", "events.amazonaws.com", {"Action": "sagemaker:StartPipelineExecution", "Resource": arn}
    )
    parameters = [{"Name": "Batch", "Value": "$.detail.object.key"}]
    target = {
        "Arn": arn,
        "RoleArn": starter,
        "SageMakerPipelineParameters": {"PipelineParameterList": parameters},
    }
    stacks.make_rule(local_cloud, "marker-pipeline", _marker_pattern(bucket), target)
    local_cloud.client("s3").put_object(Bucket=bucket, Key="raw/reviews/b2/_READY", Body=b"")
    found = eventually(lambda: sagemaker.list_pipeline_executions(PipelineName="marker")["PipelineExecutionSummaries"])
    given = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=found[0]["PipelineExecutionArn"])
    assert given["PipelineParameters"] == [{"Name": "Batch", "Value": "raw/reviews/b2/_READY"}]


def should_invoke_a_function_that_failed_again(local_cloud: LocalCloud) -> None:
    sqs = local_cloud.client("sqs")
    queue = sqs.create_queue(QueueName="attempts")["QueueUrl"]
    role = stacks.make_role(
        local_cloud, "failing", "lambda.amazonaws.com", {"Action": "sqs:SendMessage", "Resource": "*"}
    )
    function = stacks.make_function(local_cloud, "failing", _FAILING, role, QUEUE=queue)
    stacks.make_rule(local_cloud, "failing", {"source": ["test.failing"]}, {"Arn": function})
    local_cloud.client("events").put_events(Entries=[{"Source": "test.failing", "DetailType": "any", "Detail": "{}"}])
    attempts: list[str] = []

    def again() -> bool:
        received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        attempts.extend(message["Body"] for message in received)
        return len(attempts) > 1

    eventually(again)
    assert len(set(attempts)) == 1


def should_ask_whether_a_target_may_be_given_its_role(local_cloud: LocalCloud) -> None:
    role = stacks.make_role(local_cloud, "target-role", "events.amazonaws.com")
    local_cloud.client("events").put_rule(Name="passed", EventPattern=json.dumps({"source": ["a"]}))
    target = {"Id": "a", "Arn": "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/a", "RoleArn": role}
    put = {"Action": "events:PutTargets", "Resource": "*"}
    condition = {"StringEquals": {"iam:PassedToService": "events.amazonaws.com"}}
    passing = {"Action": "iam:PassRole", "Resource": role, "Condition": condition}
    for name, statements in (("cannot-pass", (put,)), ("can-pass", (put, passing))):
        caller = stacks.make_role(local_cloud, name, "account", *statements)
        events = local_cloud.client("events", stacks.credentials_of(local_cloud, caller))
        if passing in statements:
            events.put_targets(Rule="passed", Targets=[target])
        else:
            with pytest.raises(ClientError, match=r"AccessDenied.*iam:PassRole"):
                events.put_targets(Rule="passed", Targets=[target])


def should_ask_whether_a_function_may_be_given_its_role(local_cloud: LocalCloud) -> None:
    role = stacks.make_role(local_cloud, "function-role", "lambda.amazonaws.com")
    function = stacks.make_function(local_cloud, "passed", "def handler(event, context):\n    return 1\n", role)
    caller = stacks.make_role(local_cloud, "changer", "account", {"Action": "lambda:*", "Resource": "*"})
    client = local_cloud.client("lambda", stacks.credentials_of(local_cloud, caller))
    client.update_function_configuration(FunctionName=function, Timeout=5)
    with pytest.raises(ClientError, match=r"AccessDenied.*iam:PassRole"):
        client.update_function_configuration(FunctionName=function, Role=role)
