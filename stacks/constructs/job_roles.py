"""The roles of one model's jobs: this is where jobs and buckets meet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from constructs import Construct

from config.schema import Job, Model, Script
from stacks.constructs.scoped_role import ScopedRole
from stacks.permissions import jobs, trust
from stacks.permissions.statement import Statement
from stacks.values.account import Account
from stacks.values.asset_file import AssetFile
from stacks.values.identity import Identity
from stacks.values.image_repository import ImageRepository
from stacks.values.store import Stores

Permissions = Callable[[Account, Stores, str, Sequence[ImageRepository], AssetFile], list[Statement]]


class JobRoles:
    """One role for each kind of job: `processing`, `training`, `evaluation`, which are the pipeline's, `experiment`.

    `foreign_buckets`: names of buckets of others that jobs may read.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        identity: Identity,
        model: str,
        settings: Model,
        images: dict[str, ImageRepository],
        code: AssetFile,
        stores: Stores,
        foreign_buckets: Sequence[str],
    ) -> None:
        foreign = jobs.read_foreign(identity.account, foreign_buckets)

        def role(kind: str, its_jobs: Sequence[Job | Script], permissions: Permissions) -> ScopedRole:
            its_images = [images[job.image] for job in its_jobs]
            return ScopedRole(
                scope,
                kind.capitalize(),
                identity=identity,
                kind=kind,
                trust=trust.sagemaker(identity.account),
                description=f"{kind.capitalize()} jobs of {model}",
                statements=[*permissions(identity.account, stores, model, its_images, code), *foreign],
            )

        self.processing = role("processing", [settings.processing], jobs.processing)
        candidates = [candidate.script for candidate in settings.candidates.values()]
        self.training = role("training", candidates, jobs.training)
        self.evaluation = role("evaluation", [settings.evaluation], jobs.evaluation)
        of_the_pipeline: list[Job | Script] = [settings.processing, *candidates, settings.evaluation]
        self.experiment = role("experiment", of_the_pipeline, jobs.experiment)
        self.of_pipeline = [self.processing, self.training, self.evaluation]
