"""A Lambda function in the private subnets, with its own role, encrypted settings and encrypted logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.constructs.accepted import ACCOUNTS_CONCURRENCY
from stacks.constructs.acknowledgement import acknowledge
from stacks.constructs.function_package import function_package, package_source
from stacks.constructs.naming import stack_of
from stacks.constructs.provisioned_alias import ProvisionedAlias
from stacks.constructs.scoped_role import ScopedRole
from stacks.constructs.staged_file import stage
from stacks.permissions import functions, trust
from stacks.permissions.statement import Statement
from stacks.values.function_surroundings import FunctionSurroundings

RUNTIME = "python3.14"


class PrivateFunction(Construct):
    """The package `lambda/<package>`, entered at `<package>.handler.handle`.

    `kind`: of its role. `files`: what its package holds beside its modules. `concurrency`: executions reserved for it,
    which are also its limit; None takes from the account's pool. `provisioned`: executions that are always started.
    """

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
        statements: Sequence[Statement],
        around: FunctionSurroundings,
        kind: str = "function",
        files: Mapping[str, bytes] | None = None,
        concurrency: int | None = None,
        provisioned: int | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.stack = stack_of(scope)
        group = logs.CfnLogGroup(
            self,
            "Logs",
            log_group_name=log_group,
            kms_key_id=around.logs_key,
            retention_in_days=around.log_retention_days,
        )
        account = around.identity.account
        base = functions.function(
            account,
            log_group=log_group,
            key=around.key,
            dead_letters=around.dead_letters_arn,
            dead_letters_key=around.dead_letters_key,
        )
        role = ScopedRole(
            self,
            "Role",
            identity=around.identity,
            kind=kind,
            trust=trust.lambda_service(),
            description=f"Function {package}",
            statements=[*base, *statements],
        )
        content, source = function_package(package, files), package_source(package, files)
        code = stage(self.stack, around.assets, content=content, suffix=".zip", source=source)
        # All that a version is a copy of.
        properties: dict[str, Any] = {
            "runtime": RUNTIME,
            "architectures": ["arm64"],
            "handler": f"{package}.handler.handle",
            "code": lambda_.CfnFunction.CodeProperty(s3_bucket=code.bucket, s3_key=code.key),
            "environment": lambda_.CfnFunction.EnvironmentProperty(variables=environment),
            "kms_key_arn": around.key,
            "memory_size": memory_mb,
            "timeout": timeout_seconds,
            "logging_config": lambda_.CfnFunction.LoggingConfigProperty(log_group=log_group),
            "tracing_config": lambda_.CfnFunction.TracingConfigProperty(mode="Active"),
            # For events that wake it; a caller that waits gets the error itself.
            "dead_letter_config": lambda_.CfnFunction.DeadLetterConfigProperty(target_arn=around.dead_letters_arn),
            "vpc_config": lambda_.CfnFunction.VpcConfigProperty(
                subnet_ids=around.placement.subnet_ids, security_group_ids=[around.placement.security_group_id]
            ),
        }
        self.function = lambda_.CfnFunction(
            self, "Function", role=role.role, reserved_concurrent_executions=concurrency, **properties
        )
        self.function.add_resource_dependency(group)
        if concurrency is None:
            acknowledge(self.function, ACCOUNTS_CONCURRENCY)
        self._live = None
        if provisioned:
            settings = {**properties, "role": role.role_arn}
            self._live = ProvisionedAlias(
                self, "Live", function=self.function, settings=settings, executions=provisioned
            )

    @cached_property
    def arn(self) -> str:
        """What callers call."""
        return self._live.arn if self._live else self.function.attr_arn
