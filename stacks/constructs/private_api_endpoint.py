"""The one way to a private API: an endpoint of its own for `execute-api`, and who may connect to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from config.schema import FrontDoor
from stacks.constructs.workload_groups import HTTPS
from stacks.permissions import endpoints
from stacks.permissions.front_door import api_endpoint
from stacks.values.account import Account
from stacks.values.private_subnets import PrivateSubnets


class PrivateApiEndpoint(Construct):
    """`id` is the VPC endpoint's. Workloads reach it as every other endpoint, `callers` (address ranges) besides."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        account: Account,
        settings: FrontDoor,
        private: PrivateSubnets,
        group_id: str,
    ) -> None:
        super().__init__(scope, id)
        callers = [str(each) for each in settings.private.callers] if settings.private else []
        groups = [group_id]
        if callers:
            groups.append(self._callers(private.vpc_id, callers))
        self.id = ec2.CfnVPCEndpoint(
            self,
            "Endpoint",
            vpc_id=private.vpc_id,
            service_name=f"com.amazonaws.{account.region}.execute-api",
            vpc_endpoint_type="Interface",
            private_dns_enabled=True,
            subnet_ids=private.subnet_ids,
            security_group_ids=groups,
            policy_document=endpoints.document(api_endpoint(account, auth=settings.auth)),
        ).ref

    def _callers(self, vpc_id: str, ranges: Sequence[str]) -> str:
        about: dict[str, Any] = {"ip_protocol": "tcp", "from_port": HTTPS, "to_port": HTTPS}
        rule = ec2.CfnSecurityGroup.IngressProperty
        return ec2.CfnSecurityGroup(
            self,
            "Callers",
            group_description="Callers of the private API",
            vpc_id=vpc_id,
            security_group_ingress=[rule(cidr_ip=each, description="Callers of the API", **about) for each in ranges],
            # An endpoint only answers: the CloudFormation guide's way to say "no egress".
            security_group_egress=[
                ec2.CfnSecurityGroup.EgressProperty(cidr_ip="127.0.0.1/32", description="Nowhere", **about)
            ],
        ).attr_group_id
