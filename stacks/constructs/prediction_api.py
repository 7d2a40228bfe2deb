"""The REST API before the function: authenticated, throttled, traced and logged. Bodies are never logged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.constructs.api_routes import ApiRoutes
from stacks.constructs.gateway_problems import RESPONSES, document, gateway_problems
from stacks.constructs.naming import stack_of
from stacks.permissions.front_door import STAGE, api_policy
from stacks.values.account import Account
from stacks.values.api_access import ApiAccess

# Forward secrecy, TLS 1.2 at least, and post-quantum key exchange for who can. The service's default is TLS 1.0.
TLS_POLICY = "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"

TOKENS: dict[str, Any] = {
    "name": "tokens",
    "type": "COGNITO_USER_POOLS",
    "identity_source": "method.request.header.Authorization",
}


class PredictionApi(Construct):
    """All routes of stacks/api_definition, answered by one function. `deployment_id`: for the stage.

    `function_arn`: the function's, or its alias's.
    """

    def __init__(
        self, scope: Construct, id: str, *, account: Account, name: str, function_arn: str, access: ApiAccess
    ) -> None:
        super().__init__(scope, id)
        private = access.vpc_endpoint_id
        policy = api_policy(account, auth=access.auth, endpoint_id=private)
        api = apigateway.CfnRestApi(
            self,
            "RestApi",
            name=name,
            # Bytes reach the function as they were sent.
            binary_media_types=["*/*"],
            disable_execute_api_endpoint=access.disabled_address,
            security_policy=TLS_POLICY,
            endpoint_access_mode="STRICT",
            endpoint_configuration=apigateway.CfnRestApi.EndpointConfigurationProperty(
                types=["PRIVATE" if private else "REGIONAL"], vpc_endpoint_ids=[private] if private else None
            ),
            policy=policy,
        )
        self.id = api.ref
        routes = ApiRoutes(
            self,
            api,
            account=account,
            function_arn=function_arn,
            access=access,
            authorizer_id=self._authorizer(access.user_pool_arn) if access.user_pool_arn else None,
        )
        permission = lambda_.CfnPermission(
            self,
            "Calls",
            action="lambda:InvokeFunction",
            function_name=function_arn,
            principal="apigateway.amazonaws.com",
            source_arn=account.arn("execute-api", f"{api.ref}/{STAGE}/*"),
        )
        # A deployment is a copy of the API as it is then: a change of the API needs another one. It waits for the
        # permission too: callers would reach a function, or an alias of it, that the API may not call yet.
        settings = {"access": asdict(access), "routes": routes.settings, "policy": policy, "tokens": TOKENS}
        digest = _digest(stack_of(scope).resolve(settings))
        deployment = apigateway.CfnDeployment(self, f"Deployment{digest}", rest_api_id=api.ref)
        for each in (permission, *routes.methods, *gateway_problems(self, api.ref)):
            deployment.add_resource_dependency(each)
        self.deployment_id = deployment.ref

    def _authorizer(self, user_pool_arn: str) -> str:
        return apigateway.CfnAuthorizer(
            self,
            "Authorizer",
            rest_api_id=self.id,
            provider_arns=[user_pool_arn],
            **TOKENS,
        ).ref


def _digest(settings: Mapping[str, Any]) -> str:
    """Of all that a deployment copies. `settings` are resolved: a token's text changes with what is elsewhere."""
    problems = {type: document(*its) for type, its in RESPONSES.items()}
    copied = [problems, TLS_POLICY, settings]
    return hashlib.sha256(json.dumps(copied, sort_keys=True).encode()).hexdigest()[:32]
