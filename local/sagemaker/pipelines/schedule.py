"""Which steps of an execution may start now, and which never will."""

from collections.abc import Iterable, Mapping
from enum import Enum

from local.sagemaker.pipelines.definition import Step


class Outcome(Enum):
    """How a step ended, as far as the steps that wait for it are concerned."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    STOPPED = "Stopped"
    SKIPPED = "Skipped"


def next_steps(
    waiting: Iterable[Step], ended: Mapping[str, Outcome], branches: Mapping[str, bool]
) -> tuple[list[Step], list[Step]]:
    """Return the steps that are ready and those that are skipped, because a condition or a skipped step decided so.

    `branches` holds the outcome of each Condition step that ended.
    """
    ready, skipped = [], []
    for step in waiting:
        outcomes = [ended.get(name) for name in step.waits_for]
        if Outcome.SKIPPED in outcomes or _other_branch(step, branches):
            skipped.append(step)
        elif all(outcome is Outcome.SUCCEEDED for outcome in outcomes):
            ready.append(step)
    return ready, skipped


def _other_branch(step: Step, branches: Mapping[str, bool]) -> bool:
    if step.branch is None or step.branch[0] not in branches:
        return False
    condition, wanted = step.branch
    return branches[condition] is not wanted
