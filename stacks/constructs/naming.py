"""From the names of the configuration to the ids of constructs, and from a construct to its stack."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct


def construct_id(name: str) -> str:
    """`my-candidate` -> `MyCandidate`: CloudFormation's logical ids allow letters and digits only."""
    return name.title().replace("-", "")


def stack_of(scope: Construct) -> cdk.Stack:
    """As `cdk.Stack.of`, without asking the CDK's own process where `scope` is one, or says which is its `stack`."""
    if isinstance(scope, cdk.Stack):
        return scope
    known = getattr(scope, "stack", None)
    return known if isinstance(known, cdk.Stack) else cdk.Stack.of(scope)
