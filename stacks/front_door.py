"""The API: who may call it, how much, and the function behind it."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from config.schema import Throttle
from stacks.constructs.placement import Placement
from stacks.constructs.private_function import PrivateFunction
from stacks.constructs.scoped_role import ScopedRole

STAGE = "v1"


class FrontDoor(cdk.Stack):
    """A REST API for callers that IAM authenticates. `endpoints`: public name -> SageMaker endpoint name."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        endpoints: dict[str, str],
        throttle: Throttle,
        key: kms.IKey,
        logs_key: kms.IKey,
        placement: Placement,
        **stack: Any,
    ) -> None:
        super().__init__(scope, id, **stack)
        function = PrivateFunction(
            self,
            "Predictions",
            package="front_door",
            log_group=f"/{name}/front-door",
            environment={"ENDPOINTS": json.dumps(endpoints, sort_keys=True)},
            memory_mb=512,
            timeout_seconds=29,
            key=key,
            logs_key=logs_key,
            placement=placement,
        )
        # By name: the endpoints appear with the first release, after this stack.
        arns = [function.role.arn("sagemaker", "endpoint", endpoint) for endpoint in endpoints.values()]
        function.role.allow("Invoke", ["sagemaker:InvokeEndpoint"], arns)
        api = self._api(name, throttle, logs_key)
        predictions = api.root.add_resource("endpoints").add_resource("{endpoint}").add_resource("predictions")
        predictions.add_method("POST", apigateway.LambdaIntegration(function.function))
        caller = self._caller(api)
        cdk.CfnOutput(self, "ApiId", value=api.rest_api_id)
        cdk.CfnOutput(self, "ApiStage", value=STAGE)
        cdk.CfnOutput(self, "CallerRole", value=caller.role_arn)

    def _api(self, name: str, throttle: Throttle, logs_key: kms.IKey) -> apigateway.RestApi:
        access = logs.LogGroup(
            self,
            "AccessLogs",
            log_group_name=f"/{name}/api-access",
            encryption_key=logs_key,
            retention=logs.RetentionDays.ONE_YEAR,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        return apigateway.RestApi(
            self,
            "Api",
            rest_api_name=name,
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            # API Gateway's logging role is one for the whole account and region: never taken away from others.
            cloud_watch_role=True,
            cloud_watch_role_removal_policy=cdk.RemovalPolicy.RETAIN,
            default_method_options=apigateway.MethodOptions(authorization_type=apigateway.AuthorizationType.IAM),
            deploy_options=apigateway.StageOptions(
                stage_name=STAGE,
                throttling_rate_limit=throttle.rate,
                throttling_burst_limit=throttle.burst,
                access_log_destination=apigateway.LogGroupLogDestination(access),
                access_log_format=apigateway.AccessLogFormat.json_with_standard_fields(
                    caller=True,
                    http_method=True,
                    ip=True,
                    protocol=True,
                    request_time=True,
                    resource_path=True,
                    response_length=True,
                    status=True,
                    user=True,
                ),
                logging_level=apigateway.MethodLoggingLevel.ERROR,
                data_trace_enabled=False,
                metrics_enabled=True,
            ),
        )

    def _caller(self, api: apigateway.RestApi) -> iam.Role:
        """Applications of this account assume it to call the API, and can do nothing else with it."""
        principal = iam.AccountPrincipal(self.account)
        caller = ScopedRole(self, "Caller", principal=principal, description="Calls the API")
        path = api.arn_for_execute_api("POST", "/endpoints/*/predictions", STAGE)
        caller.allow("Predictions", ["execute-api:Invoke"], [path])
        return caller.role
