"""API keys, one for each client, and what each may use in a second and in a day."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from config.schema import ApiClient
from stacks.constructs.naming import construct_id


class ClientKeys(Construct):
    """`ids`: client -> its key's id. API Gateway makes the keys themselves up, and no template has them."""

    def __init__(self, scope: Construct, id: str, *, name: str, clients: Mapping[str, ApiClient]) -> None:
        super().__init__(scope, id)
        self._name, self._clients = name, clients
        # The name is for people: others may have the same.
        self.ids = {
            client: apigateway.CfnApiKey(self, construct_id(client), name=f"{name}-{client}", enabled=True).ref
            for client in clients
        }

    def admit(self, api_id: str, stage: str) -> None:
        """The keys open this stage of this API."""
        for client, settings in self._clients.items():
            plan = apigateway.CfnUsagePlan(
                self,
                f"{construct_id(client)}Plan",
                usage_plan_name=f"{self._name}-{client}",
                api_stages=[apigateway.CfnUsagePlan.ApiStageProperty(api_id=api_id, stage=stage)],
                throttle=_throttle(settings),
                quota=_quota(settings),
            )
            apigateway.CfnUsagePlanKey(
                self,
                f"{construct_id(client)}InPlan",
                key_id=self.ids[client],
                key_type="API_KEY",
                usage_plan_id=plan.ref,
            )


def _throttle(settings: ApiClient) -> apigateway.CfnUsagePlan.ThrottleSettingsProperty | None:
    its = settings.throttle
    if its is None:
        return None
    return apigateway.CfnUsagePlan.ThrottleSettingsProperty(rate_limit=its.rate, burst_limit=its.burst)


def _quota(settings: ApiClient) -> apigateway.CfnUsagePlan.QuotaSettingsProperty | None:
    its = settings.quota_per_day
    return apigateway.CfnUsagePlan.QuotaSettingsProperty(limit=its, period="DAY") if its else None
