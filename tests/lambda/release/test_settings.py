"""The function's environment: as the template writes it, and wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from release.settings import VARIABLES, endpoints, topic

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


VARIANT = {"name": "linear", "parameter": "LinearModelPackage", "group": "reviews-linear", "weight": 90}
ENDPOINT = {
    "stack": "inference",
    "role": "arn:aws:iam::111122223333:role/release",
    "name": "reviews",
    "configuration": "reviewsconfig",
    "models": ["reviewslinearmodel"],
    "variants": [VARIANT],
}


def should_read_an_endpoint_whose_packages_are_all_fixed() -> None:
    (endpoint,) = endpoints({"ENDPOINTS": json.dumps([{**ENDPOINT, "variants": []}])})
    assert endpoint.variants == ()


def should_read_a_platform_without_endpoints() -> None:
    assert endpoints({"ENDPOINTS": "[]"}) == ()


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (None, "ENDPOINTS is None; it must be a JSON list"),
        ("{", "ENDPOINTS is '{'; it must be a JSON list"),
        ("{}", "ENDPOINTS is {}; it must be a list"),
        ([1], r"ENDPOINTS\[0\] is 1; it must be an object with exactly configuration, models"),
        ([{**ENDPOINT, "region": "x"}], r"ENDPOINTS\[0\] is .*; it must be an object with exactly"),
        ([ENDPOINT, {**ENDPOINT, "name": ""}], r"ENDPOINTS\[1\]\.name is ''; it must be a text that is not empty"),
        ([{**ENDPOINT, "models": "model"}], r"ENDPOINTS\[0\]\.models is 'model'; it must be a list"),
        ([{**ENDPOINT, "models": [3]}], r"ENDPOINTS\[0\]\.models\[0\] is 3; it must be a text"),
        ([{**ENDPOINT, "variants": [{**VARIANT, "weight": "90"}]}], r"variants\[0\]\.weight is '90'; .* a number"),
        ([{**ENDPOINT, "variants": [{**VARIANT, "weight": -1}]}], r"variants\[0\]\.weight is -1; .* a number"),
        (
            [{**ENDPOINT, "variants": [{"name": "linear"}]}],
            r"variants\[0\] is .* exactly group, name, parameter, weight",
        ),
    ],
)
def should_name_the_value_the_rule_and_the_fix(value: Any, named: str) -> None:
    text = value if isinstance(value, str | None) else json.dumps(value)
    environment = {} if text is None else {"ENDPOINTS": text}
    with pytest.raises(ValueError, match=f"{named}.*deploy that stack again"):
        endpoints(environment)


@pytest.mark.parametrize("environment", [{}, {"TOPIC_ARN": ""}, {"TOPIC_ARN": "arn:aws:sqs:eu-west-1:1:operators"}])
def should_say_that_the_operators_topic_is_missing(environment: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"TOPIC_ARN is .*; it must be the ARN of the operators' topic"):
        topic(environment)
