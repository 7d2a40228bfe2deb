"""What is logged of a request: one line, in CloudWatch's embedded metric format, and nothing of any body."""

import json
import time
from typing import Any

import pytest

from .door import VALID, Door, caller, environment, started
from .stub_runtime import Reply, StubRuntime, error

SAID = b'{"__type": "ModelError", "OriginalStatusCode": 500, "OriginalMessage": "Fits well."}'


def logged(capsys: pytest.CaptureFixture[str]) -> tuple[str, dict[str, Any]]:
    (line,) = capsys.readouterr().out.splitlines()
    return line, json.loads(line)


@pytest.mark.parametrize(
    ("reply", "status", "variant"),
    [(None, 200, "linear"), (Reply(424, SAID), 502, None), (error("ValidationError", 400, "not found"), 500, None)],
)
def should_log_one_line_without_the_body(
    door: Door,
    runtime: StubRuntime,
    capsys: pytest.CaptureFixture[str],
    reply: Reply | None,
    status: int,
    variant: str | None,
) -> None:
    runtime.always = reply

    door.send()

    line, entry = logged(capsys)
    assert entry.pop("latency_ms") > 0
    assert entry.pop("overhead_ms") > 0
    assert ("traceback" in entry) == (status >= 500)
    entry.pop("traceback", None)
    assert entry == {
        "level": "INFO" if status < 500 else "ERROR",
        "message": "request",
        "request_id": "gateway-id",
        "client": "applications",
        "route": "POST /endpoints/{endpoint}/predictions",
        "endpoint": "reviews",
        "instances": 2,
        "variant": variant,
        "status": status,
        "errors": int(status >= 500),
    }
    assert not any(instance["text"] in line for instance in VALID["instances"] if instance["text"])


def should_say_nothing_of_what_a_caller_made_up(door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    """What a stranger invents must not become a dimension of a metric."""
    door.send(pathParameters={"endpoint": "invented"}, **caller("nobody"))

    line, entry = logged(capsys)
    assert (entry["client"], entry["endpoint"], entry["status"], entry["errors"]) == (None, None, 404, 0)
    assert "invented" not in line


@pytest.mark.parametrize(
    ("reply", "dimensions", "metrics"),
    [
        (None, [["endpoint"], ["endpoint", "variant"]], ["latency_ms", "overhead_ms", "errors"]),
        (Reply(424, SAID), [["endpoint"]], ["latency_ms", "overhead_ms", "errors"]),
    ],
)
def should_write_metrics_by_endpoint_and_variant(
    runtime: StubRuntime,
    capsys: pytest.CaptureFixture[str],
    reply: Reply | None,
    dimensions: list[list[str]],
    metrics: list[str],
) -> None:
    runtime.always = reply
    before = time.time_ns() // 1_000_000
    with started(environment(runtime.url) | {"METRICS_NAMESPACE": "ashlar-dev"}) as door:
        door.send()

    _, entry = logged(capsys)
    assert before <= entry["_aws"]["Timestamp"] <= time.time_ns() // 1_000_000
    (directive,) = entry["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "ashlar-dev"
    assert directive["Dimensions"] == dimensions
    assert [metric["Name"] for metric in directive["Metrics"]] == metrics
    # The format wants each dimension and each metric as a member of the same line.
    assert all(isinstance(entry[name], str) for names in dimensions for name in names)
    assert all(isinstance(entry[name], int | float) for name in metrics)


def should_count_no_latency_where_no_model_was_called(runtime: StubRuntime, capsys: pytest.CaptureFixture[str]) -> None:
    with started(environment(runtime.url) | {"METRICS_NAMESPACE": "ashlar-dev"}) as door:
        door.send([])

    _, entry = logged(capsys)
    (directive,) = entry["_aws"]["CloudWatchMetrics"]
    assert [metric["Name"] for metric in directive["Metrics"]] == ["overhead_ms", "errors"]


def should_write_no_metrics_of_an_endpoint_that_is_none(
    runtime: StubRuntime, capsys: pytest.CaptureFixture[str]
) -> None:
    with started(environment(runtime.url) | {"METRICS_NAMESPACE": "ashlar-dev"}) as door:
        door.send(pathParameters={"endpoint": "invented"})

    assert "_aws" not in logged(capsys)[1]
