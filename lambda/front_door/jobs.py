"""Asynchronous inference: a job is asked for, waits in its endpoint's queue, and its answer is fetched from S3.

`POST uploads` lends a place for an input that is too large for a request, `POST jobs` starts a job, `GET /jobs/{id}`
tells of it. A client's jobs are its own: for others they do not exist. There is no database: see `job_record`.
"""

from __future__ import annotations

import re
import time
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from front_door import upload_request
from front_door.async_endpoint import QUEUE_SECONDS, WORK_SECONDS, enqueue
from front_door.call_errors import (
    CallError,
    CallRefusedError,
    ModelFailedError,
    NoModelYetError,
    NotConnectedError,
    ThrottledError,
    problem_of,
)
from front_door.content import checked
from front_door.declared import Endpoint
from front_door.job_record import JOB_ID, JobRecords, Record, fingerprint, job_id
from front_door.media_types import JSON, declared_type, sent_type, wanted_type
from front_door.object_store import LINK_SECONDS, ObjectStore
from front_door.problems import DEADLINE_PASSED, INVALID_REQUEST, NOT_ASYNCHRONOUS, UNKNOWN_JOB, UNKNOWN_UPLOAD, Problem
from front_door.request import Request, media_type
from front_door.response import Response
from front_door.service import Service

IDEMPOTENCY_KEY = re.compile(r"[!-~]([ -~]{0,253}[!-~])?")
NOT_QUEUED = (NotConnectedError, ThrottledError, NoModelYetError, CallRefusedError)
"""After these nothing can have been queued. After any other failure of the call it may have been."""
MESSAGE_BYTES = 4096
"""Of the model's message, where it may be told at all."""
LATE_SECONDS = 300
AGAIN = {"Retry-After": "5"}


def upload(request: Request, service: Service) -> Response:
    """201: a link to put one input at, once, of the size and media type that were asked for."""
    endpoint = _asynchronous(request, service)
    asked = upload_request.read(request.body(), endpoint)
    id = uuid.uuid4().hex
    # It can be written once: what a job was asked with stays what it was.
    headers = {"Content-Type": asked.content_type, "Content-Length": str(asked.bytes), "If-None-Match": "*"}
    url = _store(request, service).link("PUT", _input(endpoint, _client(request), id), headers)
    document = {"id": id, "method": "PUT", "url": url, "headers": headers, "expires_at": _link_end()}
    return Response.json(201, document)


def create(request: Request, service: Service) -> Response:
    """202: the job was queued, now or by an earlier request with the same Idempotency-Key."""
    endpoint, client = _asynchronous(request, service), _client(request)
    if "x-target-variant" in request.headers:
        raise Problem(INVALID_REQUEST, "A queued request goes to any variant. Leave X-Target-Variant out.")
    store, uploaded, key = _store(request, service), request.query.get("upload"), _idempotency_key(request)
    accept = JSON if endpoint.prediction is not None else wanted_type(request)
    body = request.body(advice=f"Send it by POST /endpoints/{endpoint.public}/uploads.")
    if uploaded is None:
        request.line.instances = checked(request, endpoint, body)
        content_type = sent_type(request)
    elif body:
        raise Problem(INVALID_REQUEST, "The job's input is the upload. Send no body with `upload`.")
    else:
        content_type = _uploaded_type(store, endpoint, client, uploaded)
    id = job_id(client, endpoint.public, key)
    records = JobRecords(store, client)
    held = records.claim(id, endpoint.public, fingerprint(endpoint.public, content_type, accept, uploaded or "", body))
    if held.record.output is not None:
        return _accepted(held.record)
    place = _input(endpoint, client, uploaded or id)
    try:
        if uploaded is None:
            # One that is there is the same: of a request with this key that was cut off.
            store.put(place, body, content_type=content_type)
        output, failure = enqueue(
            service.client,
            service.settings.url("sagemaker-runtime"),
            endpoint.hosted,
            location=f"s3://{store.bucket}/{place}",
            content_type=content_type,
            accept=accept,
            id=id,
            deadline=request.deadline,
        )
    except NOT_QUEUED:
        with suppress(CallError, CallRefusedError):  # else the claim ends by itself
            records.release(held)
        raise
    accepted = records.accept(held, output=store.key_of(output), failure=failure and store.key_of(failure))
    return _accepted(accepted)


def show(request: Request, service: Service) -> Response:
    """200: what has become of a job."""
    store = _store(request, service)
    id = request.path.get("id", "")
    record = JobRecords(store, request.caller.client).find(id) if request.caller.client else None
    if record is None or record.output is None or record.endpoint not in request.caller.grant.endpoints:
        raise Problem(UNKNOWN_JOB, "You have no job of this id. Correct the id in the path; jobs are kept for a time.")
    request.line.endpoint = record.endpoint
    job = _document(record)
    if (answer := store.head(record.output)) is not None:
        link = {"url": store.link("GET", record.output), "expires_at": _link_end()}
        result = {**link, "content_type": answer.content_type, "bytes": answer.size}
        job |= {"status": "succeeded", "finished_at": answer.modified, "result": result}
    elif (problem := _failure(record, store, service)) is not None:
        job |= {"status": "failed", "failure": problem.document(request.request_id)}
    headers = {"Cache-Control": "no-store", **(AGAIN if job["status"] == "pending" else {})}
    return Response.json(200, job, headers)


def _asynchronous(request: Request, service: Service) -> Endpoint:
    endpoint = request.endpoint(service.declared)
    if not endpoint.is_asynchronous:
        path = f"POST /endpoints/{endpoint.public}/predictions"
        raise Problem(NOT_ASYNCHRONOUS, f"The endpoint answers at once. Send {path}.")
    return endpoint


def _client(request: Request) -> str:
    """Who was granted an endpoint has a name."""
    if request.caller.client is None:
        raise RuntimeError("a caller without a name was granted an endpoint")
    return request.caller.client


def _store(request: Request, service: Service) -> ObjectStore:
    settings = service.settings
    if settings.jobs_bucket is None:
        raise Problem(UNKNOWN_JOB, "No endpoint of this API takes jobs.")
    return ObjectStore(
        service.client,
        bucket=settings.jobs_bucket,
        aws=settings.url("s3"),
        url=settings.urls.get("s3"),
        deadline=request.deadline,
    )


def _input(endpoint: Endpoint, client: str, id: str) -> str:
    return f"async/{endpoint.hosted}/input/{quote(client, safe='')}/{id}"


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        detail = "An Idempotency-Key has 1 to 255 printable ASCII characters. Send a UUID, for example."
        raise Problem(INVALID_REQUEST, detail)
    return key


def _uploaded_type(store: ObjectStore, endpoint: Endpoint, client: str, id: str) -> str:
    """The media type that an upload came with. Raises Problem: 404, 415.

    Its link demanded the one that was asked for, but of some types botocore signs nothing.
    """
    stored = store.head(_input(endpoint, client, id)) if JOB_ID.fullmatch(id) else None
    if stored is None:
        detail = "Nothing was uploaded under this id. PUT the input at the upload's URL first, with its headers."
        raise Problem(UNKNOWN_UPLOAD, detail)
    declared_type(endpoint, media_type(stored.content_type))
    return stored.content_type


def _failure(record: Record, store: ObjectStore, service: Service) -> Problem | None:
    """Why the job failed; None where it has not, as far as can be known."""
    verbose = service.declared.verbose_errors
    if record.failure and (cause := store.head(record.failure)) is not None:
        told = store.get(record.failure) if verbose and cause.size <= MESSAGE_BYTES else None
        message = told.body.decode(errors="replace") if told else ""
        return problem_of(ModelFailedError("the job failed", message), verbose=verbose)
    if time.time() > record.created_at + QUEUE_SECONDS + WORK_SECONDS + LATE_SECONDS:
        return Problem(DEADLINE_PASSED, "No answer came for as long as one could. Send the job again.")
    return None


def _accepted(record: Record) -> Response:
    # Relative to this request: only the caller knows whether a stage, /v1, stands before its path.
    return Response.json(202, _document(record), {"Location": f"../../jobs/{record.id}", **AGAIN})


def _document(record: Record) -> dict[str, Any]:
    created = _iso(record.created_at)
    return {"id": record.id, "endpoint": record.endpoint, "status": "pending", "created_at": created}


def _link_end() -> str:
    return _iso(time.time() + LINK_SECONDS)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
