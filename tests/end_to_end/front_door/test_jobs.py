"""Jobs of an asynchronous endpoint, from the request to the answer behind its link, with the real policies."""

from __future__ import annotations

import json
import uuid

import pytest
import urllib3

from tests.end_to_end.front_door.door import JSON, REVIEW, Caller, Door, Json
from tests.end_to_end.front_door.identities import right
from tests.end_to_end.front_door.place import Place
from tests.local.cloud import eventually

JOBS, UPLOADS = "/endpoints/queued/jobs", "/endpoints/queued/uploads"
BODY = json.dumps(REVIEW).encode()


@pytest.fixture
def http(door: Door) -> urllib3.PoolManager:
    """Without any credentials."""
    return urllib3.PoolManager(ca_certs=door.certificate_authority, retries=False)


def _ended(door: Door, caller: Caller, location: str) -> Json:
    """The job once it is through."""

    def found() -> Json | None:
        answer = door.send(caller, "GET", location)
        assert answer.status == 200, answer
        return answer.json if answer.json["status"] != "pending" else None

    document = eventually(found, seconds=60)
    assert document
    return document


def should_answer_a_job_behind_a_link(door: Door, team: Caller, http: urllib3.PoolManager) -> None:
    accepted = door.send(team, "POST", JOBS, BODY, Content_Type=JSON)
    assert accepted.status == 202, accepted
    assert accepted.headers["location"].endswith(f"/jobs/{accepted.json['id']}")
    job = _ended(door, team, f"/jobs/{accepted.json['id']}")
    assert job["status"] == "succeeded", job
    answer = http.request("GET", job["result"]["url"])
    assert answer.status == 200, answer.data
    assert len(answer.json()["predictions"]) == 1
    assert job["result"]["bytes"] == len(answer.data)


def should_take_an_input_that_was_uploaded(door: Door, team: Caller, http: urllib3.PoolManager) -> None:
    asked = json.dumps({"content_type": JSON, "bytes": len(BODY)}).encode()
    upload = door.send(team, "POST", UPLOADS, asked, Content_Type=JSON)
    assert upload.status == 201, upload
    place = upload.json
    early = door.send(team, "POST", f"{JOBS}?upload={place['id']}")
    assert (early.status, early.problem) == (404, "unknown-upload")
    # Another size than was declared is refused, and so is a second time.
    statuses = [
        http.request(place["method"], place["url"], body=body, headers=place["headers"] | _length(body)).status
        for body in (BODY + b" ", BODY, BODY)
    ]
    assert statuses == [403, 200, 412]
    accepted = door.send(team, "POST", f"{JOBS}?upload={place['id']}")
    assert accepted.status == 202, accepted
    assert _ended(door, team, f"/jobs/{accepted.json['id']}")["status"] == "succeeded"


def _length(body: bytes) -> dict[str, str]:
    return {"Content-Length": str(len(body))}


def should_start_one_job_for_one_key(door: Door, team: Caller) -> None:
    key = uuid.uuid4().hex
    first, second = (door.send(team, "POST", JOBS, BODY, Content_Type=JSON, Idempotency_Key=key) for _ in range(2))
    assert (first.status, second.status) == (202, 202)
    assert first.json["id"] == second.json["id"]
    other = door.send(team, "POST", JOBS, BODY + b" ", Content_Type=JSON, Idempotency_Key=key)
    assert (other.status, other.problem) == (422, "idempotency-mismatch")


def should_tell_of_a_job_that_failed(door: Door, team: Caller) -> None:
    body = json.dumps({"instances": [{"text": "!status 400"}]}).encode()
    accepted = door.send(team, "POST", JOBS, body, Content_Type=JSON)
    job = _ended(door, team, f"/jobs/{accepted.json['id']}")
    assert job["status"] == "failed"
    assert job["failure"]["type"] == "urn:problem-type:ashlar:model-failed"


def should_show_a_job_to_its_client_only(front_door: Place, door: Door, team: Caller) -> None:
    accepted = door.send(team, "POST", JOBS, BODY, Content_Type=JSON)
    answer = door.send(right(front_door, "iam", "shop"), "GET", f"/jobs/{accepted.json['id']}")
    assert (answer.status, answer.problem) == (404, "unknown-job")


def should_refuse_jobs_of_an_endpoint_that_answers_at_once(door: Door, team: Caller) -> None:
    answer = door.send(team, "POST", "/endpoints/reviews/jobs", BODY, Content_Type=JSON)
    assert (answer.status, answer.problem) == (409, "not-asynchronous")
