"""Before the first job: one execution at a time, and the newest batch."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from .conftest import Asked

PIPELINE = "ashlar-dev-reviews"
NOW = datetime.datetime.now(datetime.UTC)
EVENT: dict[str, Any] = {
    "question": "start",
    "pipeline": PIPELINE,
    "alone": True,
    "manifest": "raw/reviews/1/_READY",
    "bucket": "raw-bucket",
    "prefix": "raw/reviews/",
}


def arn(id: str) -> str:
    return f"arn:aws:sagemaker:eu-west-1:111122223333:pipeline/{PIPELINE}/execution/{id}"


def executions(ask: Asked, *found: tuple[str, str, float], more: bool = False) -> None:
    """ListPipelineExecutions answers these: id, status, minutes ago."""
    summaries = [
        {
            "PipelineExecutionArn": arn(id),
            "PipelineExecutionStatus": status,
            "StartTime": NOW - datetime.timedelta(minutes=minutes),
        }
        for id, status, minutes in found
    ]
    asked = {"PipelineName": PIPELINE, "SortBy": "CreationTime", "SortOrder": "Descending"}
    answer: dict[str, Any] = {"PipelineExecutionSummaries": summaries}
    if more:
        answer["NextToken"] = "more"  # pragma: allowlist secret - a made-up or public value that opens nothing
    ask.sagemaker.add_response("list_pipeline_executions", answer, asked)


def objects(ask: Asked, *found: tuple[str, float]) -> None:
    """ListObjectsV2 answers these: key, minutes ago."""
    contents = [{"Key": key, "LastModified": NOW - datetime.timedelta(minutes=ago)} for key, ago in found]
    asked = {"Bucket": "raw-bucket", "Prefix": "raw/reviews/"}
    ask.s3.add_response("list_objects_v2", {"Contents": contents} if contents else {}, asked)


def should_let_an_execution_go_on_that_runs_alone(ask: Asked) -> None:
    executions(ask, ("own", "Executing", 0), ("old", "Succeeded", 60), ("older", "Failed", 90), ("o", "Stopped", 99))
    assert ask(**EVENT, execution=arn("own")) == {"manifest": "raw/reviews/1/_READY"}


@pytest.mark.parametrize("status", ["Executing", "Stopping"])
def should_refuse_an_execution_while_an_earlier_one_runs_and_name_it(ask: Asked, status: str) -> None:
    executions(ask, ("own", "Executing", 0), ("other", status, 60))
    with pytest.raises(Exception, match=f"Another execution of {PIPELINE} runs since .*: other. One runs at a time"):
        ask(**EVENT, execution=arn("own"))


def should_let_exactly_one_of_two_go_on_that_start_together(ask: Asked) -> None:
    both = [("a", "Executing", 1.0), ("b", "Executing", 1.0)]
    passed = []
    for id in ("a", "b"):
        executions(ask, *both)
        try:
            ask(**EVENT, execution=arn(id))
        except Exception as error:
            assert "One runs at a time" in str(error)
        else:
            passed.append(id)
    assert passed == ["a"]


def should_refuse_none_for_an_execution_that_began_later(ask: Asked) -> None:
    executions(ask, ("later", "Executing", 0), ("own", "Executing", 5))
    assert ask(**EVENT, execution=arn("own"))


def should_refuse_where_its_own_execution_is_not_listed_yet(ask: Asked) -> None:
    executions(ask, ("other", "Executing", 0))
    with pytest.raises(Exception, match="One runs at a time"):
        ask(**EVENT, execution=arn("own"))


def should_look_no_further_back_than_an_execution_can_run(ask: Asked) -> None:
    executions(ask, ("own", "Executing", 0), ("lost", "Executing", 29 * 24 * 60), more=True)
    assert ask(**EVENT, execution=arn("own"))


def should_not_look_at_executions_where_several_may_run(ask: Asked) -> None:
    assert ask(**{**EVENT, "alone": False}, execution=arn("own")) == {"manifest": "raw/reviews/1/_READY"}


def should_find_the_batch_that_was_marked_last(ask: Asked) -> None:
    newest, other = "raw/reviews/a/_READY", "raw/reviews/z/_READY"
    objects(ask, (newest, 5), ("raw/reviews/a/data.csv", 1), (other, 60), ("raw/reviews/x_READY.csv", 0))
    event = {**EVENT, "alone": False, "manifest": "latest"}
    assert ask(**event, execution=arn("own")) == {"manifest": newest}


def should_say_what_to_do_where_there_is_no_batch(ask: Asked) -> None:
    objects(ask)
    with pytest.raises(Exception, match="no batch below s3://raw-bucket/raw/reviews/: upload one"):
        ask(**{**EVENT, "alone": False, "manifest": "latest"}, execution=arn("own"))


def should_refuse_a_question_that_it_does_not_know(ask: Asked) -> None:
    with pytest.raises(ValueError, match="'weather': ask `start` or `champion`"):
        ask(question="weather")
