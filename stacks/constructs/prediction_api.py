"""The REST API before the predictions function: authenticated, validated, throttled, traced and logged."""

from __future__ import annotations

from typing import TypeVar

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from config.schema import FrontDoor
from stacks.constructs.accepted import NOTHING_TO_CACHE, SIGNED_CALLS, SIGNED_REQUESTS
from stacks.constructs.acknowledgement import acknowledge
from stacks.constructs.api_logging import ApiLogging
from stacks.constructs.private_function import PrivateFunction
from stacks.permissions.functions import api_policy
from stacks.values.function_surroundings import FunctionSurroundings

STAGE = "v1"
Resource = TypeVar("Resource", bound=cdk.CfnResource)


class PredictionApi(Construct):
    """`POST /endpoints/{endpoint}/predictions`, for callers that IAM authenticates. Bodies are never logged."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        function: PrivateFunction,
        settings: FrontDoor,
        around: FunctionSurroundings,
    ) -> None:
        super().__init__(scope, id)
        access_name = f"/{name}/api-access"
        access = logs.CfnLogGroup(
            self,
            "AccessLogs",
            log_group_name=access_name,
            kms_key_id=around.logs_key,
            retention_in_days=around.log_retention_days,
        )
        api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=name,
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=False,
            policy=iam.PolicyDocument.from_json(api_policy(around.identity.account)),
            default_method_options=apigateway.MethodOptions(authorization_type=apigateway.AuthorizationType.IAM),
            deploy_options=apigateway.StageOptions(
                stage_name=STAGE,
                throttling_rate_limit=settings.throttle.rate,
                throttling_burst_limit=settings.throttle.burst,
                logging_level=apigateway.MethodLoggingLevel.ERROR,
                data_trace_enabled=False,
                metrics_enabled=True,
                tracing_enabled=True,
            ),
        )
        validator = api.add_request_validator("Validator", validate_request_body=True, validate_request_parameters=True)
        predictions = api.root.add_resource("endpoints").add_resource("{endpoint}").add_resource("predictions")
        method = predictions.add_method(
            "POST",
            apigateway.LambdaIntegration(
                lambda_.Function.from_function_attributes(
                    self, "Function", function_arn=function.arn, same_environment=True
                )
            ),
            request_parameters={"method.request.path.endpoint": True},
            request_validator=validator,
        )
        acknowledge(_resource(method, apigateway.CfnMethod), SIGNED_REQUESTS)
        self.stage = self._stage(api, around.identity.account.arn("logs", f"log-group:{access_name}"))
        if settings.api_logging_role is None:
            self.stage.add_resource_dependency(ApiLogging(self, "Logging", identity=around.identity).resource)
        self.stage.add_resource_dependency(access)
        self.id = api.rest_api_id

    def _stage(self, api: apigateway.RestApi, access_log_arn: str) -> apigateway.CfnStage:
        """On the L1: the L2 takes no log group that was made as an L1."""
        stage = _resource(api.deployment_stage, apigateway.CfnStage)
        acknowledge(stage, NOTHING_TO_CACHE, SIGNED_CALLS)
        stage.access_log_setting = apigateway.CfnStage.AccessLogSettingProperty(
            destination_arn=access_log_arn, format=_access_log_format().to_string()
        )
        return stage


def _resource(construct: Construct, type: type[Resource]) -> Resource:
    """What an L2 construct stands for in the template."""
    found = construct.node.default_child
    if not isinstance(found, type):
        raise TypeError(f"{construct.node.path} is no {type.__name__} but {found!r}: the CDK has changed.")
    return found


def _access_log_format() -> apigateway.AccessLogFormat:
    return apigateway.AccessLogFormat.json_with_standard_fields(
        caller=True,
        http_method=True,
        ip=True,
        protocol=True,
        request_time=True,
        resource_path=True,
        response_length=True,
        status=True,
        user=True,
    )
