"""Two weighted variants that scale: what a load, a release, a deployment and a schedule make of them."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.end_to_end.hosting.closed_loop import calling
from tests.end_to_end.hosting.hosted import Hosted
from tests.local.cloud import eventually

pytestmark = pytest.mark.long

ENDPOINT = "pair"
VARIANTS = ["amber", "blue"]
AMBER, BLUE = (f"{ENDPOINT}.variants.{name}" for name in VARIANTS)
# When a model fails -> what a deployment says of it.
FAULTS = {"at_start": "did not pass the ping health check", "at_requests": "went back to"}


@pytest.fixture(scope="module")
def released(hosted: Hosted) -> dict[str, str]:
    """Variant -> the package that was released to it first."""
    packages = {variant: hosted.register(variant) for variant in VARIANTS}
    hosted.until_released(ENDPOINT, **packages)
    return packages


@pytest.fixture
def pair(hosted: Hosted, released: dict[str, str]) -> Hosted:
    """Both variants with one instance, whatever a test before this one left."""
    # An alarm that a load has set off would bring instances back.
    eventually(lambda: not high_alarms(hosted))
    bring(hosted, {variant: {"DesiredInstanceCount": 1} for variant in released})
    assert counts(hosted) == {"amber": 1, "blue": 1}
    return hosted


def should_follow_a_load_and_keep_numbers_and_weights_through_a_release(pair: Hosted) -> None:
    # GIVEN weights that somebody shifted on the live endpoint, and one caller of each variant: no reason to scale
    bring(pair, {"amber": {"DesiredWeight": 0}, "blue": {"DesiredWeight": 7}})
    with calling(pair, ENDPOINT, VARIANTS) as answers:
        eventually(lambda: len(answers.good) >= 20)
    assert counts(pair) == {"amber": 1, "blue": 1}
    assert answers.failed == []
    # WHEN there are four of each
    with calling(pair, ENDPOINT, VARIANTS * 4) as answers:
        # THEN processes are started
        eventually(lambda: processes(pair) == {"amber": 3, "blue": 3}, seconds=60)
        assert counts(pair) == {"amber": 3, "blue": 3}
        scaled, before = activities(pair), configuration(pair)
        # AND a release keeps them, though its configuration begins with one instance: nothing had to scale again
        package = pair.register("amber")
        eventually(lambda: package in {answer["package"] for answer in answers.good}, seconds=120)
        eventually(lambda: pair.described_stack(ENDPOINT)["StackStatus"] == "UPDATE_COMPLETE", seconds=120)
        assert counts(pair) == {"amber": 3, "blue": 3}
        assert activities(pair) == scaled
        assert configuration(pair) != before
    assert answers.failed == []
    # AND the weights
    assert weights(pair) == {"amber": 0, "blue": 7}
    assert answering(pair) == {"blue"}


def should_apply_a_weight_that_changed_in_the_configuration_and_no_other(pair: Hosted) -> None:
    bring(pair, {"amber": {"DesiredWeight": 20}, "blue": {"DesiredWeight": 30}})
    deploy(pair, {f"{AMBER}.weight": 0})
    assert weights(pair) == {"amber": 0, "blue": 30}
    assert answering(pair) == {"blue"}
    deploy(pair, {})
    assert weights(pair) == {"amber": 60, "blue": 30}


def should_change_an_instance_type_under_scaling_and_scale_after_it(pair: Hosted) -> None:
    bring(pair, {"amber": {"DesiredWeight": 60}, "blue": {"DesiredWeight": 40}})
    before = scaling(pair)
    with calling(pair, ENDPOINT, VARIANTS) as answers:
        deploy(pair, {f"{AMBER}.instance_type": "ml.m5.xlarge"})
    assert answers.failed == []
    assert instance_types(pair) == {"amber": "ml.m5.xlarge", "blue": "ml.m5.large"}
    assert scaling(pair) == before
    scale_out(pair)


def should_change_type_bounds_and_schedules_in_one_deployment_and_go_back(pair: Hosted) -> None:
    """CloudFormation updates only a target that is there: it is registered again before its own turn."""
    before = (instance_types(pair)["blue"], scaling(pair), schedules(pair))
    later = {"cron": "0 3 1 1 ? 2099", "timezone": "Europe/London", "min": 1, "max": 1}
    deploy(
        pair,
        {
            f"{BLUE}.instance_type": "ml.c5.xlarge",
            f"{BLUE}.scaling": {"min": 2, "max": 4, "target": 2, "schedules": {"later": later}},
        },
    )
    assert instance_types(pair)["blue"] == "ml.c5.xlarge"
    least, most, (policy,) = scaling(pair)["blue"]
    assert (least, most, policy["TargetValue"]) == (2, 4, 2)
    assert schedules(pair) == ["later"]
    deploy(pair, {})
    assert (instance_types(pair)["blue"], scaling(pair), schedules(pair)) == before


def should_end_scaling_together_with_the_type_and_begin_it_again(pair: Hosted) -> None:
    before = scaling(pair)
    fixed = {f"{BLUE}.instance_type": "ml.t2.medium", f"{BLUE}.scaling": None, f"{BLUE}.instances": 2}
    # GIVEN a deployment that ends scaling and fails: all is as it was
    broken = {f"{BLUE}.environment.FAILS": "at_start"}
    assert pair.deploy(ENDPOINT, {**fixed, **broken}).returncode != 0
    assert scaling(pair) == before
    # WHEN one does that well
    deploy(pair, fixed)
    # THEN nothing scales the variant, and a deployment may begin it again
    assert (instance_types(pair)["blue"], counts(pair)["blue"]) == ("ml.t2.medium", 2)
    assert set(scaling(pair)) == {"amber"}
    deploy(pair, {})
    assert scaling(pair) == before


@pytest.mark.parametrize("fails", FAULTS)
def should_serve_and_scale_on_the_old_type_when_a_change_of_the_type_fails(pair: Hosted, fails: str) -> None:
    # GIVEN an endpoint as it is
    before = (instance_types(pair), scaling(pair), configuration(pair), weights(pair))
    # WHEN a deployment changes a type together with what makes the model fail: health checks see it, or alarms
    canary = {"kind": "canary", "bake_minutes": 20, "alarms": {"period_seconds": 10}}
    broken = {f"{AMBER}.environment.FAILS": fails, f"{ENDPOINT}.rollout": canary}
    with calling(pair, ENDPOINT, VARIANTS) as answers:
        done = pair.deploy(ENDPOINT, {f"{AMBER}.instance_type": "ml.c5.large", **broken})
    # THEN it says why, and nothing of failures before, and everything is as it was
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert [fault for fault, reason in FAULTS.items() if reason in said] == [fails]
    assert pair.described_stack(ENDPOINT)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert (instance_types(pair), scaling(pair), configuration(pair), weights(pair)) == before
    assert bool(answers.failed) is (fails == "at_requests")
    # AND it scales, and the next deployment changes the type
    scale_out(pair)
    another = f"ml.m5.{'2xlarge' if fails == 'at_start' else '4xlarge'}"
    deploy(pair, {f"{AMBER}.instance_type": another})
    assert (instance_types(pair)["amber"], counts(pair)["amber"]) == (another, 3)
    assert scaling(pair) == before[1]


def should_set_the_bounds_of_a_schedule_at_its_time(hosted: Hosted) -> None:
    def bounds() -> tuple[int, int]:
        (target,) = hosted.cloud.client("application-autoscaling").describe_scalable_targets(
            ServiceNamespace="sagemaker", ResourceIds=[resource("own", "own")]
        )["ScalableTargets"]
        return target["MinCapacity"], target["MaxCapacity"]

    eventually(lambda: bounds() == (2, 3), seconds=90)
    eventually(lambda: len(hosted.processes("own", "own")) == 2)
    described = hosted.cloud.client("application-autoscaling").describe_scaling_activities(
        ServiceNamespace="sagemaker", ResourceId=resource("own", "own")
    )["ScalingActivities"]
    assert "scheduled action name office was triggered" in {activity["Cause"] for activity in described}


def deploy(hosted: Hosted, changes: dict[str, Any]) -> None:
    done = hosted.deploy(ENDPOINT, changes)
    assert done.returncode == 0, done.stderr


def scale_out(hosted: Hosted) -> None:
    """Four callers of one variant at a time, until it has all the instances that it may have."""
    with calling(hosted, ENDPOINT, ["amber"] * 4) as answers:
        eventually(lambda: processes(hosted)["amber"] == 3, seconds=60)
    assert answers.failed == []


def bring(hosted: Hosted, desired: dict[str, dict[str, float]]) -> None:
    """Change live weights or numbers by hand, and wait until the endpoint has them."""
    hosted.described(ENDPOINT)
    hosted.cloud.client("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName=f"ashlar-local-{ENDPOINT}",
        DesiredWeightsAndCapacities=[{"VariantName": name, **its} for name, its in desired.items()],
    )
    hosted.described(ENDPOINT)


def high_alarms(hosted: Hosted) -> list[str]:
    """The alarms on too much load that are in ALARM, of both variants' policies."""
    found = hosted.cloud.client("cloudwatch").describe_alarms(
        AlarmNamePrefix=f"TargetTracking-endpoint/ashlar-local-{ENDPOINT}/", StateValue="ALARM"
    )
    return [alarm["AlarmName"] for alarm in found["MetricAlarms"] if "-AlarmHigh-" in alarm["AlarmName"]]


def counts(hosted: Hosted) -> dict[str, int]:
    return {name: its["CurrentInstanceCount"] for name, its in hosted.variants(ENDPOINT).items()}


def weights(hosted: Hosted) -> dict[str, float]:
    return {name: its["CurrentWeight"] for name, its in hosted.variants(ENDPOINT).items()}


def processes(hosted: Hosted) -> dict[str, int]:
    return {variant: len(hosted.processes(ENDPOINT, variant)) for variant in VARIANTS}


def answering(hosted: Hosted) -> set[str]:
    """The variants whose processes saw any of twenty requests that name none."""
    words = [uuid.uuid4().hex for _ in range(20)]
    for word in words:
        hosted.invoke(ENDPOINT, word)
    return {note["variant"] for note in hosted.seen(*words)}


def configuration(hosted: Hosted) -> str:
    return str(hosted.described(ENDPOINT)["EndpointConfigName"])


def instance_types(hosted: Hosted) -> dict[str, str]:
    found = hosted.cloud.client("sagemaker").describe_endpoint_config(EndpointConfigName=configuration(hosted))
    return {variant["VariantName"]: variant["InstanceType"] for variant in found["ProductionVariants"]}


def resource(endpoint: str, variant: str) -> str:
    return f"endpoint/ashlar-local-{endpoint}/variant/{variant}"


def activities(hosted: Hosted) -> list[str]:
    """Every scaling activity of both variants, by its id."""
    api = hosted.cloud.client("application-autoscaling")
    found = [
        api.describe_scaling_activities(ServiceNamespace="sagemaker", ResourceId=resource(ENDPOINT, variant))
        for variant in VARIANTS
    ]
    return [activity["ActivityId"] for described in found for activity in described["ScalingActivities"]]


def scaling(hosted: Hosted) -> dict[str, Any]:
    """Variant -> its bounds and the targets of its policies; nothing of one that does not scale."""
    api = hosted.cloud.client("application-autoscaling")
    found = {}
    for variant in VARIANTS:
        targets = api.describe_scalable_targets(
            ServiceNamespace="sagemaker", ResourceIds=[resource(ENDPOINT, variant)]
        )["ScalableTargets"]
        policies = api.describe_scaling_policies(ServiceNamespace="sagemaker", ResourceId=resource(ENDPOINT, variant))[
            "ScalingPolicies"
        ]
        tracked = [policy["TargetTrackingScalingPolicyConfiguration"] for policy in policies]
        if targets or tracked:
            (target,) = targets
            found[variant] = (target["MinCapacity"], target["MaxCapacity"], tracked)
    return found


def schedules(hosted: Hosted) -> list[str]:
    """The names of both variants' scheduled actions."""
    api = hosted.cloud.client("application-autoscaling")
    found = [
        api.describe_scheduled_actions(ServiceNamespace="sagemaker", ResourceId=resource(ENDPOINT, variant))
        for variant in VARIANTS
    ]
    return [action["ScheduledActionName"] for described in found for action in described["ScheduledActions"]]
