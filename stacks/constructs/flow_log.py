"""The record of all traffic in the VPC."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.constructs.scoped_role import ScopedRole
from stacks.permissions import network
from stacks.values.identity import Identity


class FlowLog(Construct):
    """Accepted and rejected traffic of every interface, into one encrypted log group."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc_id: str,
        log_group: str,
        retention_days: int,
        key: str,
        identity: Identity,
    ) -> None:
        super().__init__(scope, id)
        group = logs.CfnLogGroup(
            self, "Logs", log_group_name=log_group, kms_key_id=key, retention_in_days=retention_days
        )
        role = ScopedRole(
            self,
            "Role",
            identity=identity,
            kind="flow-logs",
            trust=network.flow_logs_trust(identity.account),
            description="Delivers the VPC's flow logs",
            statements=network.flow_logs(identity.account, log_group),
        )
        flow_log = ec2.CfnFlowLog(
            self,
            "FlowLog",
            resource_type="VPC",
            resource_id=vpc_id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_group_name=log_group,
            deliver_logs_permission_arn=role.role_arn,
        )
        # By name, CloudFormation sees no reference to the group.
        flow_log.add_resource_dependency(group)
