"""The VPC, its own or an existing one: private subnets, private ways to the services that the platform calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from config import schema
from stacks.constructs.closed_default_group import ClosedDefaultGroup
from stacks.constructs.flow_log import FlowLog
from stacks.constructs.isolated_vpc import IsolatedVpc
from stacks.constructs.private_api_endpoint import PrivateApiEndpoint
from stacks.constructs.private_endpoints import PrivateEndpoints
from stacks.constructs.workload_groups import WorkloadGroups
from stacks.permissions.endpoints import Reachable
from stacks.values.assets import Assets
from stacks.values.function_surroundings import FunctionSurroundings
from stacks.values.identity import Identity
from stacks.values.image_repository import ImageRepository
from stacks.values.key_arns import KeyArns
from stacks.values.placement import Placement
from stacks.values.private_subnets import PrivateSubnets


class Network(cdk.Stack):
    """`placement`: where jobs, models and functions go; `functions`: what surrounds those.

    An existing VPC's flow logs and default group are its owner's. `name` is `<prefix>-<environment>`, `s3_prefix_list`
    the id of the region's list of S3's addresses; keys are ARNs.
    Controls: EC2.2, .6, .10, .15, .18, .19, .55, .56; SMDG-05, -06, -07, -09; see docs/network.md.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        settings: schema.Network,
        front_door: schema.FrontDoor,
        identity: Identity,
        images: Sequence[ImageRepository],
        assets: Assets,
        s3_prefix_list: str,
        keys: KeyArns,
        log_retention_days: int,
        dead_letters_arn: str,
        **stack: Any,
    ) -> None:
        super().__init__(scope, id, **stack)
        self._front_door, self._account = front_door, identity.account
        nat = settings.internet == "nat"
        reachable = Reachable(identity, name, images, assets.qualifier, settings.s3_read_buckets)
        around: dict[str, Any] = {
            "identity": identity,
            "assets": assets,
            "key": keys.functions,
            "logs_key": keys.logs,
            "log_retention_days": log_retention_days,
            "dead_letters_arn": dead_letters_arn,
            "dead_letters_key": keys.notifications,
        }
        if settings.existing:
            self.placement = self._existing(settings.existing, s3_prefix_list, reachable)
            self.functions = FunctionSurroundings(placement=self.placement, **around)
            return
        vpc = IsolatedVpc(self, "Vpc", cidr=settings.cidr, zones=settings.zones, nat=nat)
        vpc_id = vpc.private.vpc_id
        groups = WorkloadGroups(self, "Groups", vpc_id=vpc_id, s3_prefix_list=s3_prefix_list, internet=nat)
        endpoints = self._endpoints(vpc.private, groups, reachable)
        api_id = self._api_endpoint(vpc.private, groups)
        self.placement = _placement(vpc_id, vpc.private.subnet_ids, groups, endpoints.s3_id, api_id)
        self.functions = FunctionSurroundings(placement=self.placement, **around)
        FlowLog(
            self,
            "FlowLog",
            vpc_id=vpc_id,
            log_group=f"/{name}/flow-logs",
            retention_days=log_retention_days,
            key=keys.logs,
            identity=identity,
        )
        ClosedDefaultGroup(
            self,
            "DefaultGroup",
            group_id=vpc.default_group_id,
            log_group=f"/{name}/default-security-group",
            around=self.functions,
            after=[*vpc.associations, groups, endpoints],
        )

    def _existing(self, vpc: schema.ExistingVpc, s3_prefix_list: str, reachable: Reachable) -> Placement:
        """Security groups of our own in it, and endpoints unless it brings them."""
        groups = WorkloadGroups(
            self,
            "Groups",
            vpc_id=vpc.vpc_id,
            s3_prefix_list=s3_prefix_list,
            internet=False,
            existing_endpoints_id=vpc.endpoints_security_group_id,
        )
        s3_endpoint_id, api_id = vpc.s3_endpoint_id, None
        if not s3_endpoint_id:
            # An endpoint takes one subnet of a zone.
            in_zone = {subnet.availability_zone: subnet.id for subnet in reversed(vpc.subnets)}
            private = PrivateSubnets(vpc.vpc_id, sorted(in_zone.values()), vpc.route_table_ids)
            s3_endpoint_id = self._endpoints(private, groups, reachable).s3_id
            api_id = self._api_endpoint(private, groups)
        elif self._front_door.private:
            api_id = self._front_door.private.endpoint_id
        return _placement(vpc.vpc_id, [subnet.id for subnet in vpc.subnets], groups, s3_endpoint_id, api_id)

    def _endpoints(self, private: PrivateSubnets, groups: WorkloadGroups, reachable: Reachable) -> PrivateEndpoints:
        return PrivateEndpoints(self, "Endpoints", private=private, group_id=groups.endpoints_id, reachable=reachable)

    def _api_endpoint(self, private: PrivateSubnets, groups: WorkloadGroups) -> str | None:
        """None where the API is not private."""
        its: dict[str, Any] = {"account": self._account, "settings": self._front_door, "private": private}
        return (
            PrivateApiEndpoint(self, "Api", group_id=groups.endpoints_id, **its).id
            if self._front_door.private
            else None
        )


def _placement(
    vpc_id: str, subnet_ids: list[str], groups: WorkloadGroups, s3_endpoint_id: str, api_endpoint_id: str | None
) -> Placement:
    return Placement(
        vpc_id=vpc_id,
        subnet_ids=subnet_ids,
        security_group_id=groups.workloads_id,
        s3_endpoint_id=s3_endpoint_id,
        api_endpoint_id=api_endpoint_id,
    )
