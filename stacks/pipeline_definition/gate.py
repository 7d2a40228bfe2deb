"""What a candidate must reach on the test split, as conditions on what the evaluation wrote."""

from __future__ import annotations

from dataclasses import dataclass

from stacks.pipeline_definition.functions import Reference
from stacks.pipeline_definition.steps import Condition, any_of, compare


@dataclass(frozen=True)
class Gate:
    """`score` of the candidate; `behind`: how far it is below the champion, which no condition could subtract."""

    score: Reference
    at_least: float
    behind: Reference
    not_below_by: float | None

    def passed(self) -> list[Condition]:
        """All of these hold."""
        found = [compare("GreaterThanOrEqualTo", self.score, self.at_least)]
        if self.not_below_by is not None:
            found.append(compare("LessThanOrEqualTo", self.behind, self.not_below_by))
        return found

    def failed(self) -> Condition:
        """The opposite."""
        found = [compare("LessThan", self.score, self.at_least)]
        if self.not_below_by is not None:
            found.append(compare("GreaterThan", self.behind, self.not_below_by))
        return any_of(*found)
