"""The VPC: isolated subnets across availability zones, and private ways to the services that the platform calls."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.constructs.placement import Placement

# What a VPC without internet needs for SageMaker's jobs and models, and what our functions call.
INTERFACE_ENDPOINTS = {
    "SageMakerApi": ec2.InterfaceVpcEndpointAwsService.SAGEMAKER_API,
    "SageMakerRuntime": ec2.InterfaceVpcEndpointAwsService.SAGEMAKER_RUNTIME,
    "CloudFormation": ec2.InterfaceVpcEndpointAwsService.CLOUDFORMATION,
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    "Monitoring": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING,
    "EcrApi": ec2.InterfaceVpcEndpointAwsService.ECR,
    "EcrDocker": ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
    "Kms": ec2.InterfaceVpcEndpointAwsService.KMS,
    "Sts": ec2.InterfaceVpcEndpointAwsService.STS,
}


class Network(cdk.Stack):
    """One VPC without a route to the internet."""

    def __init__(self, scope: Construct, id: str, *, cidr: str, zones: list[str], **stack: Any) -> None:
        self._zones = zones  # before super().__init__: the CDK asks for them
        super().__init__(scope, id, **stack)
        isolated = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(cidr),
            availability_zones=zones,
            nat_gateways=0,
            # The CDK's way is a custom resource with a function of its own; nothing here uses the default group.
            restrict_default_security_group=False,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
            ],
        )
        workloads = ec2.SecurityGroup(
            self, "Workloads", vpc=vpc, description="Jobs, models and functions", allow_all_outbound=False
        )
        self._add_interface_endpoints(vpc, workloads, isolated)
        self._add_s3_endpoint(vpc)
        # The subnets route only to S3 and the endpoints; S3's addresses are a prefix list whose id differs by region.
        workloads.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "HTTPS to S3 through the gateway endpoint")
        self.placement = Placement(vpc=vpc, subnets=isolated, security_group=workloads)

    @property
    def availability_zones(self) -> list[str]:
        """From the configuration, so that synth looks nothing up."""
        return self._zones

    def _add_interface_endpoints(
        self, vpc: ec2.Vpc, workloads: ec2.SecurityGroup, subnets: ec2.SubnetSelection
    ) -> None:
        endpoints = ec2.SecurityGroup(
            self, "Endpoints", vpc=vpc, description="Interface endpoints", allow_all_outbound=False
        )
        endpoints.add_ingress_rule(workloads, ec2.Port.tcp(443), "From jobs, models and functions")
        for name, service in INTERFACE_ENDPOINTS.items():
            endpoint = vpc.add_interface_endpoint(
                name, service=service, subnets=subnets, security_groups=[endpoints], open=False
            )
            endpoint.add_to_policy(self._own_account_only(["*"], ["*"]))

    def _add_s3_endpoint(self, vpc: ec2.Vpc) -> None:
        endpoint = vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        actions = ["s3:AbortMultipartUpload", "s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:PutObject"]
        own = self._own_account_only(actions, ["*"])
        own.add_condition("StringEquals", {"aws:ResourceAccount": self.account, "aws:PrincipalAccount": self.account})
        endpoint.add_to_policy(own)
        # ECR serves image layers by presigned requests of its own, so no condition on the principal can hold.
        endpoint.add_to_policy(
            iam.PolicyStatement(
                sid="ImageLayers",
                principals=[iam.AnyPrincipal()],
                actions=["s3:GetObject"],
                resources=[f"arn:{self.partition}:s3:::prod-{self.region}-starport-layer-bucket/*"],
            )
        )

    def _own_account_only(self, actions: list[str], resources: list[str]) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            sid="OwnAccount",
            principals=[iam.AnyPrincipal()],
            actions=actions,
            resources=resources,
            conditions={"StringEquals": {"aws:PrincipalAccount": self.account}},
        )
