"""What an administrator deploys once, before anything else: the limits of all that is deployed later.

`make bootstrap` deploys it with the operator's own credentials, because CloudFormation must not be able to widen its
own permissions. Nothing here is needed where an organisation brings all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from config.schema import ContinuousIntegration, FrontDoor
from stacks.constructs.acknowledgement import acknowledge_wildcards
from stacks.constructs.scoped_role import ScopedRole
from stacks.permissions import boundary, deployed_api, execution, trust
from stacks.permissions.ci import ci
from stacks.permissions.statement import Statement, policy
from stacks.values.identity import Identity


class Bootstrap(cdk.Stack):
    """The permissions boundary, CloudFormation's execution policies and the role of continuous integration.

    `path` is where the policies lie: outside of the roles' path, which a deployment may write to.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        prefix: str,
        environment: str,
        name: str,
        path: str,
        identity: Identity,
        qualifier: str,
        make_boundary: bool,
        existing_keys: Sequence[str],
        s3_read_buckets: Sequence[str],
        serverless_models: Sequence[str],
        front_door: FrontDoor,
        trail_log_group: str | None,
        ci: ContinuousIntegration | None,
        **stack: Any,
    ) -> None:
        # The one synthesizer that needs no bootstrap: the template goes inline, with the operator's credentials.
        super().__init__(scope, id, synthesizer=cdk.LegacyStackSynthesizer(), **stack)
        self._path = path
        account = identity.account
        if make_boundary:
            limits = boundary.boundary(
                account,
                prefix=prefix,
                environment=environment,
                name=name,
                roles_path=identity.path,
                qualifier=qualifier,
                existing_keys=existing_keys,
                s3_read_buckets=s3_read_buckets,
                serverless_models=serverless_models,
            )
            self._policy("Boundary", f"{name}-boundary", "The outer limit of every role", limits)
        areas = {
            "Identity": execution.identity(account, roles_path=identity.path, boundary=identity.boundary),
            "Network": execution.network(account, prefix=prefix, environment=environment),
            "Storage": execution.storage(account, name=name, qualifier=qualifier),
            "Keys": execution.keys(
                account, prefix=prefix, environment=environment, name=name, existing_keys=existing_keys
            ),
            "MachineLearning": execution.machine_learning(account, name=name, serverless_models=serverless_models),
            "Functions": execution.functions(account, name=name),
            "Audit": execution.audit(account, name=name, qualifier=qualifier, trail_log_group=trail_log_group),
        }
        options = deployed_api.options(account, front_door, prefix=prefix, environment=environment, name=name)
        if options:
            areas["FrontDoor"] = options
        arns = [
            self._policy(area, f"{name}-deploy-{area.lower()}", f"CloudFormation for cdk deploy: {area}", statements)
            for area, statements in areas.items()
        ]
        cdk.CfnOutput(self, "ExecutionPolicies", value=",".join(arns))
        cdk.CfnOutput(self, "Qualifier", value=qualifier)
        if ci:
            self._ci(identity, ci, qualifier)

    def _policy(self, id: str, name: str, description: str, statements: list[Statement]) -> str:
        """Named, because the bootstrap of the CDK and the roles' boundary name it before they could refer to it."""
        document = policy(statements)
        made = iam.CfnManagedPolicy(
            self, id, managed_policy_name=name, path=self._path, description=description, policy_document=document
        )
        acknowledge_wildcards(self, f"{self._path}{name}", statements)
        return made.ref

    def _ci(self, identity: Identity, settings: ContinuousIntegration, qualifier: str) -> None:
        """Without a key: the provider vouches for one workflow."""
        provider = (
            settings.provider_arn
            or iam.CfnOIDCProvider(
                self, "Provider", url=f"https://{settings.provider}", client_id_list=[settings.audience]
            ).ref
        )
        role = ScopedRole(
            self,
            "Ci",
            # Outside of the roles' path: a deployment must not change who may deploy.
            identity=replace(identity, path=self._path),
            kind="ci",
            trust=trust.web_identity(provider, settings.provider, audience=settings.audience, subject=settings.subject),
            description="Continuous integration deploys",
            statements=ci(identity.account, qualifier=qualifier),
        )
        cdk.CfnOutput(self, "CiRole", value=role.role_arn)
