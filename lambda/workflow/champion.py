"""The champion: the version of the model that serves with the most weight."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError


class NoChampionError(Exception):
    """A training that must start from a model has none to start from."""


@dataclass(frozen=True)
class Serving:
    """A package and its share of an endpoint's requests, 0 to 1."""

    package: str
    share: float


def champion(sagemaker: Any, event: Mapping[str, Any]) -> dict[str, str]:
    """`package` and `artifact` of the champion, and `artifact_<candidate>` of those that train incrementally.

    Without one `package` is `none` and the artifact `event["nothing"]`, an address that exists and holds no archive.
    """
    groups: Mapping[str, str] = event["groups"]
    serving = list(_serving(sagemaker, event["endpoints"], groups))
    best = _most(serving)
    answer = {"package": best or "none", "artifact": _artifact(sagemaker, best) if best else event["nothing"]}
    for candidate in event["incremental"]:
        own = _most([each for each in serving if _group(each.package) == groups[candidate]])
        if own is None and candidate in event["needed"]:
            raise NoChampionError(
                f"No endpoint serves candidate {candidate} yet, and its algorithm starts from a model: train it once "
                "with `incremental: false`, release it, and switch it on again."
            )
        answer[f"artifact_{candidate}"] = _artifact(sagemaker, own) if own else event["nothing"]
    return answer


def _most(serving: Sequence[Serving]) -> str | None:
    """The package with the largest share; the first of equals."""
    return max(serving, key=lambda each: each.share).package if serving else None


def _serving(sagemaker: Any, endpoints: Sequence[str], groups: Mapping[str, str]) -> Iterator[Serving]:
    """What the endpoints' variants run, of the model's own groups."""
    for name in endpoints:
        endpoint = _described(sagemaker, name)
        variants = {v["VariantName"]: v.get("CurrentWeight", 0.0) for v in endpoint.get("ProductionVariants", [])}
        total = sum(variants.values())
        if not total:
            continue
        configuration = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
        for variant in configuration["ProductionVariants"]:
            package = _package(sagemaker, variant["ModelName"], groups)
            if package and variant["VariantName"] in variants:
                yield Serving(package, variants[variant["VariantName"]] / total)


def _described(sagemaker: Any, name: str) -> dict[str, Any]:
    """Nothing for an endpoint that does not exist yet: it appears with its first release."""
    try:
        found: dict[str, Any] = sagemaker.describe_endpoint(EndpointName=name)
    except ClientError as error:
        if "Could not find" not in error.response["Error"]["Message"]:
            raise
        return {}
    return found


def _package(sagemaker: Any, model: str, groups: Mapping[str, str]) -> str | None:
    """The package of this model's groups that a SageMaker model is made of."""
    described = sagemaker.describe_model(ModelName=model)
    containers = described.get("Containers") or [described.get("PrimaryContainer", {})]
    packages = [container["ModelPackageName"] for container in containers if "ModelPackageName" in container]
    return next((package for package in packages if _group(package) in groups.values()), None)


def _group(package: str) -> str:
    """`arn:…:model-package/<group>/<version>` -> `<group>`."""
    return package.split("model-package/", 1)[-1].rpartition("/")[0]


def _artifact(sagemaker: Any, package: str) -> str:
    described = sagemaker.describe_model_package(ModelPackageName=package)
    artifact: str = described["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    return artifact
