"""What the operators hear: a queue that is subscribed to their topic."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.end_to_end.conftest import Ashlar
from tests.local.cloud import eventually


@dataclass(frozen=True)
class Message:
    """`subject` is empty where the sender gave none."""

    subject: str
    text: str


@dataclass
class Operators:
    """Everything that was published since they began to listen."""

    sqs: Any
    queue: str
    messages: list[Message] = field(default_factory=list)

    def heard(self) -> list[Message]:
        """All messages so far."""
        while received := self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            for message in received:
                said = json.loads(message["Body"])
                self.messages.append(Message(said.get("Subject") or "", said["Message"]))
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return self.messages

    def told(self, subject: str, about: str, *, seconds: float = 30.0) -> str:
        """The text of the first message whose subject begins so and whose text names `about`, once there is one."""

        def found() -> list[str]:
            return [its.text for its in self.heard() if its.subject.startswith(subject) and about in its.text]

        return eventually(found, seconds=seconds)[0]

    def count(self, subject: str, about: str) -> int:
        """How many such messages there were so far."""
        return sum(its.subject.startswith(subject) and about in its.text for its in self.heard())


@contextmanager
def listening(ashlar: Ashlar) -> Iterator[Operators]:
    """For the time of the block."""
    sns, sqs = ashlar.client("sns"), ashlar.client("sqs")
    (topic,) = [t["TopicArn"] for t in sns.list_topics()["Topics"] if t["TopicArn"].endswith(":ashlar-local-operators")]
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["KmsMasterKeyId"]
    url = str(sqs.create_queue(QueueName=f"operator-{uuid.uuid4().hex[:8]}")["QueueUrl"])
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    send = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**send, "Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    try:
        yield Operators(sqs, url)
    finally:
        sns.unsubscribe(SubscriptionArn=subscription)
        sqs.delete_queue(QueueUrl=url)
