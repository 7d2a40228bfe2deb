"""Each event of a stack names its operation, by which the CDK's command line tells one deployment from another."""

from __future__ import annotations

import json
from itertools import groupby

from tests.local import stacks
from tests.local.cloud import LocalCloud
from tests.local.sagemaker.workshop import unique

QUEUE = {"Always": {"Type": "AWS::SQS::Queue"}}
RULE = {"GroupId": "sg-missing", "IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "CidrIp": "10.0.0.0/8"}
BROKEN = {"Trouble": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": RULE}}


def should_tell_the_operations_of_a_stack_apart(local_cloud: LocalCloud) -> None:
    name, cloudformation = unique("operations"), local_cloud.client("cloudformation")
    stacks.deploy(local_cloud, name, {"Resources": QUEUE})
    cloudformation.update_stack(StackName=name, TemplateBody=json.dumps({"Resources": QUEUE | BROKEN}))
    assert stacks.settled(local_cloud, name)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"][::-1]
    own = [event for event in events if event["LogicalResourceId"] == name]
    # The creation, the update that fails, and its rollback, which is an operation of its own.
    began = {event["OperationId"]: event["ResourceStatus"] for event in reversed(own)}
    assert list(began.values())[::-1] == ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"]
    ended = {event["OperationId"]: event["ResourceStatus"] for event in own}
    _, failed, _ = ended
    assert list(ended.values()) == ["CREATE_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"]
    assert {event["OperationId"] for event in events if event["ResourceStatus"].endswith("FAILED")} == {failed}
    # Not one event of an operation lies among those of another.
    assert [operation for operation, _ in groupby(event["OperationId"] for event in events)] == list(ended)
