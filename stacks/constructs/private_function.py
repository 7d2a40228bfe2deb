"""A Lambda function in the isolated subnets, with its own role and encrypted logs."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.constructs.placement import Placement
from stacks.constructs.scoped_role import ScopedRole

FUNCTIONS = Path(__file__).parent.parent.parent / "lambda"


class PrivateFunction(Construct):
    """The package `lambda/<package>`, entered at `<package>.handler.handle`. `role` starts with logs and VPC only."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        package: str,
        log_group: str,
        environment: dict[str, str],
        memory_mb: int,
        timeout_seconds: int,
        key: kms.IKey,
        logs_key: kms.IKey,
        placement: Placement,
    ) -> None:
        super().__init__(scope, id)
        group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=log_group,
            encryption_key=logs_key,
            retention=logs.RetentionDays.ONE_YEAR,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        # Lambda sends no aws:SourceAccount when it assumes the role of a function.
        principal = iam.ServicePrincipal("lambda.amazonaws.com")
        self.role = ScopedRole(self, "Role", principal=principal, description=f"Function {package}")
        self.role.allow("Logs", ["logs:CreateLogStream", "logs:PutLogEvents"], self.role.log_group_arns(log_group))
        self.role.allow("Key", ["kms:Decrypt"], [key.key_arn])
        self.role.allow_network_interfaces()
        self.function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            handler=f"{package}.handler.handle",
            # Only this function's folder, kept as a package: nothing else of lambda/ travels with it.
            code=lambda_.Code.from_asset(
                str(FUNCTIONS), exclude=["**", f"!{package}", f"!{package}/*.py"], ignore_mode=cdk.IgnoreMode.GIT
            ),
            environment=environment,
            environment_encryption=key,
            memory_size=memory_mb,
            timeout=cdk.Duration.seconds(timeout_seconds),
            role=self.role.role,
            log_group=group,
            vpc=placement.vpc,
            vpc_subnets=placement.subnets,
            security_groups=[placement.security_group],
        )
        self.function.node.add_dependency(self.role.policy)
