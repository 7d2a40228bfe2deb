"""The stage that callers reach: its throttle, its logs, its traces."""

from __future__ import annotations

import json

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_logs as logs

from config.schema import FrontDoor
from stacks.constructs.accepted import NOTHING_TO_CACHE, SIGNED_CALLS
from stacks.constructs.acknowledgement import acknowledge
from stacks.constructs.api_logging import ApiLogging
from stacks.constructs.prediction_api import PredictionApi
from stacks.permissions.front_door import STAGE
from stacks.values.function_surroundings import FunctionSurroundings

# API Gateway's variables, logged under the last part of their names; no body and no query is among them.
LOGGED = (
    *("requestId", "requestTime", "protocol", "httpMethod", "resourcePath", "status", "tlsVersion"),
    *("responseLength", "responseLatency", "integrationLatency", "wafResponseCode", "error.responseType"),
    *("identity.sourceIp", "identity.caller", "identity.user", "identity.apiKeyId", "authorizer.claims.client_id"),
)


class ApiStage:
    """`ref` is the stage's name, known when it exists; `arn` is for what is attached to it.

    The resources are in the API's own scope, as `AccessLogs`, `Logging` and `Stage`.
    """

    def __init__(
        self,
        api: PredictionApi,
        *,
        name: str,
        settings: FrontDoor,
        around: FunctionSurroundings,
    ) -> None:
        account, access_name = around.identity.account, f"/{name}/api-access"
        access = logs.CfnLogGroup(
            api,
            "AccessLogs",
            log_group_name=access_name,
            kms_key_id=around.logs_key,
            retention_in_days=around.log_retention_days,
        )
        stage = apigateway.CfnStage(
            api,
            "Stage",
            rest_api_id=api.id,
            deployment_id=api.deployment_id,
            stage_name=STAGE,
            tracing_enabled=True,
            method_settings=[
                apigateway.CfnStage.MethodSettingProperty(
                    http_method="*",
                    resource_path="/*",
                    throttling_rate_limit=settings.throttle.rate,
                    throttling_burst_limit=settings.throttle.burst,
                    logging_level="ERROR",
                    data_trace_enabled=False,
                    metrics_enabled=True,
                )
            ],
            access_log_setting=apigateway.CfnStage.AccessLogSettingProperty(
                destination_arn=account.arn("logs", f"log-group:{access_name}"),
                format=json.dumps({name.rsplit(".", 1)[-1]: f"$context.{name}" for name in LOGGED}),
            ),
        )
        acknowledge(stage, NOTHING_TO_CACHE, SIGNED_CALLS)
        stage.add_resource_dependency(access)
        if settings.api_logging_role is None:
            stage.add_resource_dependency(ApiLogging(api, "Logging", identity=around.identity).resource)
        self.ref = stage.ref
        self.arn = f"arn:{account.partition}:apigateway:{account.region}::/restapis/{api.id}/stages/{stage.ref}"
