"""Functions, and those who call the API in front of one."""

from __future__ import annotations

from collections.abc import Sequence

from stacks.permissions.jobs import network_interfaces
from stacks.permissions.statement import Because, Statement
from stacks.values.account import Account


def function(account: Account, *, log_group: str, key: str, dead_letters: str) -> list[Statement]:
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
        network_interfaces(),
    ]


def front_door(account: Account, endpoints: Sequence[str]) -> list[Statement]:
    """By name: the endpoints appear with the first release, after the function."""
    arns = [account.arn("sagemaker", f"endpoint/{endpoint}") for endpoint in endpoints]
    return [Statement("Invoke", ["sagemaker:InvokeEndpoint"], arns)]


def caller(account: Account, *, api_id: str, stage: str) -> list[Statement]:
    """Applications that call the API, and can do nothing else with it."""
    path = account.arn("execute-api", f"{api_id}/{stage}/POST/endpoints/*/predictions")
    return [Statement("Predictions", ["execute-api:Invoke"], [path], because=Because.VERSIONS)]


def api_logs() -> list[Statement]:
    """What API Gateway demands of the role that it writes execution and access logs with."""
    verbs = ["CreateLogGroup", "CreateLogStream", "DescribeLogGroups", "DescribeLogStreams"]
    verbs += ["FilterLogEvents", "GetLogEvents", "PutLogEvents"]
    return [Statement("Logs", [f"logs:{verb}" for verb in verbs], ["*"], because=Because.API_LOGGING)]
