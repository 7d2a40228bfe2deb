"""The limits of a pipeline's role, from the jobs that the pipeline defines: these machines, these keys, no longer."""

from __future__ import annotations

from collections.abc import Sequence

from stacks.pipeline_definition.compute import Compute
from stacks.values.job_limits import JobLimits


def limits(computes: Sequence[Compute]) -> list[JobLimits]:
    """One for the jobs whose volume takes a key, one for those whose instance family encrypts its own drives."""
    by_key: dict[str | None, list[Compute]] = {}
    for compute in computes:
        by_key.setdefault(compute.volume_key, []).append(compute)
    return [
        JobLimits(
            instance_types=sorted({each.instance_type for each in group}),
            max_runtime_seconds=max(each.max_runtime_seconds for each in group),
            volume_key=key,
            output_keys=list(dict.fromkeys(each.output_key for each in group)),
        )
        for key, group in by_key.items()
    ]
