"""Application Auto Scaling really scales: instances come and go by metrics, alarms, schedules and bounds."""

from __future__ import annotations

import datetime as dt
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.cloud import ACCOUNT, REGION, LocalCloud, eventually, run_launcher, started
from tests.local.sagemaker.test_endpoints import WAITING, servers_of
from tests.local.sagemaker.workshop import INFERENCE, Json, Workshop, unique
from tests.local.stacks import credentials_of, make_role

# A minute of metrics is a second here, and a cooldown of five minutes is five seconds.
_FACTOR = 60
_TARGET = 10.0


@pytest.fixture(scope="module")
def fast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with started(tmp_path_factory.mktemp("fast-cloud"), "--time-factor", str(_FACTOR)) as cloud:
        bucket = unique("scaling")
        place = {"LocationConstraint": REGION}
        cloud.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
        yield Workshop(cloud, bucket)


@dataclass(frozen=True)
class Scaled:
    """An endpoint with one variant, `only`, and what is asked about its scaling."""

    workshop: Workshop
    endpoint: str

    @cached_property
    def api(self) -> Any:
        return self.workshop.cloud.client("application-autoscaling")

    @cached_property
    def cloudwatch(self) -> Any:
        return self.workshop.cloud.client("cloudwatch")

    @property
    def target(self) -> Json:
        return {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/{self.endpoint}/variant/only",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        }

    def register(self, low: int, high: int, **more: Any) -> None:
        self.api.register_scalable_target(**self.target, MinCapacity=low, MaxCapacity=high, **more)

    def track(self, metric: Json, name: str = "follow", **more: Any) -> Json:
        """Put a target tracking policy; returns the answer."""
        configuration = {"TargetValue": _TARGET, **metric, **more}
        answer: Json = self.api.put_scaling_policy(
            **self.target,
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=configuration,
        )
        return answer

    def set_count(self, count: int) -> None:
        desired = [{"VariantName": "only", "DesiredInstanceCount": count}]
        self.workshop.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=self.endpoint, DesiredWeightsAndCapacities=desired
        )
        self.until(count)

    def count(self) -> int:
        found = self.workshop.sagemaker.describe_endpoint(EndpointName=self.endpoint)
        return int(found["ProductionVariants"][0]["CurrentInstanceCount"]) if _is_steady(found) else -1

    def until(self, count: int) -> None:
        """Wait until the endpoint is InService with so many instances, and as many processes run.

        Both at once: a policy may change the count again between two questions.
        """
        eventually(lambda: self.count() == count == len(servers_of(self.endpoint)), seconds=60)

    def activities(self) -> list[Json]:
        """The activities of the variant that have ended, the newest first."""

        def ended() -> list[Json]:
            found = self.api.describe_scaling_activities(
                ServiceNamespace="sagemaker", ResourceId=self.target["ResourceId"]
            )["ScalingActivities"]
            return found if found and all(a["StatusCode"] != "InProgress" for a in found) else []

        return eventually(ended)

    @contextmanager
    def publishing(self, value: float, name: str = "Load") -> Iterator[None]:
        """Publish a value of the metric again and again, several times in each period."""
        stop = threading.Event()
        datum = {"MetricName": name, "Dimensions": [{"Name": "EndpointName", "Value": self.endpoint}], "Value": value}

        def publish() -> None:
            while not stop.wait(0.2):
                self.cloudwatch.put_metric_data(Namespace="Test", MetricData=[datum])

        with ThreadPoolExecutor(1) as pool:
            publishing = pool.submit(publish)
            try:
                yield
            finally:
                stop.set()
        publishing.result()

    @property
    def load(self) -> Json:
        """The metric that `publishing` publishes."""
        dimensions = [{"Name": "EndpointName", "Value": self.endpoint}]
        metric = {"Namespace": "Test", "MetricName": "Load", "Dimensions": dimensions, "Statistic": "Average"}
        return {"CustomizedMetricSpecification": metric}


def _is_steady(description: Json) -> bool:
    return bool(description["EndpointStatus"] == "InService")


@pytest.fixture
def scaled(fast: Workshop) -> Iterator[Scaled]:
    model = fast.model(fast.role(), "x", script=WAITING)
    endpoint = fast.endpoint(fast.configuration(("only", model, 1)))
    yield Scaled(fast, endpoint)
    fast.sagemaker.delete_endpoint(EndpointName=endpoint)


def should_scale_out_with_the_load_and_in_when_it_has_been_low_for_long(scaled: Scaled) -> None:
    scaled.register(1, 4)
    put = scaled.track(scaled.load, ScaleOutCooldown=3600)  # the load stays as it is
    high, low = sorted(alarm["AlarmName"] for alarm in put["Alarms"])
    assert high.startswith(f"TargetTracking-endpoint/{scaled.endpoint}/variant/only-AlarmHigh-")
    assert low.startswith(f"TargetTracking-endpoint/{scaled.endpoint}/variant/only-AlarmLow-")
    with scaled.publishing(_TARGET * 2.5):
        scaled.until(3)
    assert scaled.activities()[-1]["Description"] == "Setting desired instance count to 3."
    assert scaled.activities()[-1]["StatusCode"] == "Successful"
    assert scaled.activities()[-1]["Cause"] == f"monitor alarm {high} in state ALARM triggered policy follow"
    with scaled.publishing(_TARGET * 0.1):
        scaled.until(1)
        assert [a["StateValue"] for a in _alarms(scaled, [high, low])] == ["OK", "ALARM"]
    assert scaled.activities()[0]["Cause"] == f"monitor alarm {low} in state ALARM triggered policy follow"


def _alarms(scaled: Scaled, names: list[str]) -> list[Json]:
    found = scaled.cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]
    return sorted(found, key=lambda alarm: str(alarm["AlarmName"]))


def should_scale_out_with_the_requests_that_instances_work_on(scaled: Scaled, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    scaled.register(1, 3)
    metric = {"PredefinedMetricType": "SageMakerVariantConcurrentRequestsPerModelHighResolution"}
    scaled.track({"PredefinedMetricSpecification": metric, "TargetValue": 1.0}, ScaleOutCooldown=0)
    with ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(scaled.workshop.invoke, scaled.endpoint, str(gate)) for _ in range(2)]
        with gate.open("w"):  # the requests read until it is closed
            scaled.until(2)
        assert all(request.result()[0]["answer"] == "x" for request in asking)


def should_make_alarms_as_aws_does_and_remove_them_with_the_policy(scaled: Scaled) -> None:
    scaled.register(1, 2)
    metric = {"PredefinedMetricType": "SageMakerVariantConcurrentRequestsPerModelHighResolution"}
    put = scaled.track({"PredefinedMetricSpecification": metric})
    names = [alarm["AlarmName"] for alarm in put["Alarms"]]
    high, low = _alarms(scaled, names)
    assert (high["Period"], high["EvaluationPeriods"], high["Threshold"]) == (10, 3, _TARGET)
    assert (low["Period"], low["EvaluationPeriods"], low["Threshold"]) == (60, 15, _TARGET * 0.9)
    assert high["AlarmActions"] == low["AlarmActions"] == [put["PolicyARN"]]
    assert scaled.track({"PredefinedMetricSpecification": metric}, TargetValue=20.0)["PolicyARN"] == put["PolicyARN"]
    assert [alarm["Threshold"] for alarm in _alarms(scaled, names)] == [20.0, 18.0]
    scaled.track({"PredefinedMetricSpecification": metric}, DisableScaleIn=True)
    assert [alarm["AlarmName"] for alarm in _alarms(scaled, names)] == [high["AlarmName"]]
    scaled.api.delete_scaling_policy(**scaled.target, PolicyName="follow")
    assert _alarms(scaled, names) == []


def should_move_the_capacity_into_the_bounds_of_a_registration(scaled: Scaled) -> None:
    scaled.register(2, 3)
    scaled.until(2)
    scaled.register(1, 1)
    scaled.until(1)
    assert [(a["Description"], a["Cause"]) for a in scaled.activities()] == [
        ("Setting desired instance count to 1.", "maximum capacity was set to 1"),
        ("Setting desired instance count to 2.", "minimum capacity was set to 2"),
    ]


def should_leave_an_endpoint_alone_while_it_is_updated(scaled: Scaled, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    slow = INFERENCE.replace("def model_fn(model_dir):", f"def model_fn(model_dir):\n    open({str(gate)!r}).read()")
    fast = scaled.workshop
    new = fast.configuration(("only", fast.model(fast.role(), "new", script=slow), 1))
    fast.sagemaker.update_endpoint(EndpointName=scaled.endpoint, EndpointConfigName=new)
    with gate.open("w"):  # opens as soon as the new model is being loaded
        scaled.register(1, 1)
        scaled.register(2, 2)
    empty = tmp_path / "empty"
    empty.touch()
    empty.replace(gate)  # what the second instance's model reads
    eventually(lambda: scaled.count() == 2, seconds=60)
    assert [a["StatusCode"] for a in scaled.activities()] == ["Successful"]
    found = fast.sagemaker.describe_endpoint(EndpointName=scaled.endpoint)
    assert found["EndpointConfigName"] == new, found


@pytest.fixture
def asynchronous(fast: Workshop) -> Iterator[Scaled]:
    """An asynchronous endpoint without an instance."""
    configuration, model = unique("config"), fast.model(fast.role(), "x", script=WAITING)
    size = {"InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    fast.sagemaker.create_endpoint_config(
        EndpointConfigName=configuration,
        ProductionVariants=[{"VariantName": "only", "ModelName": model, **size}],
        AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": f"s3://{fast.bucket}/output/"}},
    )
    scaled = Scaled(fast, fast.endpoint(configuration))
    scaled.set_count(0)
    yield scaled
    fast.sagemaker.delete_endpoint(EndpointName=scaled.endpoint)


def should_scale_from_zero_with_a_backlog_and_back_without_one(asynchronous: Scaled) -> None:
    scaled, of_endpoint = asynchronous, [{"Name": "EndpointName", "Value": asynchronous.endpoint}]
    scaled.register(0, 2)
    step = {"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}
    policy = scaled.api.put_scaling_policy(
        **scaled.target,
        PolicyName="from-zero",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [step]},
    )
    alarm = unique("backlog")
    scaled.cloudwatch.put_metric_alarm(
        AlarmName=alarm,
        AlarmActions=[policy["PolicyARN"]],
        Namespace="AWS/SageMaker",
        MetricName="HasBacklogWithoutCapacity",
        Dimensions=of_endpoint,
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    metric = {"Namespace": "AWS/SageMaker", "MetricName": "ApproximateBacklogSizePerInstance"}
    scaled.track({"CustomizedMetricSpecification": {**metric, "Dimensions": of_endpoint, "Statistic": "Average"}})
    location = scaled.workshop.put(f"input/{unique('input')}", '"hello"')
    scaled.workshop.runtime.invoke_endpoint_async(
        EndpointName=scaled.endpoint, InputLocation=location, ContentType="application/json"
    )
    scaled.until(1)
    assert scaled.activities()[-1]["Cause"] == f"monitor alarm {alarm} in state ALARM triggered policy from-zero"
    scaled.until(0)
    assert "-AlarmLow-" in scaled.activities()[0]["Cause"]


def should_set_bounds_at_a_scheduled_time_and_move_the_capacity(scaled: Scaled) -> None:
    scaled.register(1, 1)
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=5)  # more than it takes to ask for it
    scaled.api.put_scheduled_action(
        **scaled.target,
        ScheduledActionName="evening",
        Schedule=f"at({soon:%Y-%m-%dT%H:%M:%S})",
        ScalableTargetAction={"MinCapacity": 2, "MaxCapacity": 3},
    )
    scaled.until(2)
    assert [(a["Description"], a["Cause"]) for a in scaled.activities()] == [
        ("Setting desired instance count to 2.", "minimum capacity was set to 2"),
        ("Setting min capacity to 2 and max capacity to 3", "scheduled action name evening was triggered"),
    ]
    (found,) = scaled.api.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[scaled.target["ResourceId"]]
    )["ScalableTargets"]
    assert (found["MinCapacity"], found["MaxCapacity"]) == (2, 3)


def should_scale_nothing_that_is_suspended(scaled: Scaled) -> None:
    suspended = {"DynamicScalingOutSuspended": True}
    scaled.register(1, 3, SuspendedState=suspended)
    put = scaled.track(scaled.load)
    (high,) = [alarm["AlarmName"] for alarm in put["Alarms"] if "AlarmHigh" in alarm["AlarmName"]]
    with scaled.publishing(_TARGET * 2):
        eventually(lambda: _alarms(scaled, [high])[0]["StateValue"] == "ALARM")
        assert scaled.count() == 1
        scaled.register(1, 3, SuspendedState={"DynamicScalingOutSuspended": False})
        scaled.until(2)


def should_forget_policies_alarms_and_schedules_with_their_target(scaled: Scaled) -> None:
    scaled.register(1, 2)
    names = [alarm["AlarmName"] for alarm in scaled.track(scaled.load)["Alarms"]]
    night = {"Schedule": "cron(0 22 * * ? *)", "ScalableTargetAction": {"MaxCapacity": 1}}
    scaled.api.put_scheduled_action(**scaled.target, ScheduledActionName="night", Timezone="Europe/London", **night)
    of_target = {"ServiceNamespace": "sagemaker", "ResourceId": scaled.target["ResourceId"]}
    assert scaled.api.describe_scheduled_actions(**of_target)["ScheduledActions"][0]["Timezone"] == "Europe/London"
    scaled.api.deregister_scalable_target(**scaled.target)
    assert scaled.api.describe_scaling_policies(**of_target)["ScalingPolicies"] == []
    assert scaled.api.describe_scheduled_actions(**of_target)["ScheduledActions"] == []
    assert _alarms(scaled, names) == []


def should_let_only_who_may_deregister_delete_a_scaled_endpoint(fast: Workshop) -> None:
    name = fast.endpoint(fast.configuration(("only", fast.model(fast.role(), "x"), 1)))
    scaled = Scaled(fast, name)
    scaled.register(1, 2)
    role = make_role(fast.cloud, unique("deleter"), "sts", {"Action": "sagemaker:DeleteEndpoint", "Resource": "*"})
    narrow = fast.cloud.client("sagemaker", credentials_of(fast.cloud, role))
    expected = (
        "An Application AutoScaling scalable target exists for a variant being deleted, and the IAM identity used to "
        "invoke DeleteEndpoint does not have application-autoscaling:DeregisterScalableTarget permission to deregister "
        "the scalable target."
    )
    with pytest.raises(ClientError) as refused:
        narrow.delete_endpoint(EndpointName=name)
    assert refused.value.response["Error"]["Message"] == expected
    fast.sagemaker.delete_endpoint(EndpointName=name)
    listed = scaled.api.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[scaled.target["ResourceId"]]
    )
    assert listed["ScalableTargets"] == []


def should_refuse_what_aws_refuses_and_what_it_would_not_do(scaled: Scaled) -> None:
    with pytest.raises(ClientError, match=r"ObjectNotFoundException.*No scalable target registered"):
        scaled.track(scaled.load)
    with pytest.raises(ClientError, match="Maximum capacity cannot be less than minimum capacity"):
        scaled.register(3, 2)
    elsewhere = {**scaled.target, "ResourceId": "endpoint/nowhere/variant/only"}
    with pytest.raises(ClientError, match="Could not find endpoint"):
        scaled.api.register_scalable_target(**elsewhere, MinCapacity=1, MaxCapacity=2)
    scaled.register(1, 2)
    unknown = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}
    with pytest.raises(ClientError, match="ECSServiceAverageCPUUtilization is not supported by the local cloud"):
        scaled.track(unknown)
    with pytest.raises(ClientError, match="Schedule every day is none of"):
        scaled.api.put_scheduled_action(
            **scaled.target, ScheduledActionName="x", Schedule="every day", ScalableTargetAction={"MinCapacity": 1}
        )


def should_scale_as_the_service_does_whatever_its_caller_may(scaled: Scaled) -> None:
    allowed = {"Action": "application-autoscaling:RegisterScalableTarget", "Resource": "*"}
    role = make_role(scaled.workshop.cloud, unique("registrar"), "sts", allowed)
    narrow = scaled.workshop.cloud.client("application-autoscaling", credentials_of(scaled.workshop.cloud, role))
    narrow.register_scalable_target(**scaled.target, MinCapacity=2, MaxCapacity=2)
    scaled.until(2)


def should_take_as_long_as_it_is_told_to_start_an_instance(tmp_path: Path) -> None:
    with started(tmp_path / "state", "--instance-start-seconds", "1.5") as cloud:
        workshop = _workshop(cloud)
        name = workshop.endpoint(workshop.configuration(("only", workshop.model(workshop.role(), "x"), 1)))
        found = workshop.sagemaker.describe_endpoint(EndpointName=name)
        assert found["LastModifiedTime"] - found["CreationTime"] >= dt.timedelta(seconds=1.5)


def _workshop(cloud: LocalCloud) -> Workshop:
    bucket = unique("slow")
    cloud.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    return Workshop(cloud, bucket)


@pytest.mark.parametrize(
    ("option", "value", "rule"),
    [("--time-factor", "0", "1 or more"), ("--instance-start-seconds", "soon", "0 or more"),
     ("--time-factor", "nan", "1 or more")],
)  # fmt: skip
def should_refuse_a_timing_that_makes_no_sense(tmp_path: Path, option: str, value: str, rule: str) -> None:
    refused = run_launcher("start", option, value, state=tmp_path / "state")
    assert (refused.returncode, refused.stderr.strip()) == (2, f"{option} '{value}': give a number of {rule}.")


def should_show_the_service_linked_role(scaled: Scaled) -> None:
    scaled.register(1, 1)
    (found,) = scaled.api.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[scaled.target["ResourceId"]]
    )["ScalableTargets"]
    assert found["RoleARN"].startswith(
        f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/sagemaker.application-autoscaling"
    )
