"""One endpoint, both ways: as its stack declares it and as SageMaker runs it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from config.schema import Endpoint
from ops import live
from ops.checks.cloud import UnansweredError
from ops.verify.deployment import DeployedStack, Deployment

CONFIGURATION = "AWS::SageMaker::EndpointConfig"
MODEL = "AWS::SageMaker::Model"


class Running:
    """Asks only what is needed, and each thing once. `settings`: of the configuration file."""

    def __init__(self, deployment: Deployment, endpoint: str) -> None:
        self.deployment, self.cloud = deployment, deployment.cloud
        self.endpoint = endpoint
        self.settings: Endpoint = deployment.platform.endpoints[endpoint]
        self.full_name = deployment.platform.name(endpoint)

    @property
    def stack(self) -> DeployedStack:
        """The endpoint's stack."""
        return self.deployment.stack("inference", self.endpoint)

    @cached_property
    def declared(self) -> dict[str, Any]:
        """Properties of the configuration in the template, unresolved; empty before the first release."""
        return next(iter(self.stack.of_type(CONFIGURATION).values()), {})

    @cached_property
    def described(self) -> dict[str, Any]:
        """DescribeEndpoint; empty where there is none."""
        return self.cloud.find("sagemaker", "describe_endpoint", EndpointName=self.full_name) or {}

    @cached_property
    def configuration(self) -> dict[str, Any]:
        """DescribeEndpointConfig of what runs."""
        name = self.described["EndpointConfigName"]
        return self.cloud.ask("sagemaker", "describe_endpoint_config", EndpointConfigName=name)

    @cached_property
    def models(self) -> dict[str, dict[str, Any]]:
        """Variant -> DescribeModel of what runs."""
        variants = live.variants(self.configuration)
        return {
            name: self.cloud.ask("sagemaker", "describe_model", ModelName=its["ModelName"])
            for name, its in variants.items()
        }

    @cached_property
    def declared_variants(self) -> dict[str, dict[str, Any]]:
        """Variant -> its properties in the template's configuration, unresolved; the shadow's among them."""
        return live.variants(self.declared)

    def declared_model(self, variant: str) -> dict[str, Any]:
        """Properties of the variant's model in the template, unresolved. Raises UnansweredError."""
        name = self.declared_variants.get(variant, {}).get("ModelName")
        if not (isinstance(name, dict) and "Fn::GetAtt" in name):
            raise UnansweredError(f"the template of {self.stack.name}", f"it names no model of variant {variant}")
        return self.stack.of_type(MODEL)[name["Fn::GetAtt"][0]]

    def running_model(self, variant: str) -> dict[str, Any]:
        """DescribeModel of a variant. Raises UnansweredError where the endpoint does not have it."""
        if variant not in self.models:
            raise UnansweredError(f"endpoint {self.full_name}", f"it runs no variant {variant}")
        return self.models[variant]
