"""What is released against what is approved."""

from __future__ import annotations

from collections.abc import Iterator

from ops.checks.row import Answer, Check, Verdict
from ops.endpoint import NOT_RELEASED, parameter_name, short
from ops.verify.question import check
from ops.verify.running import Running


def checks(running: Running) -> Iterator[Check]:
    """One for each variant that releases choose for."""
    for variant, served in running.settings.served.items():
        source = served.released
        if source and source.model and source.candidate:
            group = running.deployment.platform.name(source.model, source.candidate)
            path = f"endpoints.{running.endpoint}.variants.{variant}"
            name = f"{running.endpoint}/{variant}: release"
            yield check(name, path, "VERIFY-RELEASED", _released, running, variant, group)


def _released(running: Running, variant: str, group: str) -> Answer:
    """A release may be under way, paused or waiting: that is said, and no difference."""
    listed = running.cloud.all(
        "sagemaker",
        "list_model_packages",
        "ModelPackageSummaryList",
        ModelPackageGroupName=group,
        ModelApprovalStatus="Approved",
    )
    latest = max(listed, key=lambda its: int(its["ModelPackageVersion"]), default=None)
    found = short(running.stack.parameters.get(parameter_name(variant), NOT_RELEASED))
    approved = short(latest["ModelPackageArn"]) if latest else NOT_RELEASED
    if not latest or found == approved:
        return Answer(found, needed=approved)
    message = "the latest approved package is not the one that the stack selects."
    fix = f"python -m ops release status {running.endpoint} says whether a release is under way or paused."
    return Answer(found, Verdict.WARNING, message, fix, approved)
