"""VPC endpoints: the services that the platform calls, each with its own limit of what may pass."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from config import catalogue
from stacks.permissions import endpoints
from stacks.permissions.endpoints import Reachable
from stacks.values.private_subnets import PrivateSubnets


class PrivateEndpoints(Construct):
    """Interface endpoints for `config/catalogue/endpoints.yaml`, and a gateway to S3 (`s3_id`)."""

    def __init__(
        self, scope: Construct, id: str, *, private: PrivateSubnets, group_id: str, reachable: Reachable
    ) -> None:
        super().__init__(scope, id)
        services = f"com.amazonaws.{reachable.identity.account.region}"
        limits = endpoints.interfaces(reachable)
        self.all = [
            ec2.CfnVPCEndpoint(
                self,
                name,
                vpc_id=private.vpc_id,
                service_name=f"{services}.{service}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=private.subnet_ids,
                security_group_ids=[group_id],
                policy_document=endpoints.document(limits[service]),
            )
            for name, service in catalogue.endpoints().services.items()
        ]
        gateway = ec2.CfnVPCEndpoint(
            self,
            "S3",
            vpc_id=private.vpc_id,
            service_name=f"{services}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=private.route_table_ids,
            policy_document=endpoints.document(endpoints.s3(reachable)),
        )
        self.all.append(gateway)
        self.s3_id = gateway.ref
