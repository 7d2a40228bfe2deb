"""The API: who may call it, how much, and the function behind it."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from config.schema import FrontDoor as Settings
from stacks.constructs.prediction_api import STAGE, PredictionApi
from stacks.constructs.private_function import PrivateFunction
from stacks.constructs.scoped_role import ScopedRole
from stacks.constructs.web_acl import WebAcl
from stacks.permissions import functions, trust
from stacks.values.function_surroundings import FunctionSurroundings
from stacks.values.identity import Identity


class FrontDoor(cdk.Stack):
    """A REST API for callers that IAM authenticates. `endpoints`: public name -> SageMaker endpoint name."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        endpoints: dict[str, str],
        settings: Settings,
        around: FunctionSurroundings,
        **stack: Any,
    ) -> None:
        super().__init__(scope, id, **stack)
        account = around.identity.account
        function = PrivateFunction(
            self,
            "Predictions",
            package="front_door",
            log_group=f"/{name}/front-door",
            environment={"ENDPOINTS": json.dumps(endpoints, sort_keys=True)},
            memory_mb=512,
            timeout_seconds=29,
            statements=functions.front_door(account, list(endpoints.values())),
            around=around,
            concurrency=settings.concurrency,
        )
        api = PredictionApi(self, "Predict", name=name, function=function, settings=settings, around=around)
        if settings.waf:
            stage_arn = (
                f"arn:{account.partition}:apigateway:{account.region}::/restapis/{api.id}/stages/{api.stage.ref}"
            )
            WebAcl(
                self,
                "Firewall",
                account=account,
                name=name,
                stage_arn=stage_arn,
                logs_key=around.logs_key,
                log_retention_days=around.log_retention_days,
            )
        caller = self._caller(around.identity, api)
        cdk.CfnOutput(self, "ApiId", value=api.id)
        cdk.CfnOutput(self, "ApiStage", value=STAGE)
        cdk.CfnOutput(self, "CallerRole", value=caller.role_arn)

    def _caller(self, identity: Identity, api: PredictionApi) -> ScopedRole:
        """Applications of this account assume it to call the API, and can do nothing else with it."""
        return ScopedRole(
            self,
            "Caller",
            identity=identity,
            kind="caller",
            trust=trust.applications(identity.account),
            description="Calls the API",
            statements=functions.caller(identity.account, api_id=api.id, stage=STAGE),
        )
