"""Data capture: a sample of requests and answers becomes JSON lines in S3."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.sagemaker import capture
from local.sagemaker.capture import Capture, Exchange
from tests.local.cloud import eventually
from tests.local.sagemaker.workshop import Workshop, unique

Json = dict[str, Any]


def _config(workshop: Workshop, prefix: str, **changes: Any) -> Json:
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{workshop.bucket}/{prefix}",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
        **changes,
    }


def _configuration(workshop: Workshop, role: str, config: Json | None) -> str:
    name = unique("config")
    variant = {
        "VariantName": "only",
        "ModelName": workshop.model(role, "x"),
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    given = {"DataCaptureConfig": config} if config else {}
    workshop.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant], **given)
    return name


def _records(workshop: Workshop, prefix: str) -> dict[str, list[Json]]:
    """Captured records by key."""
    listed = workshop.s3.list_objects_v2(Bucket=workshop.bucket, Prefix=prefix).get("Contents", [])
    return {item["Key"]: [json.loads(line) for line in workshop.text(item["Key"]).splitlines()] for item in listed}


def should_write_what_was_asked_and_answered(workshop: Workshop) -> None:
    prefix = unique("capture")
    endpoint = workshop.endpoint(_configuration(workshop, workshop.role(), _config(workshop, prefix)))
    workshop.invoke(endpoint, "one", InferenceId="abc-1")
    workshop.invoke(endpoint, "two")
    with pytest.raises(ClientError):
        workshop.invoke(endpoint, "raise")  # no answer of the model's
    found = eventually(lambda: _records(workshop, prefix))
    place = rf"{prefix}/{endpoint}/only/\d{{4}}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{{3}}-[0-9a-f-]{{36}}\.jsonl"
    assert all(re.fullmatch(place, key) for key in found)
    records = [record for lines in found.values() for record in lines]
    assert len(records) == 2
    first = next(record for record in records if "inferenceId" in record["eventMetadata"])
    assert first["captureData"] == {
        "endpointInput": {
            "observedContentType": "application/json",
            "mode": "INPUT",
            "data": '"one"',
            "encoding": "JSON",
        },
        "endpointOutput": {
            "observedContentType": "application/json",
            "mode": "OUTPUT",
            "data": '{"answer": "x", "given": "one"}',
            "encoding": "JSON",
        },
    }
    assert first["eventVersion"] == "0"
    assert first["eventMetadata"]["inferenceId"] == "abc-1"
    moment = dt.datetime.strptime(first["eventMetadata"]["inferenceTime"], "%Y-%m-%dT%H:%M:%S%z")
    assert abs((dt.datetime.now(dt.UTC) - moment).total_seconds()) < 60
    assert len({record["eventMetadata"]["eventId"] for record in records}) == 2
    described = workshop.sagemaker.describe_endpoint(EndpointName=endpoint)["DataCaptureConfig"]
    assert (described["CaptureStatus"], described["CurrentSamplingPercentage"]) == ("Started", 100)


def should_write_what_is_left_at_an_update_and_stop_with_it(workshop: Workshop) -> None:
    prefix, role = unique("capture"), workshop.role()
    endpoint = workshop.endpoint(_configuration(workshop, role, _config(workshop, prefix)))
    workshop.invoke(endpoint, "before")
    workshop.sagemaker.update_endpoint(
        EndpointName=endpoint, EndpointConfigName=_configuration(workshop, role, None)
    )  # fmt: skip
    workshop.settled(endpoint)
    workshop.invoke(endpoint, "after")
    workshop.sagemaker.delete_endpoint(EndpointName=endpoint)
    (lines,) = _records(workshop, prefix).values()
    assert [record["captureData"]["endpointInput"]["data"] for record in lines] == ['"before"']


def should_keep_the_capture_that_an_update_retains(workshop: Workshop) -> None:
    prefix, role = unique("capture"), workshop.role()
    endpoint = workshop.endpoint(_configuration(workshop, role, _config(workshop, prefix)))
    changed = _config(workshop, prefix, InitialSamplingPercentage=0)
    for retained, percent in ((True, 100), (False, 0)):
        excluded = [] if retained else [{"VariantPropertyType": "DataCaptureConfig"}]
        workshop.sagemaker.update_endpoint(
            EndpointName=endpoint,
            EndpointConfigName=_configuration(workshop, role, changed),
            RetainAllVariantProperties=True,
            ExcludeRetainedVariantProperties=excluded,
        )
        assert workshop.settled(endpoint)["DataCaptureConfig"]["CurrentSamplingPercentage"] == percent


def should_write_with_the_role_of_the_model(workshop: Workshop) -> None:
    prefix = unique("capture")
    role = workshop.role(actions=("s3:GetObject", "s3:ListBucket", "logs:*"))
    endpoint = workshop.endpoint(_configuration(workshop, role, _config(workshop, prefix)))
    workshop.invoke(endpoint)
    workshop.sagemaker.delete_endpoint(EndpointName=endpoint)
    assert _records(workshop, prefix) == {}
    log = (workshop.cloud.state / "server.log").read_text()
    assert re.search(rf"1 requests of {endpoint}/only were not captured: .*AccessDenied", log)


class Bucket:
    """Stands for S3."""

    def __init__(self) -> None:
        self.objects: list[Json] = []

    def put_object(self, **arguments: Any) -> None:
        """Note an object."""
        self.objects.append(arguments)

    def records(self) -> list[Json]:
        """Every record of every object."""
        return [json.loads(line) for item in self.objects for line in item["Body"].decode().splitlines()]


def _captured(exchanges: list[Exchange], draws: list[float], **changes: Any) -> Bucket:
    bucket = Bucket()
    given = {
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": "s3://bucket/capture/",
        "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
        **changes,
    }
    settings = capture.settings_of(given)
    assert settings
    capturing = Capture("reviews", "only", settings, lambda: bucket)
    capturing.start()
    for exchange, draw in zip(exchanges, draws, strict=True):
        capturing.offer(exchange, lambda draw=draw: draw)  # type: ignore[misc]
    capturing.close()
    return bucket


_CSV = Exchange({"content-type": "text/csv; charset=utf-8"}, b"1,2", {"content-type": "image/png"}, b"\x89PNG")


def should_keep_as_text_only_what_it_is_told_to() -> None:
    types = {"CsvContentTypes": ["text/csv"]}
    (record,) = _captured([_CSV], [0.0], CaptureContentTypeHeader=types).records()
    given, answered = record["captureData"]["endpointInput"], record["captureData"]["endpointOutput"]
    assert (given["encoding"], given["data"]) == ("CSV", "1,2")
    assert given["observedContentType"] == "text/csv; charset=utf-8"
    assert (answered["encoding"], base64.b64decode(answered["data"])) == ("BASE64", b"\x89PNG")
    (plain,) = _captured([_CSV], [0.0]).records()
    assert plain["captureData"]["endpointInput"]["encoding"] == "BASE64"


def should_keep_as_many_as_the_sampling_says() -> None:
    draws = [number / 100 for number in range(100)]
    assert len(_captured([_CSV] * 100, draws, InitialSamplingPercentage=20).records()) == 20


def should_keep_one_side_where_only_that_is_asked_for() -> None:
    (record,) = _captured([_CSV], [0.0], CaptureOptions=[{"CaptureMode": "Output"}]).records()
    assert set(record["captureData"]) == {"endpointOutput"}


def should_encrypt_with_the_key_that_is_named() -> None:
    (item,) = _captured([_CSV], [0.0], KmsKeyId="key").objects
    assert (item["ServerSideEncryption"], item["SSEKMSKeyId"]) == ("aws:kms", "key")
    assert item["Key"].startswith("capture/reviews/only/")


def should_capture_nothing_where_it_is_switched_off() -> None:
    assert capture.settings_of(None) is None
    assert capture.settings_of({"EnableCapture": False, "CaptureOptions": []}) is None


def should_say_that_it_drops_what_no_bucket_takes_in_time(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(capture, "MOST_WAITING_BYTES", 5)
    written: list[Any] = []
    settings = capture.settings_of(
        {"CaptureOptions": [], "InitialSamplingPercentage": 100, "DestinationS3Uri": "s3://b"}
    )
    assert settings
    it = Capture("endpoint", "only", settings, lambda: SimpleNamespace(put_object=lambda **its: written.append(its)))
    for _ in range(4):
        it.offer(Exchange({}, b"abc", {}, b""))
    assert caplog.text.count("what comes now is not captured") == 1
    it.start()
    it.close()
    assert len(written) == 1
    assert "3 requests of endpoint/only were not captured" in caplog.text
