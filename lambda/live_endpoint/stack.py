"""The stack that a custom resource belongs to."""

from __future__ import annotations

from typing import Any


class Stack:
    """CloudFormation, by boto3's client, for one stack."""

    def __init__(self, cloudformation: Any, id: str) -> None:
        self._cloudformation = cloudformation
        self._id = id

    def goes_back(self) -> bool:
        """Whether it undoes an update: a request for that looks like any other, with the properties swapped."""
        (found,) = self._cloudformation.describe_stacks(StackName=self._id)["Stacks"]
        return "ROLLBACK" in found["StackStatus"]
