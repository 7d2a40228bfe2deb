"""Functions, and those who call the API in front of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stacks.permissions.statement import VERSION, Because, Statement
from stacks.values.account import Account


def function(
    account: Account, *, log_group: str, key: str, dead_letters: str, dead_letters_key: str
) -> list[Statement]:
    """What every function of the platform needs: logs, traces, its settings' key, its place in the VPC."""
    trace = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    return [
        Statement(
            "Logs",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            account.log_group(log_group),
            because=Because.VERSIONS,
        ),
        Statement("Trace", trace, ["*"], because=Because.NO_RESOURCE_LEVEL),
        Statement("Key", ["kms:Decrypt"], [key]),
        Statement("DeadLetters", ["sqs:SendMessage"], [dead_letters]),
        Statement("DeadLettersKey", ["kms:Decrypt", "kms:GenerateDataKey"], [dead_letters_key]),
        _network_interfaces(),
    ]


def _network_interfaces() -> Statement:
    """As AWSLambdaVPCAccessExecutionRole has it, and no more (Lambda developer guide: required IAM permissions)."""
    change = ["AssignPrivateIpAddresses", "CreateNetworkInterface", "DeleteNetworkInterface"]
    change += ["UnassignPrivateIpAddresses"]
    describe = [f"Describe{what}" for what in ("NetworkInterfaces", "SecurityGroups", "Subnets", "Vpcs")]
    actions = [f"ec2:{verb}" for verb in (*change, *describe)]
    return Statement("NetworkInterfaces", actions, ["*"], because=Because.NETWORK_INTERFACES)


def front_door(account: Account, endpoints: Sequence[str]) -> list[Statement]:
    """By name: the endpoints appear with the first release, after the function."""
    arns = [account.arn("sagemaker", f"endpoint/{endpoint}") for endpoint in endpoints]
    return [Statement("Invoke", ["sagemaker:InvokeEndpoint"], arns)]


def api_policy(account: Account) -> dict[str, Any]:
    """The API's own policy: nobody of another account, whatever their account allows them."""
    foreign = {"StringNotEquals": {"aws:PrincipalAccount": account.id}}
    deny = {"Sid": "OwnAccountOnly", "Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke"}
    return {"Version": VERSION, "Statement": [{**deny, "Resource": "execute-api:/*", "Condition": foreign}]}


def caller(account: Account, *, api_id: str, stage: str) -> list[Statement]:
    """Applications that call the API, and can do nothing else with it."""
    path = account.arn("execute-api", f"{api_id}/{stage}/POST/endpoints/*/predictions")
    return [Statement("Predictions", ["execute-api:Invoke"], [path], because=Because.VERSIONS)]


def api_logs() -> list[Statement]:
    """What API Gateway demands of the role that it writes execution and access logs with."""
    verbs = ["CreateLogGroup", "CreateLogStream", "DescribeLogGroups", "DescribeLogStreams"]
    verbs += ["FilterLogEvents", "GetLogEvents", "PutLogEvents"]
    return [Statement("Logs", [f"logs:{verb}" for verb in verbs], ["*"], because=Because.API_LOGGING)]
