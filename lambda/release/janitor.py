"""Removes models and endpoint configurations that releases left behind.

CloudFormation retains what a release replaces, because the endpoint may still run on it, or go back to it. Once the
stack is steady and the endpoint lives on the configuration that it declares, nothing will.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from typing import Any

from botocore.exceptions import ClientError

from release.hosting import Live, is_absent
from release.settings import Endpoint

# What is younger may belong to an operation that began since the stack was looked at.
KEPT = datetime.timedelta(hours=1)
# A few for each look: the rest goes at the next ones.
MOST = 5


def may_clean(endpoint: Endpoint, resources: Iterable[dict[str, Any]], live: Live | None) -> bool:
    """Whether nothing moves, and the endpoint lives on the configuration that its stack declares.

    `resources`: the stack's, as ListStackResources gives them.
    """
    listed = list(resources)
    moving = any(resource["ResourceStatus"].endswith("_IN_PROGRESS") for resource in listed)
    declared = {_name(r["PhysicalResourceId"]) for r in listed if r["LogicalResourceId"] == endpoint.configuration}
    return not moving and live is not None and live.status == "InService" and declared == {live.configuration.lower()}


def in_use(resources: Iterable[dict[str, Any]], live: Live) -> set[str]:
    """The names, in lower case, that the stack or the live endpoint refers to."""
    named = {_name(resource["PhysicalResourceId"]) for resource in resources if resource.get("PhysicalResourceId")}
    return named | {live.configuration.lower()} | {model.lower() for model in live.models.values()}


def unused(found: Iterable[str], logical_ids: Iterable[str], used: set[str]) -> list[str]:
    """Of these names, those that CloudFormation made of one of the logical ids and that nobody refers to."""
    prefixes = tuple(f"{id.lower()}-" for id in logical_ids)
    return [name for name in found if name.lower().startswith(prefixes) and name.lower() not in used]


def clean(sagemaker: Any, endpoint: Endpoint, used: set[str], now: datetime.datetime) -> list[str]:
    """Delete at most MOST of what is unused, oldest first, configurations before models. Answers their names."""
    before = now - KEPT
    configurations = _list(sagemaker.list_endpoint_configs, [endpoint.configuration], before, "EndpointConfig")
    models = _list(sagemaker.list_models, endpoint.models, before, "Model")
    doomed: list[tuple[Callable[..., Any], str, str]] = [
        *(
            (sagemaker.delete_endpoint_config, "EndpointConfigName", name)
            for name in unused(configurations, [endpoint.configuration], used)
        ),
        *((sagemaker.delete_model, "ModelName", name) for name in unused(models, endpoint.models, used)),
    ]
    for delete, field, name in doomed[:MOST]:
        try:
            delete(**{field: name})
        except ClientError as error:
            if not is_absent(error):
                raise
    return [name for _, _, name in doomed[:MOST]]


def _list(
    list_page: Callable[..., dict[str, Any]], logical_ids: Iterable[str], before: datetime.datetime, noun: str
) -> list[str]:
    """The names of the oldest of a kind. One page of each: what is in use is little, so the unused are among them."""
    pages = [
        list_page(
            NameContains=f"{id}-",
            CreationTimeBefore=before,
            SortBy="CreationTime",
            SortOrder="Ascending",
            MaxResults=100,
        )
        for id in logical_ids
    ]
    return [found[f"{noun}Name"] for page in pages for found in page[f"{noun}s"]]


def _name(physical_id: str) -> str:
    """The physical id is an ARN, and ARNs have the name in lower case."""
    return physical_id.rsplit("/", 1)[-1].lower()
