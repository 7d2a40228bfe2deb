"""Log events are those of the streams that a request means."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.cloud import LocalCloud
from tests.local.sagemaker.workshop import unique

JOBS = ("job-1/algo-1", "job-1/algo-2", "job-10/algo-1")
# DescribeLogStreams answers fifty at a time.
MANY = 60


@pytest.fixture(scope="module")
def logs(local_cloud: LocalCloud) -> Any:
    return local_cloud.client("logs")


@pytest.fixture(scope="module")
def group(logs: Any) -> str:
    """A log group with one event, the stream's name, in each stream."""
    name = f"/test/{unique('logs')}"
    logs.create_log_group(logGroupName=name)
    for stream in (*JOBS, *(f"many/{number}" for number in range(MANY))):
        logs.create_log_stream(logGroupName=name, logStreamName=stream)
        event = {"timestamp": int(time.time() * 1000), "message": stream}
        logs.put_log_events(logGroupName=name, logStreamName=stream, logEvents=[event])
    return name


def read(logs: Any, group: str, **request: Any) -> set[str]:
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, **request)
    return {event["message"] for page in pages for event in page["events"]}


@pytest.mark.parametrize(("prefix", "streams"), [("job-1/", set(JOBS[:2])), ("job-1", set(JOBS)), ("job-2/", set())])
def should_read_the_streams_that_begin_so(logs: Any, group: str, prefix: str, streams: set[str]) -> None:
    assert read(logs, group, logStreamNamePrefix=prefix) == streams


def should_read_every_stream_of_many(logs: Any, group: str) -> None:
    assert len(read(logs, group, logStreamNamePrefix="many/")) == MANY


def should_read_the_streams_that_are_named_or_all(logs: Any, group: str) -> None:
    assert read(logs, group, logStreamNames=[JOBS[0]]) == {JOBS[0]}
    assert read(logs, group) > set(JOBS)


def should_filter_what_it_read(logs: Any, group: str) -> None:
    assert read(logs, group, logStreamNamePrefix="job-1/", filterPattern='"algo-2"') == {JOBS[1]}


def should_refuse_names_beside_a_prefix(logs: Any, group: str) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        logs.filter_log_events(logGroupName=group, logStreamNames=[JOBS[0]], logStreamNamePrefix="job-1/")


def should_say_that_the_group_does_not_exist(logs: Any) -> None:
    with pytest.raises(ClientError, match="does not exist: /test/absent"):
        logs.filter_log_events(logGroupName="/test/absent", logStreamNamePrefix="job-1/")
