"""A fleet of an endpoint configuration, not started yet."""

from typing import Any

from local.sagemaker import models
from local.sagemaker.fleet import Fleet
from local.sagemaker.serverless import ServerlessVariant
from local.sagemaker.state import Region
from local.sagemaker.variant_fleet import VariantFleet

Record = dict[str, Any]


def planned(
    region: Region, endpoint: str, configuration: Record, serving: Fleet | None, retained: frozenset[str] = frozenset()
) -> Fleet:
    """Return a fleet of `configuration`; ValidationException where a model of it is gone.

    `retained` are the variant properties to take over from the fleet that serves: DesiredInstanceCount, DesiredWeight
    and DataCaptureConfig, which is the endpoint's.
    """
    if serving and "DataCaptureConfig" in retained:
        configuration = {**configuration, "DataCaptureConfig": serving.configuration.get("DataCaptureConfig")}
    production, shadows = configuration["ProductionVariants"], configuration.get("ShadowProductionVariants", [])
    known = models.table(region)
    found = {variant["VariantName"]: known[variant["ModelName"]] for variant in (*production, *shadows)}

    def fleets(listed: list[Record]) -> list[VariantFleet]:
        return [
            (ServerlessVariant if variant.get("ServerlessConfig") else VariantFleet)(
                endpoint, _retaining(variant, serving, retained), found[variant["VariantName"]], configuration
            )
            for variant in listed
        ]

    return Fleet(configuration, fleets(production), fleets(shadows))


def _retaining(variant: Record, serving: Fleet | None, retained: frozenset[str]) -> Record:
    kept = {}
    current = serving.all_variants.get(variant["VariantName"]) if serving else None
    if current and "DesiredWeight" in retained:
        kept["InitialVariantWeight"] = current.weight
    if current and "DesiredInstanceCount" in retained:
        kept["InitialInstanceCount"] = current.wanted
    return {**variant, **kept}
