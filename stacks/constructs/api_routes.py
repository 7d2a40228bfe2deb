"""Every route of the API as API Gateway's resources and methods, answered by one function."""

from __future__ import annotations

import re
from typing import Any

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from stacks.api_definition import ROUTES
from stacks.constructs.accepted import KEYS_ONLY, SIGNED_REQUESTS
from stacks.constructs.acknowledgement import acknowledge
from stacks.values.account import Account
from stacks.values.api_access import ApiAccess

# pragma: allowlist nextline secret - a made-up or public value that opens nothing
AUTHORIZATION = {"iam": "AWS_IAM", "cognito": "COGNITO_USER_POOLS", "api_key": "NONE"}
# What is no route, the function says: API Gateway would miss credentials.
METHODS = (*((route.method, route.path) for route in ROUTES), ("ANY", "/{proxy+}"))
VALIDATED: dict[str, Any] = {"validate_request_body": True, "validate_request_parameters": True}
ACCEPTED = {"iam": SIGNED_REQUESTS, "api_key": KEYS_ONLY}


class ApiRoutes:
    """`methods`: for whoever deploys the API to wait for, `settings`: what those say. Resources are in `scope`.

    `function_arn`: the function's, or its alias's.
    """

    def __init__(
        self,
        scope: Construct,
        api: apigateway.CfnRestApi,
        *,
        account: Account,
        function_arn: str,
        access: ApiAccess,
        authorizer_id: str | None,
    ) -> None:
        self._scope, self._access, self._authorizer = scope, access, authorizer_id
        functions = f"arn:{account.partition}:apigateway:{account.region}:lambda:path/2015-03-31/functions"
        self._integration = apigateway.CfnMethod.IntegrationProperty(
            type="AWS_PROXY", integration_http_method="POST", uri=f"{functions}/{function_arn}/invocations"
        )
        self._api = api.ref
        self._validator = apigateway.CfnRequestValidator(scope, "Validator", rest_api_id=api.ref, **VALIDATED).ref
        self._resources = {"": api.attr_root_resource_id}
        self.settings: list[dict[str, Any]] = [VALIDATED]
        self.methods = [self._method(verb, path) for verb, path in METHODS]

    def _method(self, verb: str, path: str) -> apigateway.CfnMethod:
        access, parameters = self._access, re.findall(r"\{(\w+)\}", path)
        its: dict[str, Any] = {
            "http_method": verb,
            "authorization_type": AUTHORIZATION[access.auth],
            "authorization_scopes": access.scopes or None,
            "api_key_required": access.keys,
            "request_parameters": {f"method.request.path.{name}": True for name in parameters} or None,
            "integration": self._integration,
        }
        self.settings.append({"path": path, **its})
        method = apigateway.CfnMethod(
            self._scope,
            f"{verb.title()}{_id(path)}",
            rest_api_id=self._api,
            resource_id=self._resource(path),
            authorizer_id=self._authorizer,
            request_validator_id=self._validator,
            **its,
        )
        if access.auth in ACCEPTED:
            acknowledge(method, ACCEPTED[access.auth])
        return method

    def _resource(self, path: str) -> str:
        """The id of the resource of a path, made with all above it when it is first asked for."""
        if path not in self._resources:
            above, _, part = path.rpartition("/")
            self._resources[path] = apigateway.CfnResource(
                self._scope, _id(path), rest_api_id=self._api, parent_id=self._resource(above), path_part=part
            ).ref
        return self._resources[path]


def _id(path: str) -> str:
    """`/endpoints/{endpoint}` -> `EndpointsEndpoint`."""
    return re.sub(r"[^A-Za-z]", "", path.title())
