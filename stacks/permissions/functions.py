"""What every function may do, and the role that API Gateway logs with."""

from __future__ import annotations

from stacks.permissions.statement import Because, Statement
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


def api_logs() -> list[Statement]:
    """What API Gateway demands of the role that it writes execution and access logs with."""
    verbs = ["CreateLogGroup", "CreateLogStream", "DescribeLogGroups", "DescribeLogStreams"]
    verbs += ["FilterLogEvents", "GetLogEvents", "PutLogEvents"]
    return [Statement("Logs", [f"logs:{verb}" for verb in verbs], ["*"], because=Because.API_LOGGING)]
