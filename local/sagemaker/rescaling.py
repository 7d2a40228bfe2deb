"""UpdateEndpointWeightsAndCapacities: all of the changes, or none."""

import contextlib
from typing import Any

from local.sagemaker.fleet import Fleet
from local.sagemaker.serverless import ServerlessVariant
from local.sagemaker.starting import FleetError
from local.sagemaker.variant_fleet import VariantFleet

Record = dict[str, Any]


def rescale(fleet: Fleet, desired: list[Record]) -> None:
    """Change capacities, then weights; FleetError, with what there was, where an instance does not start."""
    changed: list[tuple[VariantFleet, Record]] = []
    try:
        for change in desired:
            variant = fleet.all_variants[change["VariantName"]]
            before = _capacity(variant)
            _set_capacity(variant, change)
            changed.append((variant, before))
    except FleetError:
        for variant, before in changed:
            with contextlib.suppress(FleetError):
                _set_capacity(variant, before)
        raise
    for change in desired:
        if change.get("DesiredWeight") is not None:
            fleet.all_variants[change["VariantName"]].weight = float(change["DesiredWeight"])


def _capacity(variant: VariantFleet) -> Record:
    """Return what `_set_capacity` would set again."""
    if isinstance(variant, ServerlessVariant):
        return {"ServerlessUpdateConfig": {"ProvisionedConcurrency": variant.wanted, **variant.config}}
    return {"DesiredInstanceCount": variant.wanted}


def _set_capacity(variant: VariantFleet, change: Record) -> None:
    if change.get("DesiredInstanceCount") is not None:
        variant.scale(int(change["DesiredInstanceCount"]))
    if isinstance(variant, ServerlessVariant):
        variant.reconfigure(change.get("ServerlessUpdateConfig") or {})
