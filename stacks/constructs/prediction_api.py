"""The REST API before the function: authenticated, throttled, traced and logged. Bodies are never logged."""

from __future__ import annotations

import hashlib
import json

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.constructs.api_routes import METHODS, ApiRoutes
from stacks.constructs.gateway_problems import RESPONSES, document, gateway_problems
from stacks.permissions.front_door import STAGE, api_policy
from stacks.values.account import Account
from stacks.values.api_access import ApiAccess

# Forward secrecy, TLS 1.2 at least, and post-quantum key exchange for who can. The service's default is TLS 1.0.
TLS_POLICY = "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"


class PredictionApi(Construct):
    """All routes of stacks/api_definition, answered by one function. `deployment_id`: for the stage.

    `function_arn`: the function's, or its alias's.
    """

    def __init__(
        self, scope: Construct, id: str, *, account: Account, name: str, function_arn: str, access: ApiAccess
    ) -> None:
        super().__init__(scope, id)
        private = access.vpc_endpoint_id
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
            policy=api_policy(account, auth=access.auth, endpoint_id=private),
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
        # A deployment is a copy of the API as it is then: a change of the API needs another one.
        deployment = apigateway.CfnDeployment(self, f"Deployment{_digest(access)}", rest_api_id=api.ref)
        for each in (*routes.methods, *gateway_problems(self, api.ref)):
            deployment.add_resource_dependency(each)
        self.deployment_id = deployment.ref
        lambda_.CfnPermission(
            self,
            "Calls",
            action="lambda:InvokeFunction",
            function_name=function_arn,
            principal="apigateway.amazonaws.com",
            source_arn=account.arn("execute-api", f"{api.ref}/{STAGE}/*"),
        )

    def _authorizer(self, user_pool_arn: str) -> str:
        return apigateway.CfnAuthorizer(
            self,
            "Authorizer",
            rest_api_id=self.id,
            name="tokens",
            type="COGNITO_USER_POOLS",
            identity_source="method.request.header.Authorization",
            provider_arns=[user_pool_arn],
        ).ref


def _digest(access: ApiAccess) -> str:
    """Of all that a deployment copies. Not of references, whose text is another with each change elsewhere."""
    problems = {type: document(*its) for type, its in RESPONSES.items()}
    switches = [bool(access.user_pool_arn), bool(access.vpc_endpoint_id), access.disabled_address]
    copied = [METHODS, problems, access.auth, access.keys, access.scopes, switches, TLS_POLICY]
    return hashlib.sha256(json.dumps(copied, sort_keys=True).encode()).hexdigest()[:32]
