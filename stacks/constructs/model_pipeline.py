"""The pipeline of one model and the role that it runs its steps with."""

from __future__ import annotations

import json

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.constructs.job_roles import JobRoles
from stacks.constructs.scoped_role import ScopedRole
from stacks.permissions import trust
from stacks.permissions.pipeline import pipeline as permissions
from stacks.pipeline_definition import PipelinePlan, approval_status, limits, pipeline_definition
from stacks.values.identity import Identity
from stacks.values.image_repository import ImageRepository
from stacks.values.placement import Placement
from stacks.values.store import Stores


class ModelPipeline:
    """The pipeline `name` as planned. Its role can start jobs within the plan's limits, under the jobs' roles, only."""

    def __init__(
        self,
        scope: Construct,
        *,
        name: str,
        planned: PipelinePlan,
        identity: Identity,
        jobs: JobRoles,
        images: list[ImageRepository],
        stores: Stores,
        placement: Placement,
    ) -> None:
        candidates = planned.candidates.values()
        role = ScopedRole(
            scope,
            "PipelineRole",
            identity=identity,
            kind="pipeline",
            trust=trust.sagemaker(identity.account),
            description=f"Runs the steps of {name}",
            statements=permissions(
                identity.account,
                stores=stores,
                model=planned.model,
                groups=[candidate.group for candidate in candidates],
                approval=approval_status(planned.settings),
                images=images,
                job_roles=[job.role_arn for job in jobs.of_pipeline],
                processing=limits([planned.processing, planned.evaluation, planned.scan]),
                training=limits([each.compute for each in candidates if not each.settings.tuning]),
                tuning=limits([each.compute for each in candidates if each.settings.tuning]),
                transform=limits([planned.transform] if planned.transform else []),
                function=planned.workflow.function_arn if planned.workflow else None,
                placement=placement,
            ),
        )
        # What CloudFormation fills in are ARNs and ids, which need no escape inside JSON.
        definition = json.dumps(pipeline_definition(planned), separators=(",", ":"))
        self.resource = sagemaker.CfnPipeline(
            scope,
            "Pipeline",
            pipeline_name=name,
            role_arn=role.role,
            pipeline_definition={"PipelineDefinitionBody": definition},
        )
