"""Every function of every environment, and every rule that wakes one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from config import Platform, environment_names, load_environment
from tests.config.cases.network import existing
from tests.stacks.resources import Template, of_type, text
from tests.stacks.variant import changed, stacks_of

Found = tuple[Template, dict[str, Any]]
pytestmark = pytest.mark.parametrize("environment", environment_names())
ALWAYS = {"front_door", "release", "default_security_group", "live_endpoint"}


def packages(environment: str) -> set[str]:
    """A pipeline has a function of its own where it asks something: here, which model serves now."""
    model = load_environment(environment).models["reviews"]
    return ALWAYS | ({"workflow"} if model.gate.not_below_champion_by is not None else set())


@pytest.fixture
def stacks(environment: str, templates: Callable[[str], dict[str, Template]]) -> dict[str, Template]:
    return templates(environment)


def every(stacks: dict[str, Template], type: str) -> list[Found]:
    """Each resource of a type with the template it stands in."""
    found = [(t, r["Properties"]) for t in stacks.values() for r in t["Resources"].values() if r["Type"] == type]
    assert found, f"there is no {type}"
    return found


def should_be_the_functions_that_we_know(stacks: dict[str, Template], environment: str) -> None:
    handlers = [its["Handler"] for _, its in every(stacks, "AWS::Lambda::Function")]
    assert sorted(handlers) == sorted(f"{package}.handler.handle" for package in packages(environment))


def should_run_in_the_private_subnets(stacks: dict[str, Template]) -> None:
    for _, function in every(stacks, "AWS::Lambda::Function"):
        assert len(function["VpcConfig"]["SubnetIds"]) == 3
        assert all("Private" in text(subnet) for subnet in function["VpcConfig"]["SubnetIds"])
        (group,) = function["VpcConfig"]["SecurityGroupIds"]
        assert "GroupsWorkloads" in text(group)


def should_keep_settings_traces_and_failures(stacks: dict[str, Template]) -> None:
    for _, function in every(stacks, "AWS::Lambda::Function"):
        assert "FunctionsKey" in text(function["KmsKeyArn"])
        assert "DeadLettersQueue" in text(function["DeadLetterConfig"]["TargetArn"])
        assert function["TracingConfig"] == {"Mode": "Active"}


def should_log_into_an_encrypted_group_of_its_own(stacks: dict[str, Template], environment: str) -> None:
    used = []
    for template, function in every(stacks, "AWS::Lambda::Function"):
        (group,) = [
            its["Properties"]
            for its in of_type(template, "AWS::Logs::LogGroup")
            if its["Properties"]["LogGroupName"] == function["LoggingConfig"]["LogGroup"]
        ]
        assert "LogsKey" in text(group["KmsKeyId"])
        used.append(group["LogGroupName"])
    assert len(set(used)) == len(packages(environment))


def should_find_its_log_group_when_it_is_first_called(stacks: dict[str, Template]) -> None:
    """Or Lambda makes one, without a key and for ever."""
    for template, function in every(stacks, "AWS::Lambda::Function"):
        (waits_for,) = [its["DependsOn"] for its in template["Resources"].values() if its.get("Properties") is function]
        groups = [template["Resources"][id]["Properties"].get("LogGroupName") for id in waits_for]
        assert function["LoggingConfig"]["LogGroup"] in groups


def should_take_concurrency_from_the_account_unless_told(stacks: dict[str, Template]) -> None:
    for _, function in every(stacks, "AWS::Lambda::Function"):
        assert "ReservedConcurrentExecutions" not in function


def should_run_in_an_existing_vpc_as_well(environment: str) -> None:
    theirs = changed(environment, {}).model_dump(by_alias=True, mode="json") | existing()
    functions = every(stacks_of(Platform.model_validate(theirs)), "AWS::Lambda::Function")
    # The default security group of such a VPC is its owner's.
    assert {its["Handler"] for _, its in functions} == {
        f"{p}.handler.handle" for p in packages(environment) - {"default_security_group"}
    }
    assert all(f"subnet-{1:017x}" in text(its["VpcConfig"]["SubnetIds"]) for _, its in functions)


def should_reserve_concurrency_where_the_configuration_says_so(environment: str) -> None:
    reserved = stacks_of(changed(environment, {"front_door": {"concurrency": 7}}))
    found = {f["Handler"]: f.get("ReservedConcurrentExecutions") for _, f in every(reserved, "AWS::Lambda::Function")}
    assert found == {
        f"{package}.handler.handle": 7 if package == "front_door" else None for package in packages(environment)
    }


def should_lose_no_event_that_could_not_be_delivered(stacks: dict[str, Template]) -> None:
    for _, rule in every(stacks, "AWS::Events::Rule"):
        for target in rule["Targets"]:
            assert "DeadLetters" in text(target["DeadLetterConfig"]["Arn"]), rule["Description"]
            assert target["RetryPolicy"]["MaximumRetryAttempts"] > 0, rule["Description"]
            assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] >= 3600, rule["Description"]


def should_let_only_its_own_rules_wake_the_reconciler(stacks: dict[str, Template]) -> None:
    template = stacks["release"]
    rules = {id for id, its in template["Resources"].items() if its["Type"] == "AWS::Events::Rule"}
    permissions = of_type(template, "AWS::Lambda::Permission")
    assert {permission["Properties"]["SourceArn"]["Fn::GetAtt"][0] for permission in permissions} == rules
    assert {permission["Properties"]["Principal"] for permission in permissions} == {"events.amazonaws.com"}
    assert len(rules) == 3  # packages, stacks, and a schedule


def should_admit_no_caller_without_a_source(stacks: dict[str, Template]) -> None:
    for _, permission in every(stacks, "AWS::Lambda::Permission"):
        assert permission["Action"] == "lambda:InvokeFunction"
        assert permission["SourceArn"]
