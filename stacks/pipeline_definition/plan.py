"""From a model's settings, and the resources around it, to everything its pipeline's definition is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from config import catalogue
from config.schema import Job, Model
from stacks.pipeline_definition.jobs import Compute


@dataclass(frozen=True)
class Surroundings:
    """Names, ARNs and addresses of what the pipeline's jobs use. `groups`: candidate -> model package group."""

    region: str
    raw_bucket: str
    data_bucket: str
    data_key: str
    artifacts_bucket: str
    artifacts_key: str
    code_uri: str
    code_name: str
    images: Mapping[str, str]
    processing_role: str
    training_role: str
    evaluation_role: str
    groups: Mapping[str, str]
    subnets: Sequence[str]
    security_group: str

    def compute(self, job: Job, *, role: str, output_key: str) -> Compute:
        """The job's machine. Where the instance family has drives of its own, their hardware encrypts them."""
        return Compute(
            image=self.images[job.image],
            role=role,
            instance_type=job.instance_type,
            volume_gb=job.volume_gb,
            volume_key=None if catalogue.encrypts_its_drives(job.instance_type) else self.data_key,
            output_key=output_key,
            max_runtime_seconds=job.max_runtime_minutes * 60,
            subnets=self.subnets,
            security_groups=[self.security_group],
        )


@dataclass(frozen=True)
class JobPlan:
    """A processing job: script, its arguments, machine."""

    entry_point: str
    arguments: Mapping[str, object]
    compute: Compute


@dataclass(frozen=True)
class CandidatePlan:
    """How one candidate is trained and where it is registered."""

    entry_point: str
    hyperparameters: Mapping[str, object]
    metrics: Mapping[str, str]
    compute: Compute
    group: str


@dataclass(frozen=True)
class PipelinePlan:
    """One model's pipeline. Buckets are names; `code_uri` and `code_name` are one archive."""

    model: str
    region: str
    raw_bucket: str
    data_bucket: str
    artifacts_bucket: str
    code_uri: str
    code_name: str
    processing: JobPlan
    evaluation: JobPlan
    candidates: Mapping[str, CandidatePlan]
    metric: str
    at_least: float
    approval: str


def plan(model: str, settings: Model, around: Surroundings) -> PipelinePlan:
    """Put the settings and their surroundings together."""
    processing, evaluation = settings.processing, settings.evaluation
    return PipelinePlan(
        model=model,
        region=around.region,
        raw_bucket=around.raw_bucket,
        data_bucket=around.data_bucket,
        artifacts_bucket=around.artifacts_bucket,
        code_uri=around.code_uri,
        code_name=around.code_name,
        processing=JobPlan(
            processing.entry_point,
            processing.arguments,
            around.compute(processing, role=around.processing_role, output_key=around.data_key),
        ),
        evaluation=JobPlan(
            evaluation.entry_point,
            {},
            around.compute(evaluation, role=around.evaluation_role, output_key=around.artifacts_key),
        ),
        candidates={
            name: CandidatePlan(
                candidate.entry_point,
                candidate.hyperparameters,
                candidate.metrics,
                around.compute(candidate, role=around.training_role, output_key=around.artifacts_key),
                around.groups[name],
            )
            for name, candidate in settings.candidates.items()
        },
        metric=settings.gate.metric,
        at_least=settings.gate.at_least,
        approval=approval_status(settings),
    )


def approval_status(settings: Model) -> str:
    """The status that a registered version starts with."""
    return "Approved" if settings.approval == "automatic" else "PendingManualApproval"
