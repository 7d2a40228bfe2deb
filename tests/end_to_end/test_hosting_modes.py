"""Each hosting mode, deployed with the genuine CLI: what its requests do is seen at the processes behind it."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from tests.end_to_end.hosting.hosted import Hosted
from tests.local.cloud import eventually


@pytest.fixture(scope="module")
def packages(hosted: Hosted) -> dict[str, str]:
    """Candidate -> its package, released to the endpoints of this module."""
    registered = {candidate: hosted.register(candidate) for candidate in ("challenger", "linear")}
    for endpoint in ("chain", "queued", "serverless"):
        hosted.until_released(endpoint, linear=registered["linear"])
    hosted.until_released("shadowed", **registered)
    return registered


def word() -> str:
    """One that no other request has."""
    return uuid.uuid4().hex


def should_pass_a_request_through_the_containers_of_a_pipeline(hosted: Hosted, packages: dict[str, str]) -> None:
    asked = word()
    answer = hosted.invoke("chain", asked)
    assert answer == {"word": asked, "package": packages["linear"], "variant": "linear"}
    features, model = hosted.seen(asked)
    assert (features["container"], features["request"]) == ("features", {"word": asked})
    assert (model["container"], model["request"]) == (packages["linear"], {"word": asked, "through": "features"})
    processes = {process.pid for process in hosted.processes("chain", "linear")}
    assert processes == {features["process"], model["process"]}


def should_copy_some_requests_to_the_shadow_and_answer_none_from_it(hosted: Hosted, packages: dict[str, str]) -> None:
    asked = [word() for _ in range(60)]
    answers = [hosted.invoke("shadowed", each) for each in asked]
    assert {(answer["variant"], answer["package"]) for answer in answers} == {("linear", packages["linear"])}

    def copies() -> list[dict[str, Any]]:
        return [note for note in hosted.seen(*asked) if note["variant"] == "challenger"]

    # Half of them are copied: a good quarter is, and of those before the last copy some are not.
    eventually(lambda: len(copies()) >= 15)
    copied = copies()
    assert len(copied) <= max(asked.index(note["request"]["word"]) for note in copied)
    assert {note["container"] for note in copied} == {packages["challenger"]}
    (shadow,) = hosted.processes("shadowed", "challenger")
    assert {note["process"] for note in copied} == {shadow.pid}
    production = [note for note in hosted.seen(*asked) if note["variant"] == "linear"]
    assert [note["request"]["word"] for note in production] == asked
    assert shadow.pid not in {note["process"] for note in production}


def should_start_a_serverless_process_for_a_request_and_end_it_after(hosted: Hosted, packages: dict[str, str]) -> None:
    assert hosted.processes("serverless", "linear") == []
    first, second = word(), word()
    assert hosted.invoke("serverless", first)["package"] == packages["linear"]
    hosted.invoke("serverless", second)
    (process,) = {note["process"] for note in hosted.seen(first, second)}
    assert [each.pid for each in hosted.processes("serverless", "linear")] == [process]
    eventually(lambda: not hosted.processes("serverless", "linear"), seconds=60)
    third = word()
    assert hosted.invoke("serverless", third)["word"] == third
    (note,) = hosted.seen(third)
    assert note["process"] != process


def should_start_an_asynchronous_process_for_a_backlog_and_tell_of_answers(
    hosted: Hosted, packages: dict[str, str]
) -> None:
    # GIVEN an endpoint whose first instance was ended because nothing waited, and somebody who listens to both topics
    eventually(lambda: not hosted.processes("queued", "linear"), seconds=60)
    output = hosted.described("queued")["AsyncInferenceConfig"]["OutputConfig"]["NotificationConfig"]
    heard = {kind: _subscribed_queue(hosted, output[kind]) for kind in ("SuccessTopic", "ErrorTopic")}
    # WHEN requests come, one of which cannot be answered
    good, bad = word(), word()
    places = {asked: _ask_later(hosted, asked, fails=asked == bad) for asked in (good, bad)}
    # THEN a process is started, sees them and answers into the bucket
    message = _heard(hosted, heard["SuccessTopic"])
    assert message["responseParameters"]["outputLocation"] == places[good]["OutputLocation"]
    answer = json.loads(_object(hosted, places[good]["OutputLocation"]))
    assert answer == {"word": good, "package": packages["linear"]}
    assert _heard(hosted, heard["ErrorTopic"])["invocationStatus"] == "Failed"
    assert "no such review" in _object(hosted, places[bad]["FailureLocation"])
    (process,) = {note["process"] for note in hosted.seen(good, bad)}
    assert process in {each.pid for each in hosted.processes("queued", "linear")}


def should_serve_an_image_of_ones_own_by_the_command_in_its_place(hosted: Hosted) -> None:
    asked = word()
    answer = hosted.invoke("own", asked)
    assert answer == {"word": asked, "through": "own", "variant": "own"}
    (note,) = hosted.seen(asked)
    (process,) = [each for each in hosted.processes("own", "own") if each.pid == note["process"]]
    assert process.cmdline()[-2:] == ["tests.end_to_end.hosting.own_image", "own"]


def _ask_later(hosted: Hosted, asked: str, *, fails: bool) -> dict[str, Any]:
    bucket, key = hosted.bucket("Data"), f"async/ashlar-local-queued/input/{asked}.json"
    request = {"word": asked, "fails": fails}
    hosted.cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps(request))
    accepted: dict[str, Any] = hosted.cloud.client("sagemaker-runtime").invoke_endpoint_async(
        EndpointName="ashlar-local-queued", InputLocation=f"s3://{bucket}/{key}", ContentType="application/json"
    )
    return accepted


def _object(hosted: Hosted, location: str) -> str:
    bucket, _, key = location.removeprefix("s3://").partition("/")
    return str(hosted.cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode())


def _subscribed_queue(hosted: Hosted, topic: str) -> str:
    """The URL of a queue that hears what the topic says."""
    sqs = hosted.cloud.client("sqs")
    url = str(sqs.create_queue(QueueName=word())["QueueUrl"])
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    send = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**send, "Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    hosted.cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return url


def _heard(hosted: Hosted, queue: str) -> dict[str, Any]:
    """The message that came."""
    sqs = hosted.cloud.client("sqs")
    (message,) = eventually(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"), seconds=60)
    told: dict[str, Any] = json.loads(json.loads(message["Body"])["Message"])
    return told
