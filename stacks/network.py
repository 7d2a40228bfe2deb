"""The VPC, its own or an existing one: private subnets, private ways to the services that the platform calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from config.schema import ExistingVpc
from config.schema import Network as NetworkSettings
from stacks.constructs.closed_default_group import ClosedDefaultGroup
from stacks.constructs.flow_log import FlowLog
from stacks.constructs.isolated_vpc import IsolatedVpc
from stacks.constructs.private_endpoints import PrivateEndpoints
from stacks.constructs.workload_groups import WorkloadGroups
from stacks.permissions.endpoints import Perimeter
from stacks.values.function_surroundings import FunctionSurroundings
from stacks.values.identity import Identity
from stacks.values.image_repository import ImageRepository
from stacks.values.placement import Placement
from stacks.values.private_subnets import PrivateSubnets


class Network(cdk.Stack):
    """`placement`: where jobs, models and functions go. An existing VPC's flow logs and default group are the owner's.

    `name` is `<prefix>-<environment>`, `s3_prefix_list` the id of the region's list of S3's addresses; keys are ARNs.
    Controls: EC2.2, .6, .10, .15, .18, .19, .55, .56; SMDG-05, -06, -07, -09; see docs/network.md.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        settings: NetworkSettings,
        identity: Identity,
        images: Sequence[ImageRepository],
        bootstrap_qualifier: str,
        s3_prefix_list: str,
        functions_key: str,
        logs_key: str,
        log_retention_days: int,
        dead_letters_arn: str,
        **stack: Any,
    ) -> None:
        super().__init__(scope, id, **stack)
        account, nat = identity.account, settings.internet == "nat"
        assets = f"cdk-{bootstrap_qualifier}-assets-{account.id}-{account.region}"
        perimeter = Perimeter(identity, name, images, assets, settings.s3_read_buckets)
        if settings.existing:
            self.placement = self._existing(settings.existing, s3_prefix_list, perimeter)
            return
        vpc = IsolatedVpc(self, "Vpc", cidr=settings.cidr, zones=settings.zones, nat=nat)
        groups = WorkloadGroups(self, "Groups", vpc_id=vpc.private.vpc_id, s3_prefix_list=s3_prefix_list, internet=nat)
        endpoints = PrivateEndpoints(
            self, "Endpoints", private=vpc.private, group_id=groups.endpoints_id, perimeter=perimeter
        )
        self.placement = _placement(vpc.private, groups, endpoints.s3_id)
        FlowLog(
            self,
            "FlowLog",
            vpc_id=vpc.private.vpc_id,
            log_group=f"/{name}/flow-logs",
            retention_days=log_retention_days,
            key=logs_key,
            identity=identity,
        )
        around = FunctionSurroundings(
            identity=identity,
            placement=self.placement,
            key=functions_key,
            logs_key=logs_key,
            log_retention_days=log_retention_days,
            dead_letters_arn=dead_letters_arn,
        )
        ClosedDefaultGroup(
            self,
            "DefaultGroup",
            group_id=vpc.default_group_id,
            log_group=f"/{name}/default-security-group",
            around=around,
            after=[vpc, groups, endpoints],
        )

    def _existing(self, vpc: ExistingVpc, s3_prefix_list: str, perimeter: Perimeter) -> Placement:
        """Security groups of our own in it, and endpoints unless it brings them."""
        private = PrivateSubnets(vpc.vpc_id, [subnet.id for subnet in vpc.subnets], vpc.route_table_ids)
        groups = WorkloadGroups(
            self,
            "Groups",
            vpc_id=vpc.vpc_id,
            s3_prefix_list=s3_prefix_list,
            internet=False,
            existing_endpoints_id=vpc.endpoints_security_group_id,
        )
        if vpc.s3_endpoint_id:
            return _placement(private, groups, vpc.s3_endpoint_id)
        endpoints = PrivateEndpoints(
            self, "Endpoints", private=private, group_id=groups.endpoints_id, perimeter=perimeter
        )
        return _placement(private, groups, endpoints.s3_id)


def _placement(private: PrivateSubnets, groups: WorkloadGroups, s3_endpoint_id: str) -> Placement:
    return Placement(private.vpc_id, list(private.subnet_ids), groups.workloads_id, s3_endpoint_id)
