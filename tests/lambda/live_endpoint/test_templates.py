"""The function reads what the inference stacks' templates say, as CloudFormation hands it over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from live_endpoint.arguments import typed
from live_endpoint.properties import Properties, read
from live_endpoint.resources import UPDATES

from config import environment_names
from tests.stacks.resources import of_type

from .test_answer import SHAPE


def as_text(value: Any) -> Any:
    """CloudFormation makes text of every number and truth value of a custom resource."""
    if isinstance(value, dict):
        return {key: as_text(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_text(each) for each in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def said(templates: Callable[[str], dict[str, Any]], environment: str) -> dict[str, Properties]:
    """Type -> properties, of the endpoint's custom resources."""
    template = templates(environment)["inference-reviews"]
    return {
        kind: read(as_text({**resource["Properties"], "ServiceToken": "arn"}))
        for kind in UPDATES
        for resource in of_type(template, kind)
    }


@pytest.mark.parametrize("environment", environment_names())
def should_read_what_the_templates_say(templates: Callable[[str], dict[str, Any]], environment: str) -> None:
    found = said(templates, environment)
    assert set(found) == set(UPDATES)
    for variant in found["Custom::LiveVariants"].variants.values():
        assert variant.weight is not None
        assert variant.scales is not (variant.instances is not None)
    for variant in found["Custom::ScalingHold"].variants.values():
        assert variant.instance_type is not None
        assert variant.scales is bool(variant.policies)
        for policy in variant.policies:
            assert typed(policy, SHAPE, "PutScalingPolicy")["PolicyName"]
