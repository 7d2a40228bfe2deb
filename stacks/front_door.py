"""The API: who may call it, how much, and the function behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from config.schema import FrontDoor as Settings
from stacks.api_definition import ApiEndpoint
from stacks.constructs.api_callers import ApiCallers
from stacks.constructs.api_domain import ApiDomain
from stacks.constructs.api_function import ApiFunction
from stacks.constructs.api_stage import ApiStage
from stacks.constructs.prediction_api import PredictionApi
from stacks.constructs.web_acl import WebAcl
from stacks.permissions.front_door import STAGE
from stacks.values.function_surroundings import FunctionSurroundings
from stacks.values.store import Store


class FrontDoor(cdk.Stack):
    """A REST API for the clients of the configuration. `endpoints`: public name -> endpoint.

    `data` keeps asynchronous requests, answers and jobs. `open_errors`: a problem may repeat a model's own message.
    Controls: APIGateway.1, .3, .4, .11; Cognito.1, .3 to .6; WAF.10 to .12; see docs/front-door.md.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        endpoints: Mapping[str, ApiEndpoint],
        settings: Settings,
        data: Store,
        around: FunctionSurroundings,
        retain: bool,
        open_errors: bool,
        **stack: Any,
    ) -> None:
        super().__init__(scope, id, **stack)
        account = around.identity.account
        callers = ApiCallers(self, name=name, endpoints=list(endpoints), settings=settings, retain=retain)
        function = ApiFunction(
            self,
            name=name,
            endpoints=endpoints,
            settings=settings,
            callers=callers,
            data=data,
            around=around,
            open_errors=open_errors,
        )
        api = PredictionApi(
            self,
            "Predict",
            account=account,
            name=name,
            function_arn=function.arn,
            access=callers.access(around.placement.api_endpoint_id),
        )
        stage = ApiStage(api, name=name, settings=settings, around=around)
        callers.admit(around.identity, api_id=api.id, stage=stage.ref)
        if settings.waf:
            WebAcl(
                self,
                "Firewall",
                account=account,
                name=name,
                stage_arn=stage.arn,
                settings=settings.waf,
                rate_limit=settings.waf.rate_limit or settings.least_rate_limit,
                logs_key=around.logs_key,
                log_retention_days=around.log_retention_days,
            )
        if settings.domain:
            domain = ApiDomain(self, "Domain", settings=settings.domain, api_id=api.id, stage=stage.ref)
            cdk.CfnOutput(self, "DomainTarget", value=domain.target)
        cdk.CfnOutput(self, "ApiId", value=api.id)
        cdk.CfnOutput(self, "ApiStage", value=STAGE)
