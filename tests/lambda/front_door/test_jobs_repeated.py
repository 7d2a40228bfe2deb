"""One request for a job, sent more than once: one job, whatever happened to the first."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
from front_door import async_endpoint, job_record, jobs
from front_door.call_errors import DeadlinePassedError, NoModelYetError, UnavailableError, problem_of

from .desk import JSON, Desk, document, opened, refused, started
from .stub_aws import Answer, StubAws

ASKED = "/endpoints/ashlar-local-queued/async-invocations"


def should_start_one_job_for_requests_with_one_key(desk: Desk, aws: StubAws) -> None:
    first, second = started(desk, "key"), started(desk, "key")
    assert document(first) == document(second)
    assert len(aws.called(ASKED)) == 1
    assert document(started(desk, "other key"))["id"] != document(first)["id"]
    assert document(started(desk, "key", client="other"))["id"] != document(first)["id"]
    assert document(started(desk))["id"] != document(started(desk))["id"]


@pytest.mark.parametrize(
    "its", [{"body": b'{"instances": [{"text": "Other"}]}'}, {"headers": {"content-type": "application/jsonlines"}}]
)
def should_refuse_another_request_with_a_key_that_was_used(desk: Desk, aws: StubAws, its: dict[str, Any]) -> None:
    started(desk, "key")
    its.setdefault("headers", JSON)
    if "body" not in its:
        its["body"] = b'{"text": "Fits well."}'
    its["headers"] = {**its["headers"], "idempotency-key": "key"}
    assert refused(desk, started, **its) == (422, "idempotency-mismatch")
    assert len(aws.called(ASKED)) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\tb", " a"])
def should_refuse_a_key_that_is_none(desk: Desk, key: str) -> None:
    assert refused(desk, started, headers=JSON | {"idempotency-key": key}) == (400, "invalid-request")


def should_start_one_job_for_many_requests_at_once(desk: Desk, aws: StubAws) -> None:
    # GIVEN a queue that keeps the first request waiting
    entered, free = threading.Event(), threading.Event()
    results: list[int] = []

    def slow(*arguments: Any, **its: Any) -> Any:
        entered.set()
        assert free.wait(20)
        return async_endpoint.enqueue(*arguments, **its)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "enqueue", slow)
        thread = threading.Thread(target=lambda: results.append(started(desk, "key").status))
        thread.start()
        assert entered.wait(20)
        # WHEN the same request comes again meanwhile THEN it is told to wait
        assert refused(opened(aws), started, "key") == (409, "job-in-progress")
        free.set()
        thread.join()
    assert results == [202]
    assert started(desk, "key").status == 202
    assert len(aws.called(ASKED)) == 1


def should_let_a_request_take_over_from_one_that_was_cut_off(
    desk: Desk, aws: StubAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN a request that died after it had claimed the job and written its input
    def dies(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(jobs, "enqueue", dies)
        started(desk, "key")
    # WHEN it is repeated at once THEN it could still be running; later it is done again
    assert refused(desk, started, "key") == (409, "job-in-progress")
    later = time.time() + job_record.CLAIM_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert started(desk, "key").status == 202
    assert len(aws.called(ASKED)) == 1


def should_be_repeatable_at_once_after_a_failure(desk: Desk, aws: StubAws) -> None:
    missing = json.dumps({"__type": "ValidationError", "message": "Endpoint x of account 1 not found."}).encode()
    aws.failing = lambda asked: Answer(400, missing) if asked.path == ASKED else None
    with pytest.raises(NoModelYetError):
        started(desk, "key")
    aws.failing = lambda _: None
    assert started(desk, "key").status == 202


@pytest.mark.parametrize("failure", [Answer(500), Answer(429, b'{"__type": "ModelNotReadyException"}')])
def should_not_be_repeatable_at_once_where_the_job_may_have_been_queued(
    desk: Desk, aws: StubAws, failure: Answer
) -> None:
    aws.failing = lambda asked: failure if asked.path == ASKED else None
    with pytest.raises(UnavailableError):
        started(desk, "key")
    aws.failing = lambda _: None
    assert refused(desk, started, "key") == (409, "job-in-progress")


def should_not_say_of_jobs_that_twice_is_safe() -> None:
    for error in (UnavailableError("broke"), DeadlinePassedError("late")):
        assert "safe" not in problem_of(error, verbose=False).detail
