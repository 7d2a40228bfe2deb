"""Data capture: a sample of an endpoint's requests and answers, as JSON lines in S3, written away from the requests.

Source: "Capture data from real-time endpoint" in SageMaker's developer guide, and API reference, DataCaptureConfig.
"""

import base64
import datetime as dt
import itertools
import json
import logging
import random
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local import hooks
from local.sagemaker.storage import split_uri

Record = dict[str, Any]
_LOG = logging.getLogger(__name__)
_LONGEST_WAIT_SECONDS = 2.0
_LARGEST_BATCH_BYTES = 1024 * 1024
# What a bucket that cannot be written to may hold up in memory; AWS drops records under pressure as well.
MOST_WAITING_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Exchange:
    """One request and its answer; header names in lower case."""

    request_headers: Mapping[str, str]
    request: bytes
    response_headers: Mapping[str, str]
    response: bytes
    inference_id: str | None = None


@dataclass(frozen=True)
class Settings:
    """What an endpoint's DataCaptureConfig asks for; `json_types` and `csv_types` are kept as text."""

    percent: float
    destination: str
    key: str | None
    inputs: bool
    outputs: bool
    json_types: frozenset[str]
    csv_types: frozenset[str]

    def encoding_of(self, content_type: str) -> str:
        """Return how data of this content type is kept: JSON, CSV or BASE64."""
        media_type = content_type.partition(";")[0].strip().lower()
        if media_type in self.json_types:
            return "JSON"
        return "CSV" if media_type in self.csv_types else "BASE64"


def settings_of(config: Mapping[str, Any] | None) -> Settings | None:
    """Return the settings of a DataCaptureConfig; None where nothing is captured."""
    if not config or not config.get("EnableCapture", True):
        return None
    modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
    types = config.get("CaptureContentTypeHeader") or {}
    return Settings(
        percent=float(config["InitialSamplingPercentage"]),
        destination=str(config["DestinationS3Uri"]).rstrip("/"),
        key=config.get("KmsKeyId"),
        inputs=bool(modes & {"Input", "InputAndOutput"}),
        outputs=bool(modes & {"Output", "InputAndOutput"}),
        json_types=frozenset(name.lower() for name in types.get("JsonContentTypes", ())),
        csv_types=frozenset(name.lower() for name in types.get("CsvContentTypes", ())),
    )


def summary(config: Mapping[str, Any] | None) -> Record | None:
    """Return DescribeEndpoint's DataCaptureConfig."""
    if not config:
        return None
    enabled = bool(config.get("EnableCapture", True))
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
        "DestinationS3Uri": config["DestinationS3Uri"],
        "KmsKeyId": config.get("KmsKeyId"),
    }


class Capture:
    """The captured exchanges of one variant. `client` answers an S3 client with the credentials of the model's role."""

    def __init__(self, endpoint: str, variant: str, settings: Settings, client: Callable[[], Any]) -> None:
        self._place = f"{endpoint}/{variant}"
        self._settings = settings
        self._client = client
        self._changed = threading.Condition()
        self._waiting: list[tuple[dt.datetime, Exchange]] = []
        self._bytes = 0
        self._dropped = 0
        self._first = 0.0
        self._closed = False
        self._thread = threading.Thread(
            target=hooks.in_request_scope(self._write_until_closed), name=f"capture-{self._place}", daemon=True
        )

    def start(self) -> None:
        """Write from now on."""
        self._thread.start()

    def offer(self, exchange: Exchange, draw: Callable[[], float] = random.random) -> None:
        """Keep an exchange if it is one of the sample; `draw` gives a number in [0, 1)."""
        size = len(exchange.request) + len(exchange.response)
        if draw() * 100 >= self._settings.percent:
            return
        with self._changed:
            if self._bytes + size > MOST_WAITING_BYTES:
                self._drop()
                return
            if not self._waiting:
                self._first = time.monotonic()
            self._waiting.append((dt.datetime.now(dt.UTC), exchange))
            self._bytes += size
            # The writer looks when the first has come and when there is enough; it need not be woken in between.
            if len(self._waiting) == 1 or self._bytes >= _LARGEST_BATCH_BYTES:
                self._changed.notify()

    def close(self) -> None:
        """Write what is left and end."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join()

    def _drop(self) -> None:
        if not self._dropped:
            _LOG.warning("%s: %d bytes wait to be written; what comes now is not captured", self._place, self._bytes)
        self._dropped += 1

    def _write_until_closed(self) -> None:
        while batch := self._next_batch():
            try:
                self._write(batch)
            except Exception as error:  # the endpoint goes on without its capture, as it does in AWS
                _LOG.warning("%d requests of %s were not captured: %s", len(batch), self._place, error)

    def _next_batch(self) -> list[tuple[dt.datetime, Exchange]]:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            left = self._first + _LONGEST_WAIT_SECONDS - time.monotonic()
            self._changed.wait_for(lambda: self._bytes >= _LARGEST_BATCH_BYTES or self._closed, max(left, 0.0))
            batch, self._waiting, self._bytes = self._waiting, [], 0
            if self._dropped:
                _LOG.warning("%d requests of %s were not captured: too much was waiting", self._dropped, self._place)
                self._dropped = 0
            return batch

    def _write(self, batch: Sequence[tuple[dt.datetime, Exchange]]) -> None:
        bucket, prefix = split_uri(self._settings.destination)
        key = self._settings.key
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}
        # Each hour has a folder of its own.
        for _, group in itertools.groupby(batch, key=lambda entry: entry[0].strftime("%Y%m%d%H")):
            entries = list(group)
            first = entries[0][0]
            name = f"{first:%M-%S}-{first.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
            lines = "".join(f"{json.dumps(self._record(moment, exchange))}\n" for moment, exchange in entries)
            path = "/".join(part for part in (prefix, self._place, f"{first:%Y/%m/%d/%H}", name) if part)
            self._client().put_object(Bucket=bucket, Key=path, Body=lines.encode(), **encryption)

    def _record(self, moment: dt.datetime, exchange: Exchange) -> Record:
        data = {}
        if self._settings.inputs:
            data["endpointInput"] = self._side("INPUT", exchange.request_headers, exchange.request)
        if self._settings.outputs:
            data["endpointOutput"] = self._side("OUTPUT", exchange.response_headers, exchange.response)
        given: Record = {"inferenceId": exchange.inference_id} if exchange.inference_id else {}
        attributes = exchange.request_headers.get("x-amzn-sagemaker-custom-attributes")
        if attributes:
            given["customAttributes"] = [attributes]
        when = {"eventId": str(uuid.uuid4()), **given, "inferenceTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}
        return {"captureData": data, "eventMetadata": when, "eventVersion": "0"}

    def _side(self, mode: str, headers: Mapping[str, str], body: bytes) -> Record:
        content_type = headers.get("content-type", "application/octet-stream")
        encoding = self._settings.encoding_of(content_type)
        text = base64.b64encode(body).decode() if encoding == "BASE64" else body.decode(errors="replace")
        return {"observedContentType": content_type, "mode": mode, "data": text, "encoding": encoding}
