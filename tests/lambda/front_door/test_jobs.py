"""Asynchronous inference from the caller's side: uploads, jobs, what becomes of them, and who may see them."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from front_door import async_endpoint, jobs
from front_door.call_errors import CallRefusedError, UnavailableError
from front_door.problems import Problem

from .desk import BODY, JSON, Desk, document, opened, refused, shown, started
from .door import CREDENTIALS, REGION
from .stub_aws import BUCKET, Answer, StubAws, running

ASKED = "/endpoints/ashlar-local-queued/async-invocations"
INPUT = "async/ashlar-local-queued/input/shop/"
UPLOAD = b'{"content_type": "application/jsonlines", "bytes": 20000000}'


def should_put_the_body_where_sagemaker_reads_it_and_queue_it(desk: Desk, aws: StubAws) -> None:
    response = started(desk)

    job = document(response)
    assert response.status == 202
    # Right with a stage before the path and without.
    for before in ("https://x.test/v1", "https://api.x.test"):
        found = urljoin(f"{before}/endpoints/queued/jobs?upload=x", response.headers["Location"])
        assert found == f"{before}/jobs/{job['id']}"
    assert (job["endpoint"], job["status"]) == ("queued", "pending")
    assert aws.objects[f"{INPUT}{job['id']}"] == (BODY, "application/json")
    (asked,) = aws.called(ASKED)
    given = {name.removeprefix("x-amzn-sagemaker-"): value for name, value in asked.headers.items()}
    assert given["inputlocation"] == f"s3://{BUCKET}/{INPUT}{job['id']}"
    assert (given["content-type"], given["accept"]) == ("application/json", "application/json")
    assert given["inference-id"] == job["id"]
    assert (given["requestttlseconds"], given["invocationtimeoutseconds"]) == ("21600", "3600")


def should_tell_that_a_job_is_pending_until_there_is_an_answer(desk: Desk, aws: StubAws) -> None:
    id = document(started(desk))["id"]
    pending = shown(desk, id)
    assert document(pending)["status"] == "pending"
    assert pending.headers["Retry-After"]

    aws.objects["async/ashlar-local-queued/output/1.out"] = (b'{"predictions": [1]}', "application/json")
    job = document(shown(desk, id))

    assert job["status"] == "succeeded"
    assert job["finished_at"] == "2026-11-21T10:00:00Z"
    assert (job["result"]["bytes"], job["result"]["content_type"]) == (20, "application/json")
    assert urlsplit(job["result"]["url"]).path == f"/{BUCKET}/async/ashlar-local-queued/output/1.out"


def should_lend_links_for_a_quarter_of_an_hour_as_botocore_signs_them(desk: Desk, aws: StubAws) -> None:
    link = document(desk.ask(jobs.upload, body=UPLOAD))
    assert link["method"] == "PUT"
    left = datetime.fromisoformat(link["expires_at"]).timestamp() - time.time()
    assert 890 < left <= 900

    given = {name: value for name, (value,) in parse_qs(urlsplit(link["url"]).query).items()}
    assert given["X-Amz-Expires"] == "900"
    assert given["X-Amz-SignedHeaders"] == "content-length;content-type;host;if-none-match"
    again = AWSRequest("PUT", link["url"].partition("?")[0], headers=link["headers"])
    again.context["timestamp"] = given["X-Amz-Date"]
    signer = S3SigV4QueryAuth(Credentials(*CREDENTIALS.values()), "s3", REGION, expires=900)
    signer._modify_request_before_signing(again)
    canonical = signer.canonical_request(again)
    assert signer.signature(signer.string_to_sign(again, canonical), again) == given["X-Amz-Signature"]


def should_queue_what_was_uploaded_with_the_type_it_came_with(desk: Desk, aws: StubAws) -> None:
    id = document(desk.ask(jobs.upload, body=UPLOAD))["id"]
    aws.objects[f"{INPUT}{id}"] = (b'{"text": "Lovely"}\n', "application/jsonlines")

    response = started(desk, query={"upload": id}, body=b"", headers={})

    assert response.status == 202
    (asked,) = aws.called(ASKED)
    assert asked.headers["x-amzn-sagemaker-inputlocation"] == f"s3://{BUCKET}/{INPUT}{id}"
    assert asked.headers["x-amzn-sagemaker-content-type"] == "application/jsonlines"


@pytest.mark.parametrize("upload", ["0" * 32, "../other/" + "0" * 32, "", "x"])
def should_not_know_an_upload_that_nobody_made(desk: Desk, aws: StubAws, upload: str) -> None:
    assert refused(desk, started, query={"upload": upload}, body=b"", headers={}) == (404, "unknown-upload")
    assert aws.asked == [] or upload == "0" * 32
    assert not aws.called(ASKED)


def should_not_take_an_upload_of_another_client_or_endpoint(desk: Desk, aws: StubAws) -> None:
    id = document(desk.ask(jobs.upload, body=UPLOAD))["id"]
    aws.objects[f"{INPUT}{id}"] = (b"{}", "application/json")
    for its in ({"client": "stranger"}, {"path": {"endpoint": "other"}}):
        assert refused(desk, started, query={"upload": id}, body=b"", headers={}, **its) == (404, "unknown-upload")


def should_not_take_an_upload_that_came_with_a_type_which_the_model_cannot_read(desk: Desk, aws: StubAws) -> None:
    id = document(desk.ask(jobs.upload, body=UPLOAD))["id"]
    aws.objects[f"{INPUT}{id}"] = (b"a=b", "application/x-www-form-urlencoded")
    problem = (415, "unsupported-content-type")
    assert refused(desk, started, query={"upload": id}, body=b"", headers={}) == problem
    assert not aws.called(ASKED)


@pytest.mark.parametrize(("size", "fits"), [(1000, True), (1001, False)])
def should_hold_an_upload_to_the_size_that_is_declared(desk: Desk, size: int, fits: bool) -> None:
    body = json.dumps({"content_type": "image/png", "bytes": size}).encode()
    asked: dict[str, Any] = {"path": {"endpoint": "photos"}, "body": body}
    if fits:
        assert desk.ask(jobs.upload, **asked).status == 201
        return
    with pytest.raises(Problem) as caught:
        desk.ask(jobs.upload, **asked)
    assert (caught.value.kind.name, caught.value.pointer) == ("body-too-large", "/bytes")
    assert "the limit is 1000" in caught.value.detail


def should_say_where_a_body_goes_that_is_too_large(desk: Desk) -> None:
    with pytest.raises(Problem) as caught:
        started(desk, body=b" " * 4_500_001)
    assert caught.value.kind.name == "body-too-large"
    assert "POST /endpoints/queued/uploads" in caught.value.detail


def should_take_no_body_besides_an_upload(desk: Desk) -> None:
    assert refused(desk, started, query={"upload": "0" * 32}) == (400, "invalid-request")


@pytest.mark.parametrize(
    ("body", "problem", "pointer"),
    [
        (b"", (400, "invalid-body"), ""),
        (b"[]", (400, "invalid-body"), ""),
        (b'{"content_type": "application/json", "bytes": 1, "bytes": 2}', (400, "invalid-body"), ""),
        (b'{"content_type": "application/json"}', (400, "invalid-body"), ""),
        (b'{"content_type": 1, "bytes": 1}', (400, "invalid-body"), "/content_type"),
        (b'{"content_type": "a\\nb", "bytes": 1}', (400, "invalid-body"), "/content_type"),
        (b'{"content_type": "application/json", "bytes": 0}', (400, "invalid-body"), "/bytes"),
        (b'{"content_type": "application/json", "bytes": true}', (400, "invalid-body"), "/bytes"),
        (b'{"content_type": "application/json", "bytes": 1073741825}', (413, "body-too-large"), "/bytes"),
        (b'{"content_type": "image/png", "bytes": 1}', (415, "unsupported-content-type"), None),
    ],
)
def should_say_what_is_wrong_with_a_request_for_an_upload(
    desk: Desk, body: bytes, problem: tuple[int, str], pointer: str | None
) -> None:
    with pytest.raises(Problem) as caught:
        desk.ask(jobs.upload, body=body)
    assert (caught.value.kind.status, caught.value.kind.name) == problem
    assert caught.value.pointer == pointer


def should_check_a_body_before_anything_is_written(desk: Desk, aws: StubAws) -> None:
    assert refused(desk, started, body=b'{"instances": [{"txt": 1}]}') == (400, "invalid-body")
    assert refused(desk, started, headers={"content-type": "image/png"}) == (415, "unsupported-content-type")
    assert aws.asked == []


def should_pass_on_any_bytes_to_an_endpoint_that_declares_nothing(desk: Desk, aws: StubAws) -> None:
    started(desk, path={"endpoint": "bytes"}, body=b"\x00", headers={"content-type": "image/png", "accept": "text/csv"})
    (asked,) = aws.called("/endpoints/ashlar-local-bytes/")
    assert asked.headers["x-amzn-sagemaker-content-type"] == "image/png"
    assert asked.headers["x-amzn-sagemaker-accept"] == "text/csv"


@pytest.mark.parametrize("handler", [jobs.create, jobs.upload])
def should_send_callers_of_other_endpoints_to_predictions(desk: Desk, handler: Any) -> None:
    with pytest.raises(Problem) as caught:
        desk.ask(handler, path={"endpoint": "reviews"}, body=BODY, headers=JSON)
    assert (caught.value.kind.status, caught.value.kind.name) == (409, "not-asynchronous")


def should_not_let_the_caller_choose_a_variant(desk: Desk) -> None:
    assert refused(desk, started, headers=JSON | {"x-target-variant": "linear"}) == (400, "invalid-request")


def should_hide_jobs_from_other_clients_and_from_who_lost_the_grant(desk: Desk) -> None:
    id = document(started(desk))["id"]
    assert shown(desk, id).status == 200
    assert refused(desk, shown, id, client="stranger") == (404, "unknown-job")
    assert refused(desk, shown, id, granted=["other"]) == (404, "unknown-job")
    assert refused(desk, shown, id, client=None) == (404, "unknown-job")


@pytest.mark.parametrize("id", ["0" * 32, "", "x", f"{'0' * 32}/../x", "../" + "0" * 32])
def should_not_know_a_job_that_nobody_started(desk: Desk, id: str) -> None:
    assert refused(desk, shown, id) == (404, "unknown-job")


def should_know_no_jobs_where_no_endpoint_takes_any(aws: StubAws) -> None:
    assert refused(opened(aws, JOBS_BUCKET=""), shown, "0" * 32) == (404, "unknown-job")


@pytest.mark.parametrize(("verbose", "told"), [(True, "no such review"), (False, "Report the request id")])
def should_tell_that_a_job_failed_and_the_models_words_only_where_they_may_be_told(
    aws: StubAws, verbose: bool, told: str
) -> None:
    desk = opened(aws, verbose_errors=verbose)
    id = document(started(desk))["id"]
    aws.objects["async/ashlar-local-queued/failure/1.out"] = (b"ValueError: no such review", "text/plain")

    job = document(shown(desk, id))

    assert job["status"] == "failed"
    assert job["failure"]["type"].endswith(":model-failed")
    assert told in job["failure"]["detail"]
    assert ("no such review" in json.dumps(job)) is verbose


def should_give_a_job_up_when_no_answer_can_come_any_more(
    desk: Desk, aws: StubAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = document(started(desk))["id"]
    longest = async_endpoint.QUEUE_SECONDS + async_endpoint.WORK_SECONDS
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + longest)
    assert document(shown(desk, id))["status"] == "pending"
    monkeypatch.setattr(time, "time", lambda: now + longest + 600)
    assert document(shown(desk, id))["failure"]["type"].endswith(":deadline-passed")


def should_not_show_a_job_that_was_never_queued(desk: Desk, aws: StubAws) -> None:
    aws.failing = lambda asked: Answer(500) if asked.path == ASKED else None
    with pytest.raises(UnavailableError):
        started(desk, "key")
    (id,) = (key.rpartition("/")[2] for key in aws.objects if key.startswith("jobs/"))
    assert refused(desk, shown, id) == (404, "unknown-job")


def should_say_so_when_s3_denies_what_is_there(desk: Desk, aws: StubAws) -> None:
    id = document(started(desk))["id"]
    aws.failing = lambda asked: Answer(403) if asked.method == "GET" and asked.path.endswith(id) else None
    with pytest.raises(CallRefusedError):
        shown(desk, id)


def should_try_again_when_s3_is_busy(desk: Desk, aws: StubAws) -> None:
    busy = iter([Answer(503)])
    aws.failing = lambda asked: next(busy, None)
    assert started(desk).status == 202


def should_reach_a_bucket_of_aws_by_its_own_host() -> None:
    with running() as stub:
        desk = opened(stub, AWS_ENDPOINT_URL="")
        link = document(desk.ask(jobs.upload, body=UPLOAD))["url"]
    assert link.startswith(f"https://{BUCKET}.s3.{REGION}.amazonaws.com/{INPUT}")


def should_keep_clients_apart_whatever_their_names_are(desk: Desk, aws: StubAws) -> None:
    id = document(started(desk, client="a/b c"))["id"]
    assert f"jobs/a%2Fb%20c/{id}" in aws.objects
    assert shown(desk, id, client="a/b c").status == 200
