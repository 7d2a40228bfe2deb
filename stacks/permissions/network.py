"""What the network's own helpers may do: delivering flow logs, and closing the default security group."""

from __future__ import annotations

from stacks.permissions import trust
from stacks.permissions.statement import Because, Statement
from stacks.values.account import Account


def flow_logs(account: Account, log_group: str) -> list[Statement]:
    """Writes one stream for each network interface into the one group, which exists."""
    actions = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    return [Statement("Deliver", actions, account.log_group(log_group), because=Because.VERSIONS)]


def flow_logs_trust(account: Account) -> trust.Trust:
    """The flow logs of this account and region. Their ids are not known before they exist."""
    return trust.service("vpc-flow-logs.amazonaws.com", account, source=account.arn("ec2", "vpc-flow-log/*"))


def close_group(account: Account, group_id: str) -> list[Statement]:
    """Takes rules away from this group only, and can add none."""
    revoke = ["ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"]
    return [
        Statement("Find", ["ec2:DescribeSecurityGroups"], ["*"], because=Because.NO_RESOURCE_LEVEL),
        Statement("Revoke", revoke, [account.arn("ec2", f"security-group/{group_id}")]),
    ]
