"""Questions to AWS, with the operator's credentials. It reads and changes nothing."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.absence import is_absent
from ops.session import Environment, OpsError


class UnansweredError(Exception):
    """A call that was denied, failed, or is not known at this endpoint."""

    def __init__(self, action: str, why: object) -> None:
        super().__init__(f"{action} was not answered by this endpoint: {why}".rstrip(". :"))


class Cloud:
    """What AWS answers for one environment."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def find(
        self, service: str, operation: str, *, region: str | None = None, **parameters: Any
    ) -> dict[str, Any] | None:
        """The answer of one call, or None when what it names does not exist. Raises UnansweredError for all else.

        `region`: where it is asked, when not in the environment's own.
        """
        client = self._environment.client(service, region)
        try:
            answer: dict[str, Any] = getattr(client, operation)(**parameters)
        except ClientError as error:
            if is_absent(error):
                return None
            raise UnansweredError(_action(service, operation), error) from None
        except BotoCoreError as error:
            raise UnansweredError(_action(service, operation), error) from None
        return answer

    def ask(self, service: str, operation: str, *, region: str | None = None, **parameters: Any) -> dict[str, Any]:
        """The answer of one call that names nothing that could be absent."""
        answer = self.find(service, operation, region=region, **parameters)
        if answer is None:
            raise UnansweredError(_action(service, operation), "it does not exist")
        return answer

    def all(self, service: str, operation: str, key: str, **parameters: Any) -> list[Any]:
        """The `key` of every page of a list operation; empty when what it names does not exist."""
        pages = self._environment.client(service).get_paginator(operation).paginate(**parameters)
        try:
            return [each for page in pages for each in page.get(key, [])]
        except ClientError as error:
            if is_absent(error):
                return []
            raise UnansweredError(_action(service, operation), error) from None
        except BotoCoreError as error:
            raise UnansweredError(_action(service, operation), error) from None

    def deployed(self, *stack: str) -> bool:
        """Whether one of the environment's stacks exists: what it made is counted as used already."""
        try:
            self._environment.stack(*stack)
        except OpsError:
            return False
        except (ClientError, BotoCoreError) as error:
            raise UnansweredError("cloudformation:DescribeStacks", error) from None
        return True

    def made(self, stack: str, type: str) -> set[str]:
        """Physical ids of the resources of a type in one of the environment's stacks; none before it is deployed."""
        if not self.deployed(stack):
            return set()
        name = self._environment.platform.name(stack)
        found = self.all("cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=name)
        return {its["PhysicalResourceId"] for its in found if its["ResourceType"] == type}

    @cached_property
    def sagemaker_quotas(self) -> dict[str, float]:
        """Quota name -> its value in this account and region; AWS's default where no value is applied."""
        defaults = self.all("service-quotas", "list_aws_default_service_quotas", "Quotas", ServiceCode="sagemaker")
        applied = self.all("service-quotas", "list_service_quotas", "Quotas", ServiceCode="sagemaker")
        return {quota["QuotaName"]: quota["Value"] for quota in [*defaults, *applied]}

    def quota(self, service: str, code: str) -> float:
        """One quota by its code."""
        found = self.ask("service-quotas", "get_service_quota", ServiceCode=service, QuotaCode=code)
        return float(found["Quota"]["Value"])


def _action(service: str, operation: str) -> str:
    return f"{service}:{''.join(word.capitalize() for word in operation.split('_'))}"
