"""From the names of the configuration to the ids of constructs."""

from __future__ import annotations


def construct_id(name: str) -> str:
    """`my-candidate` -> `MyCandidate`: CloudFormation's logical ids allow letters and digits only."""
    return name.title().replace("-", "")
