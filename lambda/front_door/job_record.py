"""What is known of a job: one object in S3, which its client alone is shown, and which is its lock as well.

A record is claimed before anything runs, so that of several requests with one idempotency key one starts the job. The
claim ends by itself: whoever made it may have been cut off.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
import uuid
from dataclasses import asdict, dataclass, replace
from urllib.parse import quote

from front_door import strict_json
from front_door.object_store import ObjectStore
from front_door.problems import IDEMPOTENCY_MISMATCH, JOB_IN_PROGRESS, Problem

CLAIM_SECONDS = 30.0
"""Longer than the function can run."""
JOB_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Record:
    """`fingerprint` is of what was asked; times are seconds since 1970. `output` and `failure` are keys.

    Without an output the record is a claim: no job has been accepted yet, and until `claimed_until` somebody tries to.
    """

    id: str
    endpoint: str
    fingerprint: str
    created_at: float
    claimed_until: float
    output: str | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A record and the version of its object."""

    record: Record
    version: str


class JobRecords:
    """The records of one client."""

    def __init__(self, store: ObjectStore, client: str) -> None:
        self._store = store
        self._folder = f"jobs/{quote(client, safe='')}/"

    def claim(self, id: str, endpoint: str, fingerprint: str) -> Held:
        """The record of this job, ours to start, or accepted before. Raises Problem (409, 422), CallError."""
        now = time.time()
        ours = Record(id, endpoint, fingerprint, created_at=now, claimed_until=now + CLAIM_SECONDS)
        version = self._put(ours)
        if version is not None:
            return Held(ours, version)
        found = self._find(id)
        if found is not None and found.record.fingerprint != fingerprint:
            raise Problem(
                IDEMPOTENCY_MISMATCH,
                "This Idempotency-Key came with another request before. Repeat that one, or send a new key.",
            )
        if found is not None and found.record.output is not None:
            return found
        if found is not None and found.record.claimed_until <= now:
            version = self._put(ours, replaces=found.version)
            if version is not None:
                return Held(ours, version)
        raise _in_progress()

    def accept(self, held: Held, *, output: str, failure: str | None) -> Record:
        """The record of the job that has been queued. Raises Problem (409) where the claim was lost, CallError."""
        accepted = replace(held.record, output=output, failure=failure)
        if self._put(accepted, replaces=held.version) is None:
            raise _in_progress()
        return accepted

    def release(self, held: Held) -> None:
        """Let the next request with the key try at once. Raises CallError."""
        self._put(replace(held.record, claimed_until=0.0), replaces=held.version)

    def find(self, id: str) -> Record | None:
        """A job that was accepted, of this client. Raises CallError."""
        held = self._find(id) if JOB_ID.fullmatch(id) else None
        return held.record if held is not None and held.record.output is not None else None

    def _find(self, id: str) -> Held | None:
        stored = self._store.get(self._folder + id)
        return Held(Record(**strict_json.loads(stored.body)), stored.etag) if stored else None

    def _put(self, record: Record, replaces: str | None = None) -> str | None:
        body = json.dumps(asdict(record)).encode()
        return self._store.put(self._folder + record.id, body, content_type="application/json", replaces=replaces)


def job_id(client: str, endpoint: str, idempotency_key: str | None) -> str:
    """32 hexadecimal digits: the same for the same key of a client at an endpoint, otherwise random."""
    if idempotency_key is None:
        return uuid.uuid4().hex
    return fingerprint(client, endpoint, idempotency_key)[:32]


def fingerprint(*parts: str | bytes) -> str:
    """A digest of the parts, each of which counts with its length."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def _in_progress() -> Problem:
    detail = "A request with this Idempotency-Key is being handled. Wait, then send it again."
    return Problem(JOB_IN_PROGRESS, detail)
