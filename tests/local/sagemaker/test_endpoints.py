"""Endpoints: real model servers, traffic by weight, blue/green updates and their failures."""

from __future__ import annotations

import os
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from botocore.exceptions import ClientError

from tests.local.cloud import ACCOUNT, eventually
from tests.local.running import Environment, running
from tests.local.sagemaker.workshop import INFERENCE, Workshop, arn, unique
from tests.local.stacks import make_role

BROKEN = "raise RuntimeError('broken inference.py')"
# A request with a path reads that file to its end: from a pipe, for as long as somebody holds it open.
WAITING = """
import json
def model_fn(model_dir): return json.load(open(model_dir + "/model.json"))
def predict_fn(data, model):
    if data.startswith("/"):
        open(data).read()
    return {"answer": model["answer"]}
"""


def _serving(workshop: Workshop, answer: str = "blue") -> tuple[str, str]:
    """An endpoint with one variant, `only`, and the role of its model."""
    role = workshop.role()
    return workshop.endpoint(workshop.configuration(("only", workshop.model(role, answer), 1))), role


def should_answer_with_the_variant_that_served(workshop: Workshop) -> None:
    role = workshop.role()
    a, b = workshop.model(role, "a"), workshop.model(role, "b")
    endpoint = workshop.endpoint(workshop.configuration(("linear", a, 90), ("xgboost", b, 10)))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: workshop.invoke(endpoint), range(300)))
    shares = Counter(variant for _, variant in answers)
    assert all(prediction["answer"] == {"linear": "a", "xgboost": "b"}[variant] for prediction, variant in answers)
    assert abs(shares["linear"] - 270) <= 3 * (300 * 0.9 * 0.1) ** 0.5
    assert workshop.invoke(endpoint, TargetVariant="xgboost")[1] == "xgboost"
    described = workshop.sagemaker.describe_endpoint(EndpointName=endpoint)["ProductionVariants"]
    assert [(v["VariantName"], v["CurrentWeight"], v["CurrentInstanceCount"]) for v in described] == [
        ("linear", 90.0, 1),
        ("xgboost", 10.0, 1),
    ]


def should_run_model_servers_with_credentials_of_the_models_role(workshop: Workshop) -> None:
    endpoint, role = _serving(workshop)
    (server,) = servers_of(endpoint)
    variables = server.environ()
    credentials = {
        "AccessKeyId": variables["AWS_ACCESS_KEY_ID"],
        "SecretAccessKey": variables["AWS_SECRET_ACCESS_KEY"],
        "SessionToken": variables["AWS_SESSION_TOKEN"],
    }
    identity = workshop.cloud.client("sts", credentials).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.rsplit('/', 1)[-1]}/{endpoint}"


def should_leave_no_process_after_deletion(workshop: Workshop) -> None:
    endpoint, _ = _serving(workshop)
    assert servers_of(endpoint)
    workshop.sagemaker.delete_endpoint(EndpointName=endpoint)
    assert not servers_of(endpoint)
    with pytest.raises(ClientError, match="Could not find endpoint"):
        workshop.sagemaker.describe_endpoint(EndpointName=endpoint)
    with pytest.raises(ClientError, match=f"Endpoint {endpoint} of account {ACCOUNT} not found"):
        workshop.invoke(endpoint)


def should_keep_the_old_fleet_answering_when_the_new_one_is_broken(workshop: Workshop) -> None:
    endpoint, role = _serving(workshop)
    before = workshop.sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    broken = workshop.configuration(("only", workshop.model(role, "green", script=BROKEN), 1))
    workshop.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=broken)
    found = workshop.settled(endpoint)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", before)
    reason = "The primary container for production variant only did not pass the ping health check."
    assert found["FailureReason"].startswith(reason)
    assert "broken inference.py" in found["FailureReason"]
    assert workshop.invoke(endpoint)[0]["answer"] == "blue"
    assert len(servers_of(endpoint)) == 1


def should_fail_a_creation_whose_container_is_broken(workshop: Workshop) -> None:
    name, model = unique("endpoint"), workshop.model(workshop.role(), "x", script=BROKEN)
    workshop.sagemaker.create_endpoint(
        EndpointName=name, EndpointConfigName=workshop.configuration(("only", model, 1))
    )  # fmt: skip
    found = workshop.settled(name)
    assert found["EndpointStatus"] == "Failed"
    assert "ping health check" in found["FailureReason"]
    assert not servers_of(name)


def should_fail_with_access_denied_when_the_models_role_may_not_read_the_model(workshop: Workshop) -> None:
    name, model = unique("endpoint"), workshop.model(workshop.role(actions=("logs:*",)), "x")
    workshop.sagemaker.create_endpoint(
        EndpointName=name, EndpointConfigName=workshop.configuration(("only", model, 1))
    )  # fmt: skip
    assert "AccessDenied" in workshop.settled(name)["FailureReason"]


def should_lose_no_request_while_the_traffic_moves(workshop: Workshop) -> None:
    endpoint, role = _serving(workshop)
    green = workshop.configuration(("only", workshop.model(role, "green"), 1))
    stop = threading.Event()
    answers: Counter[str] = Counter()

    def ask() -> None:
        while not stop.is_set():
            answers[workshop.invoke(endpoint)[0]["answer"]] += 1

    with ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(ask) for _ in range(3)]
        try:
            workshop.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=green)
            assert workshop.settled(endpoint)["EndpointConfigName"] == green
            eventually(lambda: answers["green"])
        finally:
            stop.set()
    for future in asking:
        future.result()
    assert answers["blue"] and answers["green"]


def should_let_a_request_finish_on_the_old_fleet(workshop: Workshop, tmp_path: Path) -> None:
    role, gate = workshop.role(), tmp_path / "gate"
    os.mkfifo(gate)
    blue = workshop.model(role, "blue", script=WAITING)
    endpoint = workshop.endpoint(workshop.configuration(("only", blue, 1)))
    green = workshop.configuration(("only", workshop.model(role, "green"), 1))
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(workshop.invoke, endpoint, str(gate))
        with gate.open("w"):  # opens as soon as the model reads
            workshop.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=green)
            eventually(lambda: workshop.invoke(endpoint)[0]["answer"] == "green")
            assert not pending.done()
        assert pending.result()[0]["answer"] == "blue"
    assert workshop.settled(endpoint)["EndpointStatus"] == "InService"


def should_return_to_the_old_fleet_when_an_alarm_goes_off(workshop: Workshop) -> None:
    endpoint, role = _serving(workshop)
    before = workshop.sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    alarm, cloudwatch = unique("alarm"), workshop.cloud.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=alarm,
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
    )
    deployment = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0},
            "TerminationWaitInSeconds": 0,
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": alarm}]},
    }
    green = workshop.configuration(("only", workshop.model(role, "green"), 1))
    for state, expected in (("ALARM", "blue"), ("OK", "green")):
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue=state, StateReason="the test says so")
        workshop.sagemaker.update_endpoint(
            EndpointName=endpoint, EndpointConfigName=green, DeploymentConfig=deployment
        )  # fmt: skip
        found = workshop.settled(endpoint)
        assert (found["EndpointStatus"], found.get("FailureReason")) == ("InService", None)
        assert found["EndpointConfigName"] == (before if expected == "blue" else green)
        assert workshop.invoke(endpoint)[0]["answer"] == expected


def should_end_an_update_by_deletion(workshop: Workshop) -> None:
    endpoint, role = _serving(workshop)
    slow = INFERENCE.replace("def model_fn(model_dir):", "import time\ndef model_fn(model_dir):\n    time.sleep(60)")
    green = workshop.configuration(("only", workshop.model(role, "green", script=slow), 1))
    workshop.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=green)
    eventually(lambda: len(servers_of(endpoint)) == 2)
    workshop.sagemaker.delete_endpoint(EndpointName=endpoint)
    assert not servers_of(endpoint)


def should_keep_weights_and_counts_that_an_update_retains(workshop: Workshop) -> None:
    role = workshop.role()
    a, b = workshop.model(role, "a"), workshop.model(role, "b")
    endpoint = workshop.endpoint(workshop.configuration(("one", a, 1), ("two", b, 1)))
    desired = [{"VariantName": "one", "DesiredWeight": 5.0, "DesiredInstanceCount": 2}]
    workshop.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint, DesiredWeightsAndCapacities=desired
    )  # fmt: skip
    workshop.settled(endpoint)
    assert len(servers_of(endpoint)) == 3
    workshop.sagemaker.update_endpoint(
        EndpointName=endpoint,
        EndpointConfigName=workshop.configuration(("one", b, 1), ("two", a, 1)),
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredWeight"}],
    )
    one = workshop.settled(endpoint)["ProductionVariants"][0]
    assert (one["CurrentInstanceCount"], one["CurrentWeight"]) == (2, 1.0)


def should_pass_on_what_the_container_answers(workshop: Workshop) -> None:
    endpoint, _ = _serving(workshop)
    with pytest.raises(ClientError) as raised:
        workshop.invoke(endpoint, "raise")
    assert raised.value.response["Error"]["Code"] == "ModelError"
    assert raised.value.response["OriginalStatusCode"] == 500
    assert "no such review" in raised.value.response["OriginalMessage"]
    with pytest.raises(ClientError, match=r"client error \(415\)"):
        workshop.runtime.invoke_endpoint(EndpointName=endpoint, Body=b"x", ContentType="image/png")
    assert "ValueError: no such review" in eventually_logged(workshop, endpoint)


def should_start_another_model_server_where_one_died(workshop: Workshop) -> None:
    endpoint, _ = _serving(workshop)
    (server,) = servers_of(endpoint)
    with pytest.raises(ClientError, match="ModelError"):
        workshop.invoke(endpoint, "crash")  # the request that it works on is lost
    assert eventually(lambda: _answered(workshop, endpoint)) == "blue"
    (other,) = servers_of(endpoint)
    assert other.pid != server.pid
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    line = "The model server ended by itself with status 3; another one starts now."
    eventually(lambda: line in workshop.log(group))


def should_answer_from_the_other_instances_while_one_is_dead(workshop: Workshop) -> None:
    role = workshop.role()
    # What dies once does not come back: it waits for a file that nobody writes.
    script = INFERENCE.replace(
        "def model_fn(model_dir):",
        "import time\ndef model_fn(model_dir):\n    while os.path.exists(model_dir + '/died'): time.sleep(0.1)",
    ).replace("os._exit(3)", "(open('died', 'w'), os._exit(3))")
    endpoint = workshop.endpoint(workshop.configuration(("only", workshop.model(role, "blue", script=script), 1)))
    desired = [{"VariantName": "only", "DesiredInstanceCount": 2}]
    workshop.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint, DesiredWeightsAndCapacities=desired
    )  # fmt: skip
    workshop.settled(endpoint)
    with pytest.raises(ClientError, match="ModelError"):
        workshop.invoke(endpoint, "crash")
    assert {workshop.invoke(endpoint)[0]["answer"] for _ in range(20)} == {"blue"}


def _answered(workshop: Workshop, endpoint: str) -> str | None:
    """A prediction, once there is one."""
    try:
        return str(workshop.invoke(endpoint)[0]["answer"])
    except ClientError:
        return None


def should_leave_invocations_out_of_the_trail(workshop: Workshop) -> None:
    endpoint, _ = _serving(workshop)
    workshop.invoke(endpoint)
    trail = workshop.cloud.client("cloudtrail")

    def events(name: str) -> list[object]:
        wanted = [{"AttributeKey": "EventName", "AttributeValue": name}]
        found: list[object] = trail.lookup_events(LookupAttributes=wanted)["Events"]
        return found

    assert events("CreateEndpoint") and not events("InvokeEndpoint")


def should_authorise_an_invocation_on_the_endpoint_in_lower_case(workshop: Workshop) -> None:
    role = workshop.role()
    name = f"Mixed-{unique('Case')}"
    workshop.sagemaker.create_endpoint(
        EndpointName=name, EndpointConfigName=workshop.configuration(("only", workshop.model(role, "x"), 1))
    )  # fmt: skip
    workshop.settled(name)
    resource = f"arn:aws:sagemaker:*:{ACCOUNT}:endpoint/{name.lower()}"
    caller = make_role(
        workshop.cloud, unique("caller"), "sts", {"Action": "sagemaker:InvokeEndpoint", "Resource": resource}
    )
    credentials = workshop.cloud.client("sts").assume_role(RoleArn=caller, RoleSessionName="caller")["Credentials"]
    client = workshop.cloud.client("sagemaker-runtime", credentials)
    client.invoke_endpoint(EndpointName=name, Body=b"1", ContentType="application/json")
    other, _ = _serving(workshop)
    with pytest.raises(ClientError, match="AccessDenied"):
        client.invoke_endpoint(EndpointName=other, Body=b"1", ContentType="application/json")


def should_authorise_an_update_on_the_configuration_too(workshop: Workshop) -> None:
    endpoint, role = _serving(workshop)
    green = workshop.configuration(("only", workshop.model(role, "green"), 1))
    allowed = {"Action": "sagemaker:UpdateEndpoint", "Resource": arn(f"endpoint/{endpoint}")}
    caller = make_role(workshop.cloud, unique("caller"), "sts", allowed)
    credentials = workshop.cloud.client("sts").assume_role(RoleArn=caller, RoleSessionName="caller")["Credentials"]
    client = workshop.cloud.client("sagemaker", credentials)
    with pytest.raises(ClientError, match=f"AccessDenied.*endpoint-config/{green}"):
        client.update_endpoint(EndpointName=endpoint, EndpointConfigName=green)


def should_refuse_what_it_would_not_do(workshop: Workshop) -> None:
    endpoint, role = _serving(workshop)
    model = workshop.model(role, "x")
    rolling = {
        "RollingUpdatePolicy": {
            "MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1},
            "WaitIntervalInSeconds": 60,
        }
    }
    with pytest.raises(ClientError, match="RollingUpdatePolicy is not supported by the local cloud"):
        workshop.sagemaker.update_endpoint(
            EndpointName=endpoint,
            EndpointConfigName=workshop.configuration(("only", model, 1)),
            DeploymentConfig=rolling,
        )
    with pytest.raises(ClientError, match="same production variants"):
        workshop.sagemaker.update_endpoint(
            EndpointName=endpoint, EndpointConfigName=workshop.configuration(("renamed", model, 1))
        )
    with pytest.raises(ClientError, match="ManagedInstanceScaling"):
        variant = {
            "VariantName": "v",
            "ModelName": model,
            "ManagedInstanceScaling": {"Status": "ENABLED", "MinInstanceCount": 1, "MaxInstanceCount": 2},
        }
        workshop.sagemaker.create_endpoint_config(EndpointConfigName=unique("c"), ProductionVariants=[variant])


def should_record_scaling_targets_and_policies(workshop: Workshop) -> None:
    endpoint, _ = _serving(workshop)
    scaling = workshop.cloud.client("application-autoscaling")
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/only",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=4)
    metric = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
    scaling.put_scaling_policy(
        **target,
        PolicyName="follow",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 10.0, "PredefinedMetricSpecification": metric},
    )
    found = scaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=[target["ResourceId"]])
    assert found["ScalableTargets"][0]["MaxCapacity"] == 4
    policies = scaling.describe_scaling_policies(ServiceNamespace="sagemaker", ResourceId=target["ResourceId"])
    assert [policy["PolicyName"] for policy in policies["ScalingPolicies"]] == ["follow"]
    scaling.delete_scaling_policy(**target, PolicyName="follow")
    scaling.deregister_scalable_target(**target)


def eventually_logged(workshop: Workshop, endpoint: str) -> str:
    """The endpoint's log, once it has anything."""
    return eventually(lambda: workshop.log(f"/aws/sagemaker/Endpoints/{endpoint}"))


def servers_of(endpoint: str) -> list[psutil.Process]:
    """The endpoint's model servers, by the folder that they serve from."""

    def matches(command: list[str], _environment: Environment) -> bool:
        text = " ".join(command)
        return "model_server.py" in text and f"/{endpoint}-" in text

    return running(matches)
