"""`ops verify` finds what differs from what was declared, each difference by itself, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end import differences
from tests.end_to_end.conftest import Ashlar
from tests.end_to_end.differences import OtherConfigurations, Plant, wait_until_in_service
from tests.end_to_end.serving import ENDPOINT
from tests.local.cloud import eventually

# What was done -> the checks that find it.
CHANGED: dict[Plant, set[str]] = {
    differences.weights: {"reviews: weights"},
    differences.instances: {"reviews/xgboost: instances", "reviews/xgboost: scaling target"},
    differences.other_encryption: {"bucket DataBucket of ashlar-local-data"},
    differences.no_encryption: {"bucket ArtifactsBucket of ashlar-local-data"},
    differences.boundary: {"roles: permissions boundary"},
    differences.endpoint_policy: {"VPC endpoint EndpointsS3"},
}
ANOTHER = "reviews: configuration"


def differing(ashlar: Ashlar) -> set[str]:
    """The checks that found a difference, without the random ends of logical ids."""
    done = ashlar.ops("verify")
    found = set(re.findall(r"^error: (.*?): found ", done.stdout, re.MULTILINE))
    assert done.returncode == bool(found), done.stdout + done.stderr
    if found:
        assert re.search(rf"{len(found)} of \d+ checks found a difference", done.stderr), done.stderr
    return {re.sub(r"([a-z0-9])[0-9A-F]{8}\b", r"\1", check) for check in found}


def should_find_nothing_where_nothing_was_changed(ashlar: Ashlar) -> None:
    wait_until_in_service(ashlar)
    assert differing(ashlar) == set()


@pytest.mark.parametrize("plant", CHANGED, ids=lambda plant: plant.__name__)
def should_find_what_was_changed(ashlar: Ashlar, plant: Plant) -> None:
    with plant(ashlar):
        assert differing(ashlar) == CHANGED[plant]


@pytest.fixture
def others(ashlar: Ashlar) -> Iterator[OtherConfigurations]:
    """Configurations that nobody declared; the endpoint runs on the declared one again in the end."""
    found = OtherConfigurations(ashlar)
    yield found
    found.remove()


def should_find_a_silent_rollback(ashlar: Ashlar, others: OtherConfigurations) -> None:
    # GIVEN an endpoint that is updated to what its stack declares
    before = others.configuration()
    others.run(before)
    cloudwatch, sagemaker = ashlar.client("cloudwatch"), ashlar.client("sagemaker")
    cloudwatch.put_metric_alarm(
        AlarmName="planted",
        Namespace="Planted",
        MetricName="Nothing",
        Statistic="Sum",
        Period=10,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
    )
    routing = {
        "Type": "CANARY",
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        "WaitIntervalInSeconds": 3600,
    }
    deployment = {
        "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, "MaximumExecutionTimeoutInSeconds": 28800},
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "planted"}]},
    }
    others.run(others.declared, DeploymentConfig=deployment)

    def bakes() -> bool:
        pending = sagemaker.describe_endpoint(EndpointName=ENDPOINT).get("PendingDeploymentSummary", {})
        return any(
            status["Status"] == "Baking"
            for variant in pending.get("ProductionVariants", [])
            for status in variant.get("VariantStatus", [])
        )

    eventually(bakes, seconds=120)
    # WHEN its alarm rings during the canary
    cloudwatch.set_alarm_state(AlarmName="planted", StateValue="ALARM", StateReason="a test")
    found = wait_until_in_service(ashlar)
    # THEN it runs on the configuration of before, without a word, and is found out
    assert found["EndpointConfigName"] == before
    assert "FailureReason" not in found
    assert differing(ashlar) == {ANOTHER}
    cloudwatch.delete_alarms(AlarmNames=["planted"])


def should_find_what_another_configuration_or_model_has(ashlar: Ashlar, others: OtherConfigurations) -> None:
    xgboost = ashlar.client("sagemaker").list_model_packages(
        ModelPackageGroupName="ashlar-local-reviews-xgboost", ModelApprovalStatus="Approved"
    )["ModelPackageSummaryList"][0]["ModelPackageArn"]
    (key,) = [k for k in _keys(ashlar) if k.endswith("logs")]

    def fewer_subnets(model: dict[str, Any]) -> dict[str, Any]:
        return {"VpcConfig": {**model["VpcConfig"], "Subnets": model["VpcConfig"]["Subnets"][:1]}}

    expected = {
        others.configuration(DataCaptureConfig=None): "reviews: data capture",
        others.configuration(KmsKeyId=_keys(ashlar)[key]): "reviews: volume key",
        others.configuration(
            ProductionVariants=others.model(lambda _: {"Containers": [{"ModelPackageName": xgboost}]})
        ): "reviews/linear: package",
        others.configuration(ProductionVariants=others.model(fewer_subnets)): "reviews/linear: network",
        others.configuration(
            ProductionVariants=others.model(lambda _: {"EnableNetworkIsolation": False})
        ): "reviews/linear: isolation",
    }
    for configuration, check in expected.items():
        others.run(configuration)
        assert differing(ashlar) == {ANOTHER, check}


def _keys(ashlar: Ashlar) -> dict[str, str]:
    """Alias -> ARN of the environment's keys."""
    listed = ashlar.client("kms").list_aliases()["Aliases"]
    return {
        alias["AliasName"]: f"arn:aws:kms:eu-west-1:123456789012:key/{alias['TargetKeyId']}"
        for alias in listed
        if "ashlar-local" in alias["AliasName"]
    }


def should_find_nothing_once_all_is_undone(ashlar: Ashlar) -> None:
    wait_until_in_service(ashlar)
    assert differing(ashlar) == set()


def should_find_a_scaling_target_that_was_deregistered_also_when_it_was_made_again(ashlar: Ashlar) -> None:
    """Its policies go with it, and those that are put in their place are not the stack's: this cannot be undone."""
    policies = "reviews/xgboost: scaling policies"
    with differences.scaling_target(ashlar):
        assert differing(ashlar) == {"reviews/xgboost: scaling target", policies}
    assert differing(ashlar) == {policies}
