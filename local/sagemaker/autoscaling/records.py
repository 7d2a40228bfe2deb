"""What moto keeps: the scalable targets of endpoint variants, their policies and their scheduled actions."""

import re
import sys
from collections.abc import Iterator
from typing import Any

from local.sagemaker.state import Region

NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
_RESOURCE = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")
_MOTO = "moto.applicationautoscaling.models"


def resource_id(endpoint: str, variant: str) -> str:
    """Return how Application Auto Scaling names a variant."""
    return f"endpoint/{endpoint}/variant/{variant}"


def variant_of(resource: str) -> tuple[str, str] | None:
    """Return endpoint and variant of a resource id; None for another kind."""
    match = _RESOURCE.fullmatch(resource)
    return (match[1], match[2]) if match else None


def backend(region: Region) -> Any:
    """Return moto's state of the account and region."""
    # Imported at its first use, because moto takes two seconds to import.
    from moto.applicationautoscaling.models import applicationautoscaling_backends

    return applicationautoscaling_backends[region.account][region.name]


def target(region: Region, resource: str) -> Any:
    """Return moto's scalable target of a variant; None where none is registered."""
    if _MOTO not in sys.modules:
        return None
    return backend(region).targets.get(DIMENSION, {}).get(resource)


def targets_of(region: Region, endpoint: str) -> list[str]:
    """Return the resource ids of an endpoint's variants that are registered."""
    if _MOTO not in sys.modules:
        return []
    known = backend(region).targets.get(DIMENSION, {})
    return [resource for resource in list(known) if (variant_of(resource) or ("",))[0] == endpoint]


def all_targets() -> Iterator[tuple[str, str, Any]]:
    """Yield account, region name and target of every variant that is registered."""
    from moto.applicationautoscaling.models import applicationautoscaling_backends

    for account, regions in list(applicationautoscaling_backends.items()):
        for name, found in list(regions.items()):
            for registered in list(found.targets.get(DIMENSION, {}).values()):
                yield account, name, registered


def policies(region: Region, resource: str) -> list[Any]:
    """Return moto's policies of a variant."""
    return [policy for policy in list(backend(region).policies.values()) if _is_of(policy, resource)]


def policy(region: Region, resource: str, name: str) -> Any:
    """Return moto's policy of this name; None where there is none."""
    return next((found for found in policies(region, resource) if found.policy_name == name), None)


def scheduled_actions(region: Region, resource: str) -> list[Any]:
    """Return moto's scheduled actions of a variant."""
    return [action for action in list(backend(region).scheduled_actions) if _is_of(action, resource)]


def forget(region: Region, resource: str) -> None:
    """Drop the policies and scheduled actions of a variant, which go with its target; moto keeps them."""
    state = backend(region)
    state.policies = {key: found for key, found in state.policies.items() if not _is_of(found, resource)}
    state.scheduled_actions = [action for action in state.scheduled_actions if not _is_of(action, resource)]


def _is_of(record: Any, resource: str) -> bool:
    return bool(record.resource_id == resource and record.scalable_dimension == DIMENSION)
