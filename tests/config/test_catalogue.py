"""The facts about jobs agree with themselves, with AWS's own shapes and with what config/schema lets be written."""

from __future__ import annotations

import datetime
import json
from importlib.resources import files
from typing import get_args

import botocore.session
import pytest

from config import catalogue
from config.schema import Candidate, Channel, SearchRange, Tuning

ALGORITHMS = catalogue.algorithms()


@pytest.fixture(scope="module")
def sagemaker() -> botocore.model.ServiceModel:
    return botocore.session.get_session().get_service_model("sagemaker")


def should_know_all_built_in_algorithms() -> None:
    assert len(ALGORITHMS) == 24


@pytest.mark.parametrize("name", ALGORITHMS)
def should_speak_of_the_algorithms_own_channels_and_hyperparameters(name: str) -> None:
    facts = ALGORITHMS[name]
    channels, hyperparameters = set(facts.channels.known), set(facts.hyperparameters)
    assert set(facts.content) | set(facts.distribution) | set(facts.channels.with_images) <= channels
    assert set(facts.channels.aliases.values()) <= channels
    conditions = {key for condition in facts.required_when.values() for key in condition}
    named = {*facts.required, *facts.required_when, *conditions, *facts.values, *facts.tunable, *facts.several_when}
    assert named | set(facts.not_above) | set(facts.not_above.values()) <= hyperparameters
    assert facts.machines.cpu or facts.machines.gpu
    assert not facts.machines.several_gpus or facts.machines.gpu
    assert facts.source.endswith(".md")


@pytest.mark.parametrize("name", ALGORITHMS)
def should_give_only_what_a_channel_can_say(name: str) -> None:
    facts = ALGORITHMS[name]
    modes = get_args(Candidate.model_fields["input_mode"].annotation)
    assert set(facts.modes) <= set(modes)
    assert set(facts.distribution.values()) <= set(get_args(Channel.model_fields["distribution"].annotation))
    assert (facts.pipe_content is None) or "Pipe" in facts.modes
    assert set(facts.tunable.values()) <= set(get_args(SearchRange.model_fields["type"].annotation))
    for values in facts.values.values():
        assert (values.one_of is None) != (values.min is None and values.max is None)
        assert values.words


def should_judge_values_as_the_guide_does() -> None:
    eta, booster = ALGORITHMS["xgboost"].values["eta"], ALGORITHMS["xgboost"].values["booster"]
    assert all(map(eta.allow, [0, 1, 0.3, "0.3", "auto", "{eta}"]))
    assert not any(map(eta.allow, [-0.1, 1.1, "2"]))
    assert booster.allow("dart") and not booster.allow("tree")
    assert ALGORITHMS["xgboost"].values["num_round"].words == "at least 1"


def should_have_the_limits_that_aws_has(sagemaker: botocore.model.ServiceModel) -> None:
    training = catalogue.training()
    for shape, limit in {
        "ProcessingInputs": training.processing_inputs,
        "ContainerArguments": training.processing_arguments,
        "ContainerArgument": training.processing_argument_characters,
        "InputDataConfig": training.channels,
        "HyperParameters": training.hyperparameters,
        "HyperParameterValue": training.hyperparameter_characters,
        "ParameterValues": training.tuning.categorical_values,
        "IntegerParameterRanges": training.tuning.hyperparameters,
    }.items():
        assert sagemaker.shape_for(shape).metadata["max"] == limit, shape


def should_name_strategies_modes_and_goals_as_aws_does(sagemaker: botocore.model.ServiceModel) -> None:
    strategies = get_args(Tuning.model_fields["strategy"].annotation)
    assert set(strategies) == set(sagemaker.shape_for("HyperParameterTuningJobStrategyType").enum)
    assert set(catalogue.training().tuning.jobs) == set(strategies)
    modes = get_args(Candidate.model_fields["input_mode"].annotation)
    assert set(modes) == set(sagemaker.shape_for("TrainingInputMode").enum)


def should_hold_images_to_the_day_of_their_review() -> None:
    images = catalogue.images()
    assert all(image.patched_until < images.reviewed for image in images.retired.values())
    assert all(image.patched_until > images.reviewed for image in images.images.values())
    assert not set(images.retired) & set(images.images)
    assert images.reviewed > datetime.date(2026, 11, 1)


def should_know_the_images_of_algorithms_as_the_sdk_does() -> None:
    registry = files("sagemaker.core") / "image_uri_config"
    for group in catalogue.algorithm_images():
        for name in group.algorithms:
            known = json.loads((registry / f"{name}.json").read_text("utf-8"))["versions"]["1"]
            assert known["repository"] == name
            regions = {r: account for r, account in known["registries"].items() if r in catalogue.images().accounts}
            assert group.accounts == regions, name


def should_have_an_image_of_every_algorithm_that_aws_publishes_one_of() -> None:
    without = {name for name in ALGORITHMS if catalogue.algorithm_image(name, "eu-west-1") is None}
    assert without == {name for name, facts in ALGORITHMS.items() if facts.scripted}
    assert catalogue.algorithm_image("xgboost", "eu-west-1") == catalogue.images().uri("xgboost", "eu-west-1")
    kmeans = "438346466558.dkr.ecr.eu-west-1.amazonaws.com/kmeans:1"
    assert catalogue.algorithm_image("kmeans", "eu-west-1") == kmeans
    assert catalogue.algorithm_image("lda", "eu-north-1") is None
