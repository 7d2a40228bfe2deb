"""From `make deploy` to predictions, and what runs on the way."""

from __future__ import annotations

import csv
import json
import re
import tarfile
from io import BytesIO
from pathlib import Path

import pytest
import urllib3

from tests.end_to_end.conftest import Ashlar
from tests.end_to_end.packages import latest
from tests.end_to_end.serving import model_servers

PREDICTION = re.compile(r"label +(-1|0|1) +probabilities -1: [\d.]+ +0: [\d.]+ +1: [\d.]+ +variant (\w+)")


def should_end_with_three_predictions(ashlar: Ashlar) -> None:
    assert len(PREDICTION.findall(ashlar.said)) == 3
    assert "model package ashlar-local-reviews-linear/1" in ashlar.said


def should_show_every_step_of_the_pipeline(ashlar: Ashlar) -> None:
    steps = ("Process", "Train-linear", "Train-xgboost", "Evaluate", "Gate-linear", "Gate-xgboost")
    for step in (*steps, "Register-linear", "Register-xgboost"):
        assert re.search(rf"^ +{step} +Succeeded", ashlar.said, re.MULTILINE), step


@pytest.mark.parametrize(
    ("kind", "roles"),
    [
        ("training", {"Train-linear": "training", "Train-xgboost": "training"}),
        ("processing", {"Process": "processing", "Scan": "scan", "Evaluate": "evaluation"}),
    ],
)
def should_run_each_job_as_a_process_without_credentials_under_its_own_role(
    ashlar: Ashlar, kind: str, roles: dict[str, str]
) -> None:
    jobs, processes = ashlar.jobs(kind), ashlar.observer.of(kind)
    assert {step: _role_kind(job["RoleArn"]) for step, job in jobs.items()} == roles
    assert {process.name for process in processes} == {job[f"{kind.capitalize()}JobName"] for job in jobs.values()}
    assert not any(process.has_credentials for process in processes)


def should_serve_each_variant_by_a_process_without_credentials_under_its_own_role(ashlar: Ashlar) -> None:
    servers = ashlar.observer.of("model server")
    assert servers
    assert not any(server.has_credentials for server in servers)
    sagemaker = ashlar.client("sagemaker")
    endpoint = sagemaker.describe_endpoint(EndpointName="ashlar-local-reviews")
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])[
        "ProductionVariants"
    ]
    roles = [sagemaker.describe_model(ModelName=each["ModelName"])["ExecutionRoleArn"] for each in variants]
    assert [_role_kind(role) for role in roles] == ["hosting", "hosting"]
    assert len(set(roles)) == 2
    for variant in endpoint["ProductionVariants"]:
        assert len(model_servers(ashlar, variant["VariantName"])) == variant["CurrentInstanceCount"]


def _role_kind(arn: str) -> str:
    """`arn:aws:iam::…:role/ashlar/local/training/…` -> `training`."""
    return arn.split("/")[3]


def should_write_each_jobs_log(ashlar: Ashlar) -> None:
    logs = ashlar.client("logs")
    for group, jobs in (
        ("ProcessingJobs", ("Process", "Evaluate")),
        ("TrainingJobs", ("Train-linear", "Train-xgboost")),
    ):
        streams = logs.describe_log_streams(logGroupName=f"/aws/sagemaker/{group}")["logStreams"]
        for job in jobs:
            assert any(f"-{job}-" in stream["logStreamName"] for stream in streams), job


def should_parse_each_candidates_metrics_from_its_log(ashlar: Ashlar) -> None:
    jobs = ashlar.jobs("training")
    assert len(jobs) == 2
    for job in jobs.values():
        metrics = job["FinalMetricDataList"]
        assert {m["MetricName"] for m in metrics} == {"validation:macro_f1", "validation:accuracy"}
        assert all(0.5 < m["Value"] < 1 for m in metrics)


def should_evaluate_every_candidate_on_the_same_rows(ashlar: Ashlar) -> None:
    found = re.search(
        r"Evaluate +Succeeded +linear: macro-F1 (0\.\d+), .* on (\d+) rows; xgboost: .* on (\d+) rows", ashlar.said
    )
    assert found
    assert found[2] == found[3]


def should_carry_inference_code_and_no_pickle_in_the_artifact(ashlar: Ashlar) -> None:
    """As the account's root, which no bucket policy stops here, as it would on AWS (docs/local.md)."""
    for candidate in ("linear", "xgboost"):
        url = latest(ashlar, candidate)["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
        bucket, key = url.removeprefix("s3://").split("/", 1)
        body = ashlar.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        with tarfile.open(fileobj=BytesIO(body)) as artifact:
            names = [name.removeprefix("./") for name in artifact.getnames()]
        assert "code/inference.py" in names
        assert {Path(name).suffix for name in names} <= {"", ".py", ".json", ".npy", ".ubj"}


def should_weigh_the_variants_and_register_their_scaling(ashlar: Ashlar) -> None:
    endpoint = ashlar.client("sagemaker").describe_endpoint(EndpointName="ashlar-local-reviews")
    assert endpoint["EndpointStatus"] == "InService"
    assert {v["VariantName"]: v["CurrentWeight"] for v in endpoint["ProductionVariants"]} == {
        "linear": 90,
        "xgboost": 10,
    }
    scaling = ashlar.client("application-autoscaling")
    targets = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert len(targets) == 2


def should_refuse_a_call_that_is_not_signed(ashlar: Ashlar) -> None:
    url = json.loads(ashlar.ops("status", "--json").stdout)["endpoints"]["reviews"]["url"]
    http = urllib3.PoolManager(ca_certs=ashlar.cloud.certificate_authority)
    answer = http.request("POST", url, json={"instances": [{"text": "nice"}]})
    assert answer.status == 401
    assert json.loads(answer.data)["type"] == "urn:problem-type:ashlar:unauthenticated"


def should_answer_every_row_of_a_file_in_its_order(ashlar: Ashlar, tmp_path: Path) -> None:
    source, out = tmp_path / "reviews.csv", tmp_path / "predictions.jsonl"
    with source.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["Title", "Review Text", "Rating"])
        for number in range(300):
            rows.writerow(["", "" if number == 7 else "I love it, it fits perfectly", 5])
    done = ashlar.ops("invoke", "reviews", "--file", str(source), "--out", str(out))
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(lines) == 300
    assert list(lines[7]) == ["error"]
    answered = [line for number, line in enumerate(lines) if number != 7]
    assert {line["label"] for line in answered} <= {-1, 0, 1}
    assert all(abs(sum(line["probabilities"].values()) - 1) < 1e-6 for line in answered)
    assert {line["model_package"].split("/")[0].rsplit("-", 1)[-1] for line in answered} == {"linear", "xgboost"}
    assert "accuracy" in done.stdout
    assert re.search(r"variant xgboost: \d+ requests", done.stdout)


def should_share_the_requests_as_the_variants_are_weighted(ashlar: Ashlar) -> None:
    """300 requests within four standard deviations of 10 %: a fair split misses this once in 16,000 runs."""
    runtime = ashlar.client("sagemaker-runtime")
    body = json.dumps({"instances": [{"text": "nice"}]}).encode()
    answers = [
        runtime.invoke_endpoint(EndpointName="ashlar-local-reviews", ContentType="application/json", Body=body)
        for _ in range(300)
    ]
    xgboost = sum(answer["InvokedProductionVariant"] == "xgboost" for answer in answers)
    deviation = (300 * 0.1 * 0.9) ** 0.5
    assert abs(xgboost - 30) <= 4 * deviation
