"""From a model's settings, and the resources around it, to everything its pipeline's definition is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from config import catalogue
from config.schema import Candidate, Machine, Model, Transform
from stacks.pipeline_definition.compute import Compute
from stacks.values.job_images import JobImages
from stacks.values.workflow import Workflow


@dataclass(frozen=True)
class Surroundings:
    """Names, ARNs and addresses of what the pipeline's jobs use. `groups`: candidate -> model package group.

    `transform_role` is None without a batch transform, `workflow` where the pipeline asks nothing.
    """

    region: str
    raw_bucket: str
    data_bucket: str
    data_key: str
    artifacts_bucket: str
    artifacts_key: str
    code_uri: str
    code_name: str
    scan_code_uri: str
    images: JobImages
    processing_role: str
    training_role: str
    evaluation_role: str
    scan_role: str
    transform_role: str | None
    groups: Mapping[str, str]
    subnets: Sequence[str]
    security_group: str
    workflow: Workflow | None

    def compute(
        self, job: Machine | Transform, *, image: str, role: str, output_key: str, instances: int = 1
    ) -> Compute:
        """The job's machine. Where the instance family has drives of its own, their hardware encrypts them."""
        return Compute(
            image=image,
            role=role,
            instance_type=job.instance_type,
            instances=instances,
            volume_key=None if catalogue.encrypts_its_drives(job.instance_type) else self.data_key,
            output_key=output_key,
            # A transform job has neither a volume to choose nor a time limit.
            volume_gb=job.volume_gb if isinstance(job, Machine) else 0,
            max_runtime_seconds=job.max_runtime_minutes * 60 if isinstance(job, Machine) else 0,
            subnets=self.subnets,
            security_groups=[self.security_group],
        )


@dataclass(frozen=True)
class CandidatePlan:
    """How one candidate is trained and where it is registered."""

    settings: Candidate
    compute: Compute
    group: str


@dataclass(frozen=True)
class PipelinePlan:
    """One model's pipeline. Buckets are names; `code_uri` and `code_name` are one archive."""

    model: str
    settings: Model
    region: str
    raw_bucket: str
    data_bucket: str
    artifacts_bucket: str
    code_uri: str
    code_name: str
    scan_code_uri: str
    processing: Compute
    evaluation: Compute
    scan: Compute
    candidates: Mapping[str, CandidatePlan]
    transform: Compute | None
    workflow: Workflow | None


def plan(model: str, settings: Model, around: Surroundings) -> PipelinePlan:
    """Put the settings and their surroundings together."""
    evaluation = around.compute(
        settings.evaluation,
        image=around.images.evaluation.uri,
        role=around.evaluation_role,
        output_key=around.artifacts_key,
    )
    return PipelinePlan(
        model=model,
        settings=settings,
        region=around.region,
        raw_bucket=around.raw_bucket,
        data_bucket=around.data_bucket,
        artifacts_bucket=around.artifacts_bucket,
        code_uri=around.code_uri,
        code_name=around.code_name,
        scan_code_uri=around.scan_code_uri,
        processing=around.compute(
            settings.processing,
            image=around.images.processing.uri,
            role=around.processing_role,
            output_key=around.data_key,
        ),
        evaluation=evaluation,
        # It needs a Python and nothing else, so it takes the evaluation's image and machine.
        scan=replace(evaluation, role=around.scan_role),
        candidates={
            name: CandidatePlan(
                candidate,
                around.compute(
                    candidate,
                    image=around.images.candidates[name].uri,
                    role=around.training_role,
                    output_key=around.artifacts_key,
                    instances=candidate.instances,
                ),
                around.groups[name],
            )
            for name, candidate in settings.candidates.items()
        },
        transform=_transform(settings, around),
        workflow=around.workflow,
    )


def _transform(settings: Model, around: Surroundings) -> Compute | None:
    its = settings.transform
    if its is None:
        return None
    role = around.transform_role or ""
    return around.compute(its, image="", role=role, output_key=around.data_key, instances=its.instances)


def approval_status(settings: Model) -> str:
    """The status that a registered version starts with."""
    return "Approved" if settings.approval == "automatic" else "PendingManualApproval"
