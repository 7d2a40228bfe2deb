"""Executions of a function that are always started: Lambda keeps them for a version, and an alias leads to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.constructs.naming import stack_of


class ProvisionedAlias(Construct):
    """`arn` is the alias's, which is called instead of the function.

    `settings`: all of the function that may change. Lambda copies the function into a version once, so the version's
    name has to change with them, or callers would stay with the old code.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function: lambda_.CfnFunction,
        settings: Mapping[str, object],
        executions: int,
    ) -> None:
        super().__init__(scope, id)
        text = json.dumps(stack_of(scope).resolve(dict(settings)), sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:32]
        version = lambda_.CfnVersion(self, f"Version{digest}", function_name=function.ref)
        alias = lambda_.CfnAlias(
            self,
            "Alias",
            name="live",
            function_name=function.ref,
            function_version=version.attr_version,
            provisioned_concurrency_config=lambda_.CfnAlias.ProvisionedConcurrencyConfigurationProperty(
                provisioned_concurrent_executions=executions
            ),
        )
        self.arn = alias.ref
