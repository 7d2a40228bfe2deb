"""What SageMaker runs, whatever the stack says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

ABSENT = ("Could not find", "does not exist")


@dataclass(frozen=True)
class Live:
    """A live endpoint: the name of its configuration, its status, and the model of each variant and shadow."""

    configuration: str
    status: str
    models: dict[str, str]


class Hosting:
    """Endpoints and models, by boto3's SageMaker client."""

    def __init__(self, sagemaker: Any) -> None:
        self._sagemaker = sagemaker

    def configuration(self, endpoint: str) -> tuple[str, str] | None:
        """(name of the configuration that the endpoint runs on, its status); None while there is no endpoint."""
        found = if_present(self._sagemaker.describe_endpoint, EndpointName=endpoint)
        return (found["EndpointConfigName"], found["EndpointStatus"]) if found else None

    def live(self, endpoint: str) -> Live | None:
        """The endpoint with its models; None while there is none."""
        found = self.configuration(endpoint)
        return Live(*found, models=self._models(found[0])) if found else None

    def packages(self, configuration: str) -> dict[str, str]:
        """Variant -> ARN of the model package that it serves. One without, or whose model is gone, is absent."""
        found = {}
        for variant, name in self._models(configuration).items():
            package = self._package(name)
            if package:
                found[variant] = package
        return found

    def _models(self, configuration: str) -> dict[str, str]:
        found = self._sagemaker.describe_endpoint_config(EndpointConfigName=configuration)
        variants = [*found["ProductionVariants"], *found.get("ShadowProductionVariants", [])]
        return {variant["VariantName"]: variant["ModelName"] for variant in variants if variant.get("ModelName")}

    def _package(self, model: str) -> str | None:
        found = if_present(self._sagemaker.describe_model, ModelName=model) or {}
        containers = found.get("Containers") or [found.get("PrimaryContainer", {})]
        return next((its["ModelPackageName"] for its in containers if its.get("ModelPackageName")), None)


def if_present(describe: Callable[..., dict[str, Any]], **parameters: str) -> dict[str, Any] | None:
    """The answer; None where what was asked for is not there."""
    try:
        return describe(**parameters)
    except ClientError as error:
        if is_absent(error):
            return None
        raise


def is_absent(error: ClientError) -> bool:
    """SageMaker or CloudFormation says that what was asked for is not there."""
    return any(words in str(error) for words in ABSENT)
