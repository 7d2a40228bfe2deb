"""The custom resource's function: the group ends without rules, and CloudFormation hears how it went."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from default_security_group.group import close

GROUP = "sg-0123456789abcdef0"
INGRESS = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": GROUP}]}]
EGRESS = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
EVENT = {
    "RequestType": "Create",
    "ResponseURL": "https://answers.example/arn%3Aaws%3Acloudformation",
    "StackId": "arn:aws:cloudformation:eu-west-1:111122223333:stack/ashlar-dev-network/1",
    "RequestId": "request",
    "LogicalResourceId": "Closed",
    "ResourceProperties": {"GroupId": GROUP},
}


def stubbed(ingress: list[Any], egress: list[Any]) -> tuple[Any, Stubber]:
    client = boto3.client("ec2", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    stub = Stubber(client)
    group = {"GroupId": GROUP, "IpPermissions": ingress, "IpPermissionsEgress": egress}
    stub.add_response("describe_security_groups", {"SecurityGroups": [group]}, {"GroupIds": [GROUP]})
    stub.activate()
    return client, stub


class Answers:
    """In place of the pool of connections: keeps what was sent."""

    def __init__(self, status: int = 200) -> None:
        self.status, self.data, self.sent = status, b"", list[tuple[str, str, dict[str, Any]]]()

    def request(self, method: str, url: str, *, body: bytes, **settings: Any) -> Answers:
        self.sent.append((method, url, json.loads(body)))
        return self


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`handler(client, answers)` is the module, entered with these in place of AWS."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    module = importlib.import_module("default_security_group.handler")

    def with_aws(client: Any, answers: Answers) -> Any:
        monkeypatch.setattr(module, "_EC2", client)
        monkeypatch.setattr(module, "_HTTPS", answers)
        return module

    return with_aws


def should_take_every_rule_away() -> None:
    client, stub = stubbed(INGRESS, EGRESS)
    stub.add_response("revoke_security_group_ingress", {}, {"GroupId": GROUP, "IpPermissions": INGRESS})
    stub.add_response("revoke_security_group_egress", {}, {"GroupId": GROUP, "IpPermissions": EGRESS})
    close(client, GROUP)
    stub.assert_no_pending_responses()


def should_leave_a_group_without_rules_as_it_is() -> None:
    client, stub = stubbed([], [])
    close(client, GROUP)  # the stub fails for a call that it does not expect
    stub.assert_no_pending_responses()


def should_tell_cloudformation_that_the_group_is_closed(handler: Callable[..., Any]) -> None:
    answers = Answers()
    handler(stubbed([], [])[0], answers).handle(EVENT, None)
    ((method, url, answer),) = answers.sent
    assert (method, url) == ("PUT", EVENT["ResponseURL"])
    assert answer == {
        "Status": "SUCCESS",
        "StackId": EVENT["StackId"],
        "RequestId": "request",
        "LogicalResourceId": "Closed",
        "PhysicalResourceId": GROUP,
    }


def should_tell_cloudformation_why_it_failed(handler: Callable[..., Any]) -> None:
    client, stub = stubbed(INGRESS, EGRESS)
    stub.add_client_error("revoke_security_group_ingress", "UnauthorizedOperation", "no" * 4000)
    answers = Answers()
    with pytest.raises(client.exceptions.ClientError):
        handler(client, answers).handle(EVENT, None)
    answer = answers.sent[0][2]
    assert answer["Status"] == "FAILED"
    assert "UnauthorizedOperation" in answer["Reason"]
    assert len(json.dumps(answer)) <= 4096


def should_open_nothing_when_the_resource_is_deleted(handler: Callable[..., Any]) -> None:
    answers = Answers()
    handler(None, answers).handle({**EVENT, "RequestType": "Delete"}, None)
    assert answers.sent[0][2]["Status"] == "SUCCESS"


def should_fail_when_its_answer_is_refused(handler: Callable[..., Any]) -> None:
    with pytest.raises(RuntimeError, match="refused the answer: 403"):
        handler(stubbed([], [])[0], Answers(status=403)).handle(EVENT, None)
