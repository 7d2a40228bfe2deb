"""The function, entered with stubs in place of AWS, and what CloudFormation is told."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass, field
from typing import Any

from botocore.stub import Stubber

ENDPOINT = "ashlar-dev-reviews"
STACK = "arn:aws:cloudformation:eu-west-1:111122223333:stack/ashlar-dev-inference-reviews/1"
ONWARD, BACK = "UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"
HOLD, LIVE = "Custom::ScalingHold", "Custom::LiveVariants"


class Answers:
    """In place of the pool of connections: keeps what was sent, and within which limits."""

    def __init__(self) -> None:
        self.status, self.data, self.sent = 200, b"", list[tuple[str, str, dict[str, Any]]]()
        self.limits: list[dict[str, Any]] = []

    def request(self, method: str, url: str, *, body: bytes, **settings: Any) -> Answers:
        self.sent.append((method, url, json.loads(body)))
        self.limits.append(settings)
        return self


@dataclass
class Context:
    """Lambda's, with so much time left."""

    seconds: float = 600.0

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


@dataclass
class Entered:
    """The function's module between stubbed services and CloudFormation's address."""

    module: Any
    sagemaker: Stubber
    autoscaling: Stubber
    cloudformation: Stubber
    answers: Answers = field(default_factory=Answers)
    waited: list[float] = field(default_factory=list)

    def stack(self, status: str) -> None:
        """DescribeStacks, with this status."""
        found = {"StackName": STACK, "CreationTime": datetime.datetime.now(datetime.UTC), "StackStatus": status}
        self.cloudformation.add_response("describe_stacks", {"Stacks": [found]}, {"StackName": STACK})

    def handle(self, event: dict[str, Any], seconds: float = 600.0) -> dict[str, Any]:
        """Enter the function; the one answer that it gave."""
        self.module.handle(event, Context(seconds))
        ((method, url, answer),) = self.answers.sent
        assert (method, url) == ("PUT", event["ResponseURL"])
        return answer


def request(
    kind: str, type: str = "Update", new: dict[str, Any] | None = None, old: dict[str, Any] | None = None
) -> dict[str, Any]:
    """What CloudFormation sends. `new`, `old`: the variants."""
    event: dict[str, Any] = {
        "RequestType": type,
        "ResponseURL": "https://answers.example/signed",
        "StackId": STACK,
        "RequestId": "request",
        "ResourceType": kind,
        "LogicalResourceId": "Hold",
        # pragma: allowlist nextline secret - a made-up or public value that opens nothing
        "ResourceProperties": {"ServiceToken": "arn", "EndpointName": ENDPOINT, "Variants": new or {}},
    }
    if type != "Create":
        event["PhysicalResourceId"] = f"{ENDPOINT}/Hold"
    if type == "Update":
        event["OldResourceProperties"] = {"ServiceToken": "arn", "EndpointName": ENDPOINT, "Variants": old or {}}
    return event
