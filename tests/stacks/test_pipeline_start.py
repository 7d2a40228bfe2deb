"""What starts a pipeline, and the function that it asks: only where the configuration wants them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stacks.resources import Template, of_type, pipeline_definition, statements_of
from tests.stacks.variant import changed, stacks_of

SCHEDULE = {"cron": "15 4 ? * MON *", "timezone": "Europe/Dublin"}


def training(**settings: Any) -> Template:
    return stacks_of(changed("local", {"models": {"reviews": settings}}))["training-reviews"]


@pytest.fixture(scope="module")
def scheduled() -> Template:
    return training(schedule=SCHEDULE)


@pytest.fixture(scope="module")
def plain() -> Template:
    return training(schedule=None, one_at_a_time=False, gate={"not_below_champion_by": None})


def should_start_the_pipeline_when_the_schedule_says_so(scheduled: Template) -> None:
    (schedule,) = of_type(scheduled, "AWS::Scheduler::Schedule")
    its = schedule["Properties"]
    assert its["ScheduleExpression"] == "cron(15 4 ? * MON *)"
    assert its["ScheduleExpressionTimezone"] == "Europe/Dublin"
    assert its["FlexibleTimeWindow"] == {"Mode": "OFF"}
    (pipeline,) = of_type(scheduled, "AWS::SageMaker::Pipeline")
    name = pipeline["Properties"]["PipelineName"]
    assert its["Target"]["Arn"].endswith(f":pipeline/{name}")
    # No parameter: each has a default, and the pipeline finds its batch itself.
    assert "SageMakerPipelineParameters" not in its["Target"]
    assert all("DefaultValue" in each for each in pipeline_definition(scheduled)["Parameters"])
    assert schedule["DependsOn"]


def should_keep_a_start_that_failed_and_encrypt_the_schedule(scheduled: Template) -> None:
    (schedule,) = of_type(scheduled, "AWS::Scheduler::Schedule")
    its = schedule["Properties"]
    assert its["Target"]["DeadLetterConfig"]["Arn"]
    assert its["KmsKeyArn"]
    role = its["Target"]["RoleArn"]["Fn::GetAtt"][0]
    allowed = {action for each in statements_of(scheduled, role) for action in each["Action"]}
    assert allowed == {
        "sagemaker:StartPipelineExecution",
        "sqs:SendMessage",
        "kms:Decrypt",
        "kms:GenerateDataKey",
    }


def should_make_neither_schedule_nor_function_where_nobody_asks(plain: Template) -> None:
    types = {resource["Type"] for resource in plain["Resources"].values()}
    assert not types & {"AWS::Scheduler::Schedule", "AWS::Lambda::Function"}


@pytest.mark.parametrize(
    ("settings", "allowed"),
    [
        ({"one_at_a_time": True}, {"sagemaker:ListPipelineExecutions", "s3:ListBucket"}),
        ({"schedule": SCHEDULE}, {"sagemaker:ListPipelineExecutions", "s3:ListBucket"}),
        (
            {"gate": {"at_least": 0.5, "not_below_champion_by": 0.01}},
            {f"sagemaker:Describe{noun}" for noun in ("Endpoint", "EndpointConfig", "Model", "ModelPackage")},
        ),
    ],
)
def should_let_the_function_look_at_what_it_is_asked_for_only(settings: dict[str, Any], allowed: set[str]) -> None:
    quiet = {"schedule": None, "one_at_a_time": False, "gate": {"not_below_champion_by": None}}
    template = training(**{**quiet, **settings})
    (function,) = of_type(template, "AWS::Lambda::Function")
    role = function["Properties"]["Role"]["Fn::GetAtt"][0]
    actions = {action for each in statements_of(template, role) for action in each["Action"]}
    assert {action for action in actions if action.startswith(("sagemaker:", "s3:"))} == allowed
    assert function["Properties"]["VpcConfig"]["SubnetIds"]


def should_train_a_built_in_algorithm_on_its_image_and_let_jobs_pull_it() -> None:
    kmeans = {"algorithm": "kmeans", "channels": {"train": {"from": "train", "content_type": "text/csv;label_size=0"}}}
    stacks = stacks_of(changed("local", {"models": {"reviews": {"candidates": {"groups": kmeans}}}}))
    image = "438346466558.dkr.ecr.eu-west-1.amazonaws.com/kmeans:1"
    assert image in str(pipeline_definition(stacks["training-reviews"]))
    repository = "arn:aws:ecr:eu-west-1:438346466558:repository/kmeans"
    for stack in ("training-reviews", "network", "inference-reviews"):
        assert repository in str(stacks[stack]), stack
