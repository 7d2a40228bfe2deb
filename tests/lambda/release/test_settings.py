"""The function's environment: as the template writes it, and wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from release.settings import VARIABLES, endpoints

from tests.stacks.resources import of_type, resolved


def should_read_what_the_template_writes(templates: Callable[[str], dict[str, Any]]) -> None:
    (function,) = of_type(templates("dev")["release"], "AWS::Lambda::Function")
    variables = function["Properties"]["Environment"]["Variables"]
    assert tuple(variables) == VARIABLES
    (endpoint,) = endpoints({name: resolved(value) for name, value in variables.items()})
    assert endpoint.stack == "ashlar-dev-inference-reviews"
    assert {v.name: v.parameter for v in endpoint.variants} == {
        "linear": "LinearModelPackage",
        "xgboost": "XgboostModelPackage",
    }
    assert {v.name: v.group for v in endpoint.variants} == {
        "linear": "ashlar-dev-reviews-linear",
        "xgboost": "ashlar-dev-reviews-xgboost",
    }


@pytest.mark.parametrize(
    "environment",
    [{}, {"ENDPOINTS": "{"}, {"ENDPOINTS": "[1]"}, {"ENDPOINTS": json.dumps([{"stack": "s", "role": "r"}])}],
)
def should_name_the_variable_that_is_wrong(environment: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="ENDPOINTS"):
        endpoints(environment)
