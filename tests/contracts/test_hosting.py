"""Where the inference stack meets the functions around it, and the settings their operators read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
from live_endpoint.arguments import typed
from live_endpoint.properties import read
from live_endpoint.resources import UPDATES
from release import settings

from tests.stacks.modes import MODES, stacks_in
from tests.stacks.resources import Template, of_type, resolved

AUTOSCALING = botocore.session.get_session().get_service_model("application-autoscaling")
IDENTITY = {"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/e/variant/v", "ScalableDimension": "d"}


def as_text(value: Any) -> Any:
    """What CloudFormation makes of a custom resource's properties: every number and truth value is text."""
    if isinstance(value, dict):
        return {key: as_text(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_text(each) for each in value]
    return value if isinstance(value, str) else json.dumps(value)


def custom(template: Template, kind: str) -> dict[str, Any]:
    (resource,) = of_type(template, f"Custom::{kind}")
    properties: dict[str, Any] = resource["Properties"] | {"ServiceToken": "function"}
    return properties


def environment_of(template: Template) -> dict[str, str]:
    (function,) = of_type(template, "AWS::Lambda::Function")
    variables = function["Properties"]["Environment"]["Variables"]
    return {name: resolved(value) for name, value in variables.items()}


def should_set_in_the_template_what_the_release_reads(templates: Callable[[str], dict[str, Template]]) -> None:
    variables = environment_of(templates("dev")["release"])
    assert set(variables) == set(settings.VARIABLES)
    (endpoint,) = settings.endpoints(variables)
    assert endpoint.name == "ashlar-dev-reviews"
    assert endpoint.stack == "ashlar-dev-inference-reviews"
    assert {variant.name: variant.weight for variant in endpoint.variants} == {"linear": 90, "xgboost": 10}


@pytest.mark.parametrize("mode", MODES)
def should_name_to_the_release_what_the_stack_has(mode: str) -> None:
    stacks = stacks_in(mode)
    template = stacks["inference-reviews"]
    (endpoint,) = settings.endpoints(environment_of(stacks["release"]))
    assert {variant.parameter for variant in endpoint.variants} == set(template.get("Parameters", {}))
    models = {id for id, its in template["Resources"].items() if its["Type"] == "AWS::SageMaker::Model"}
    assert set(endpoint.models) == models
    assert template["Resources"][endpoint.configuration]["Type"] == "AWS::SageMaker::EndpointConfig"


@pytest.mark.parametrize("mode", MODES)
def should_give_custom_resources_what_their_function_reads(mode: str) -> None:
    template = stacks_in(mode)["inference-reviews"]
    assert {its["Type"] for its in template["Resources"].values() if its["Type"].startswith("Custom::")} == set(UPDATES)
    hold, live = (read(as_text(custom(template, kind))) for kind in ("ScalingHold", "LiveVariants"))
    assert hold.endpoint == live.endpoint == "ashlar-dev-reviews"
    (config,) = of_type(template, "AWS::SageMaker::EndpointConfig")
    for variant in config["Properties"]["ProductionVariants"]:
        its = live.variants[variant["VariantName"]]
        assert its.weight == variant["InitialVariantWeight"]
        assert its.instance_type == variant.get("InstanceType")
        assert (its.instances is None) == (its.minimum is not None or "ServerlessConfig" in variant)
    scaled = {its["Properties"]["ResourceId"].rsplit("/")[-1] for its in targets(template)}
    assert {name for name, its in hold.variants.items() if its.scales} == scaled
    # One that does not scale may have scaled before.
    assert {name: its.instance_type for name, its in hold.variants.items()} == {
        name: its.instance_type for name, its in live.variants.items() if its.instance_type
    }


def targets(template: Template) -> list[dict[str, Any]]:
    scalable = "AWS::ApplicationAutoScaling::ScalableTarget"
    return [its for its in template["Resources"].values() if its["Type"] == scalable]


def should_describe_scaling_as_the_service_takes_it() -> None:
    """What the function puts back is what CloudFormation made: the same policies, in the API's own members."""
    for mode in ("asynchronous",):
        template = stacks_in(mode)["inference-reviews"]
        made = [its["Properties"] for its in of_type(template, "AWS::ApplicationAutoScaling::ScalingPolicy")]
        hold = read(as_text(custom(template, "ScalingHold")))
        shape = AUTOSCALING.operation_model("PutScalingPolicy").input_shape
        for variant in hold.variants.values():
            given = [typed(policy, shape, "policy") for policy in variant.policies]
            assert given == [{key: its[key] for key in its if key != "ScalingTargetId"} for its in made]


def should_describe_schedules_as_the_service_takes_them(templates: Callable[[str], dict[str, Template]]) -> None:
    template = templates("dev")["inference-reviews"]
    shape = AUTOSCALING.operation_model("PutScheduledAction").input_shape
    live = read(as_text(custom(template, "LiveVariants")))
    made = {its["Properties"]["ResourceId"].rsplit("/")[-1]: its["Properties"] for its in targets(template)}
    seen = 0
    for name, variant in live.variants.items():
        given = [typed(schedule, shape, "schedule") for schedule in variant.schedules]
        assert given == made[name].get("ScheduledActions", [])
        seen += len(given)
    assert seen
