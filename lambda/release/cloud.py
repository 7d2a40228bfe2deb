"""The reconciler's eyes and hands: CloudFormation, SageMaker, CloudWatch and the operators' topic."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from release import operation
from release.alarms import Tripped, tripped
from release.decision import MARK, ROLLED_BACK, Stack, Update
from release.hosting import Hosting, if_present
from release.message import Message
from release.operation import Operation
from release.registry import Registry
from release.settings import Endpoint

# CloudFormation's own words for "somebody else was first": an update is under way, or has just made the stack what we
# wanted. Its events, or the next look, wake us again.
_BUSY = ("_IN_PROGRESS state and can not be updated", "No updates are to be performed")


class StackGoneError(Exception):
    """The inference stack does not exist: not deployed yet, or already destroyed."""


class Cloud:
    """Clients of boto3, and the ARN of the operators' topic."""

    def __init__(self, *, cloudformation: Any, sagemaker: Any, cloudwatch: Any, sns: Any, topic: str) -> None:
        self._cloudformation = cloudformation
        self._cloudwatch = cloudwatch
        self._sns = sns
        self._topic = topic
        self.sagemaker = sagemaker
        self.registry = Registry(sagemaker)
        self.hosting = Hosting(sagemaker)

    def stack(self, endpoint: Endpoint) -> Stack:
        """The stack as it is, how its last operation ended, and what really runs. Raises StackGoneError."""
        described = self._described(endpoint.stack)
        last = operation.read(self._last_operation(described["StackId"]), endpoint.configuration)
        status = described["StackStatus"]
        parameters = {p["ParameterKey"]: p["ParameterValue"] for p in described.get("Parameters", [])}
        went_back_to = None if status.endswith("_IN_PROGRESS") else self._went_back_to(endpoint)
        undone = status == ROLLED_BACK or went_back_to
        alarms, early = self._tripped(last) if undone else ((), ())
        return Stack(
            status=status,
            parameters=parameters,
            token=last.token,
            failed=last.failed,
            reason=last.reason,
            event=last.event,
            age=(datetime.datetime.now(datetime.UTC) - last.ended).total_seconds(),
            live=went_back_to is None,
            running=self._running(endpoint, went_back_to, parameters),
            alarms=alarms,
            early=early,
            moved=went_back_to if went_back_to and not _made_by(endpoint, went_back_to) else "",
        )

    def resources(self, stack: str) -> list[dict[str, Any]]:
        """The stack's resources: ListStackResources, which gives all of them."""
        pages = self._cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
        return [resource for page in pages for resource in page["StackResourceSummaries"]]

    def update(self, endpoint: Endpoint, stack: Stack, update: Update) -> bool:
        """Start the update under the endpoint's release role; never wait for it. False: somebody else was first.

        Parameters of the stack that are no variant's here keep their values: one that is left out would be reset.
        """
        kept = [name for name in stack.parameters if name not in update.parameters]
        try:
            self._cloudformation.update_stack(
                StackName=endpoint.stack,
                UsePreviousTemplate=True,
                Parameters=[
                    *({"ParameterKey": name, "ParameterValue": value} for name, value in update.parameters.items()),
                    *({"ParameterKey": name, "UsePreviousValue": True} for name in kept),
                ],
                Capabilities=["CAPABILITY_IAM"],
                RoleARN=endpoint.role,
                ClientRequestToken=update.token,
            )
        except ClientError as error:
            if any(words in str(error) for words in _BUSY):
                return False
            raise
        return True

    def tell(self, message: Message) -> None:
        """Publish to the operators' topic."""
        self._sns.publish(TopicArn=self._topic, Subject=message.subject, Message=message.text)

    def _described(self, stack: str) -> dict[str, Any]:
        found = if_present(self._cloudformation.describe_stacks, StackName=stack)
        if found is None:
            raise StackGoneError(stack)
        described: dict[str, Any] = found["Stacks"][0]
        return described

    def _went_back_to(self, endpoint: Endpoint) -> str | None:
        """The configuration that the endpoint runs on, if it is not its stack's. None while there is no endpoint."""
        live = self.hosting.configuration(endpoint.name)
        if live is None:
            return None
        found = if_present(
            self._cloudformation.describe_stack_resource,
            StackName=endpoint.stack,
            LogicalResourceId=endpoint.configuration,
        )
        if found is None:
            return None
        declared = found["StackResourceDetail"]["PhysicalResourceId"]
        # The physical id is an ARN, and ARNs have the name in lower case.
        return None if declared.rsplit("/", 1)[-1].lower() == live[0].lower() else live[0]

    def _running(
        self, endpoint: Endpoint, went_back_to: str | None, parameters: Mapping[str, str]
    ) -> Mapping[str, str]:
        """Parameter -> package: as the stack says, unless the endpoint went back to another configuration."""
        if went_back_to is None:
            return parameters
        packages = self.hosting.packages(went_back_to)
        own = {v.parameter: packages[v.name] for v in endpoint.variants if v.name in packages}
        return {**parameters, **own}

    def _tripped(self, last: Operation) -> Tripped:
        """Only a release's own alarms count: those of a deployment are its own operator's."""
        return tripped(self._cloudwatch, last) if last.token.startswith(f"{MARK}-") else ((), ())

    def _last_operation(self, stack_id: str) -> list[operation.Event]:
        """The events of the stack's last operation, newest first, down to the one that started it."""
        events: list[operation.Event] = []
        for page in self._cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id):
            for event in page["StackEvents"]:
                events.append(event)
                if operation.starts(event, stack_id):
                    return events
        return events


def _made_by(endpoint: Endpoint, configuration: str) -> bool:
    """Whether the endpoint's stack made a configuration: CloudFormation names it `<logical id>-<random>`."""
    return configuration.lower().startswith(f"{endpoint.configuration}-")
