"""A small AWS that the release function acts on: one stack, one endpoint, a registry, alarms and a topic.

It can be told to kill the function after any of its calls, as a time-out would: the call has taken effect, and no other
one follows.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

STACK, ENDPOINT, CONFIG, MODEL = "dev-inference-reviews", "dev-reviews", "devreviewsconfig", "devreviewslinearmodel"
STACK_ID = f"arn:aws:cloudformation:eu-west-1:111122223333:stack/{STACK}/1"
ENDPOINTS = [
    {
        "stack": STACK,
        "role": "arn:aws:iam::111122223333:role/release",
        "name": ENDPOINT,
        "configuration": CONFIG,
        "models": [MODEL],
        "variants": [{"name": "linear", "parameter": "LinearModelPackage", "group": "reviews-linear", "weight": 1}],
    }
]
Given = dict[str, Any]


def package(version: int) -> str:
    return f"arn:aws:sagemaker:eu-west-1:111122223333:model-package/reviews-linear/{version}"


class KilledError(BaseException):
    """The function's process is gone: nothing in it can go on, not even what comes `finally`."""


@dataclass
class World:
    """`outcome`: how a roll-out of a package ends: `good`, `alarm`, `silent`, `ping`, `missing` or `capacity`."""

    outcome: dict[str, str] = field(default_factory=dict)
    kill_after: int | None = None
    throttle: str = ""
    calls: list[str] = field(default_factory=list)
    status: str = "UPDATE_COMPLETE"
    served: str = package(1)
    approved: list[str] = field(default_factory=lambda: [package(1)])
    rejected: dict[str, str] = field(default_factory=dict)
    tags: list[dict[str, str]] = field(default_factory=list)
    messages: list[tuple[str, str]] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    number: int = 1
    declared: int = 1
    live: int = 1
    kept: dict[int, str] = field(default_factory=lambda: {1: package(1)})
    killed: bool = False
    _before: str = ""

    def __post_init__(self) -> None:
        # pragma: allowlist nextline secret - a made-up or public value that opens nothing
        self._event("UPDATE_IN_PROGRESS", token="cdk-deploy")

    def clients(self) -> dict[str, Any]:
        """In place of boto3's."""
        operations: dict[str, dict[str, Callable[[Given], Any]]] = {
            "cloudformation": {
                "describe_stacks": self._describe_stacks,
                "describe_stack_resource": self._describe_stack_resource,
                "update_stack": self._update_stack,
            },
            "sagemaker": {
                "describe_endpoint": self._describe_endpoint,
                "describe_endpoint_config": self._describe_endpoint_config,
                "describe_model": self._describe_model,
                "list_model_packages": self._list_model_packages,
                "list_tags": lambda _: {"Tags": self.tags},
                "update_model_package": self._update_model_package,
                "list_endpoint_configs": lambda _: self._list("EndpointConfig", CONFIG),
                "list_models": lambda _: self._list("Model", MODEL),
                "delete_endpoint_config": lambda given: self._delete(given["EndpointConfigName"]),
                "delete_model": lambda _: None,
            },
            "cloudwatch": {
                "describe_alarms": lambda _: {"MetricAlarms": []},
                "describe_alarm_history": self._describe_alarm_history,
            },
            "sns": {"publish": lambda given: self.messages.append((given["Subject"], given["Message"]))},
        }
        clients = {
            name: SimpleNamespace(**{verb: self._called(verb, act) for verb, act in its.items()})
            for name, its in operations.items()
        }
        pages = {
            "describe_stack_events": lambda _: [{"StackEvents": list(reversed(self.events))}],
            "list_stack_resources": self._list_stack_resources,
        }
        calls = {verb: self._called(verb, act) for verb, act in pages.items()}
        clients["cloudformation"].get_paginator = lambda verb: SimpleNamespace(paginate=calls[verb])
        clients["sagemaker"].meta = SimpleNamespace(region_name="eu-west-1")
        return clients

    def revive(self) -> None:
        """The next invocation, which is killed no more."""
        self.killed, self.kill_after = False, None

    def ends(self) -> None:
        """CloudFormation and SageMaker come to the end of the update."""
        outcome = self.outcome.get(self.served, "good")
        self._event("UPDATE_COMPLETE", f"{CONFIG}", f"arn:x:endpoint-config/{CONFIG}-{self.number}")
        self._event("UPDATE_COMPLETE", "Alarm", f"{CONFIG}-{self.number}-linear-5xx", "AWS::CloudWatch::Alarm")
        if outcome != "missing":
            self._event("UPDATE_IN_PROGRESS", "Endpoint", "endpoint", "AWS::SageMaker::Endpoint")
        if outcome in ("alarm", "silent"):
            self.history.append(f"{CONFIG}-{self.number}-linear-5xx")
        if outcome in ("good", "silent"):
            self.declared = self.number
            self.live = self.number if outcome == "good" else self.live
            self.status = "UPDATE_COMPLETE"
        else:
            why = {
                "alarm": ("AWS::SageMaker::Endpoint", "went back"),
                "ping": ("AWS::SageMaker::Endpoint", "production variant linear did not pass the ping health check"),
                "missing": ("AWS::SageMaker::Model", f"model package {self.served} does not exist"),
                "capacity": ("AWS::SageMaker::Endpoint", "InsufficientInstanceCapacity"),
            }
            type, reason = why[outcome]
            self._event("UPDATE_FAILED", "Failed", "failed", type, reason)
            self._event("UPDATE_ROLLBACK_IN_PROGRESS")
            self.served, self.status = self._before, "UPDATE_ROLLBACK_COMPLETE"
        self._event(self.status)

    def news(self) -> dict[str, Any]:
        """The event of the stack's present status."""
        return {"detail": {"stack-id": STACK_ID, "status-details": {"status": self.status}}}

    def _called(self, verb: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            if self.killed:
                raise KilledError
            if verb == self.throttle:
                raise ClientError({"Error": {"Code": "Throttling", "Message": "Rate exceeded"}}, verb)
            answer = act(arguments)
            self.calls.append(verb)
            if len(self.calls) == self.kill_after:
                self.killed = True
                raise KilledError
            return answer

        return call

    def _event(
        self,
        status: str,
        resource: str = STACK,
        physical: str = STACK_ID,
        type: str = "AWS::CloudFormation::Stack",
        reason: str = "",
        token: str = "",
    ) -> None:
        token = token or (self.events[-1]["ClientRequestToken"] if self.events else "")
        if resource == CONFIG:
            type = "AWS::SageMaker::EndpointConfig"
        self.events.append(
            {
                "EventId": f"{len(self.events):08d}-event",
                "LogicalResourceId": resource,
                "PhysicalResourceId": physical,
                "ResourceType": type,
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
                "ClientRequestToken": token,
                "Timestamp": datetime.datetime.now(datetime.UTC),
            }
        )

    def _describe_stacks(self, _: Given) -> dict[str, Any]:
        parameters = [{"ParameterKey": "LinearModelPackage", "ParameterValue": self.served}]
        return {"Stacks": [{"StackId": STACK_ID, "StackStatus": self.status, "Parameters": parameters}]}

    def _describe_stack_resource(self, _: Given) -> dict[str, Any]:
        return {"StackResourceDetail": {"PhysicalResourceId": f"arn:x:endpoint-config/{CONFIG}-{self.declared}"}}

    def _list_stack_resources(self, _: Given) -> list[dict[str, Any]]:
        """A page for each: the janitor must read them all."""
        physical = {CONFIG: f"arn:x:endpoint-config/{CONFIG}-{self.declared}", MODEL: f"arn:x:model/{MODEL}-x"}
        listed = [
            {"LogicalResourceId": id, "PhysicalResourceId": its, "ResourceStatus": self.status}
            for id, its in physical.items()
        ]
        return [{"StackResourceSummaries": [each]} for each in reversed(listed)]

    def _update_stack(self, given: Given) -> None:
        if self.status.endswith("_IN_PROGRESS"):
            message = f"Stack:{STACK_ID} is in {self.status} state and can not be updated."
            raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "UpdateStack")
        self._before, self.served = self.served, given["Parameters"][0]["ParameterValue"]
        self.number += 1
        self.kept[self.number] = self.served
        self.status = "UPDATE_IN_PROGRESS"
        self._event(self.status, token=given["ClientRequestToken"])

    def _describe_endpoint(self, _: Given) -> dict[str, Any]:
        return {"EndpointConfigName": f"{CONFIG}-{self.live}", "EndpointStatus": "InService"}

    def _describe_endpoint_config(self, given: Given) -> dict[str, Any]:
        number = given["EndpointConfigName"].rsplit("-", 1)[1]
        return {"ProductionVariants": [{"VariantName": "linear", "ModelName": f"{MODEL}-{number}"}]}

    def _describe_model(self, given: Given) -> dict[str, Any]:
        return {"PrimaryContainer": {"ModelPackageName": self.kept[int(given["ModelName"].rsplit("-", 1)[1])]}}

    def _list_model_packages(self, _: Given) -> dict[str, Any]:
        return {
            "ModelPackageSummaryList": [
                {"ModelPackageArn": arn, "ModelPackageVersion": int(arn.rsplit("/", 1)[1])} for arn in self.approved
            ]
        }

    def _update_model_package(self, given: Given) -> None:
        package = given["ModelPackageArn"]
        self.rejected[package] = given["ApprovalDescription"]
        self.approved = [arn for arn in self.approved if arn != package]

    def _list(self, noun: str, logical_id: str) -> dict[str, Any]:
        return {f"{noun}s": [{f"{noun}Name": f"{logical_id}-{number}"} for number in self.kept]}

    def _delete(self, name: str) -> None:
        del self.kept[int(name.rsplit("-", 1)[1])]

    def _describe_alarm_history(self, given: Given) -> dict[str, Any]:
        state = json.dumps({"newState": {"stateValue": "ALARM", "stateReason": "Threshold Crossed"}})
        item = {"Timestamp": datetime.datetime.now(datetime.UTC), "HistoryData": state}
        return {"AlarmHistoryItems": [item] if given["AlarmName"] in self.history else []}


def wake_ups(world: World) -> Iterator[dict[str, Any]]:
    """What wakes the function until there is nothing left to do: each status of the stack, and other changes."""
    seen = ""
    for _ in range(12):
        yield world.news()
        yield {}  # the schedule, or a package that was rejected
        if world.status.endswith("_IN_PROGRESS"):
            world.ends()
        elif seen == world.events[-1]["EventId"]:
            return
        seen = world.events[-1]["EventId"]
    raise AssertionError("the function does not come to rest")
