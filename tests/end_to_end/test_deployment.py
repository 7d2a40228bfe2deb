"""A deployment after a release changes the template and leaves what is released alone."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import ROOT
from tests.end_to_end.conftest import Ashlar
from tests.end_to_end.releases import STACK, parameters, status


def should_keep_what_is_released_when_the_template_changes(ashlar: Ashlar, tmp_path: Path) -> None:
    # GIVEN a released endpoint, and a configuration with another latency limit
    released = parameters(ashlar)
    assert "none" not in released.values()
    # WHEN it is deployed with the genuine CLI
    synthesize(tmp_path / "cdk.out", latency_ms=1234)
    cdk = [str(ROOT / ".venv/bin/node"), "node_modules/aws-cdk/bin/cdk"]
    done = ashlar.exec(
        *cdk, "deploy", STACK, "--exclusively", "--app", str(tmp_path / "cdk.out"), "--require-approval=never"
    )
    assert done.returncode == 0, done.stderr
    # THEN the template is new, and the packages and the endpoint are as before
    alarms = ashlar.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert {a["Threshold"] for a in alarms if a["MetricName"] == "ModelLatency"} == {1_234_000}
    assert parameters(ashlar) == released
    assert status(ashlar) == "UPDATE_COMPLETE"
    body = json.dumps({"instances": [{"text": "nice"}]}).encode()
    answer = ashlar.client("sagemaker-runtime").invoke_endpoint(
        EndpointName="ashlar-local-reviews", ContentType="application/json", Body=body
    )
    assert json.loads(answer["Body"].read())["model_package"] in released.values()


def synthesize(outdir: Path, *, latency_ms: float) -> None:
    """The environment `local` with this limit."""
    from aws_cdk import App

    from app import compose
    from config import load_environment

    platform = load_environment("local")
    endpoint = platform.endpoints["reviews"]
    alarms = endpoint.rollout.alarms.model_copy(update={"p99_latency_ms": latency_ms})
    changed = endpoint.model_copy(update={"rollout": endpoint.rollout.model_copy(update={"alarms": alarms})})
    app = App(outdir=str(outdir), context=json.loads((ROOT / "cdk.json").read_text())["context"])
    compose(app, platform.model_copy(update={"endpoints": {"reviews": changed}}))
    app.synth()
