"""The roles of one model's jobs: this is where jobs and buckets meet."""

from __future__ import annotations

from collections.abc import Sequence

from constructs import Construct

from config.schema import Model
from stacks.constructs.scoped_role import ScopedRole
from stacks.permissions import jobs, trust
from stacks.permissions.statement import Statement
from stacks.values.asset_file import AssetFile
from stacks.values.identity import Identity
from stacks.values.job_images import JobImages
from stacks.values.store import Stores


class JobRoles:
    """One role for each kind of job: `processing`, `training`, `evaluation`, `scan`, `transform` (None without one).

    These are the pipeline's, `of_pipeline`; `experiment` is for jobs by hand. `code` is the model's, `scan_code` the
    platform's own. `foreign_buckets`: names of buckets of others that jobs may read.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        identity: Identity,
        model: str,
        settings: Model,
        images: JobImages,
        code: AssetFile,
        scan_code: AssetFile,
        stores: Stores,
        foreign_buckets: Sequence[str],
    ) -> None:
        self._scope, self._identity, self._model = scope, identity, model
        account = identity.account
        self._foreign = jobs.read_foreign(account, foreign_buckets)
        processing, evaluation = [images.processing], [images.evaluation]
        trained = list(images.candidates.values())
        more = _training_needs(identity, stores, model, settings)
        self.processing = self._role("processing", jobs.processing(account, stores, model, processing, code))
        self.training = self._role("training", [*jobs.training(account, stores, model, trained, code), *more])
        self.evaluation = self._role("evaluation", jobs.evaluation(account, stores, model, evaluation, code))
        self.scan = self._role("scan", jobs.scan(account, stores, model, evaluation, scan_code))
        self.transform = (
            self._role("transform", jobs.transform(account, stores, model, trained)) if settings.transform else None
        )
        self.experiment = self._role("experiment", jobs.experiment(account, stores, model, images.every(), code))
        used = [self.processing, self.training, self.evaluation, self.scan, self.transform]
        self.of_pipeline = [role for role in used if role]

    def _role(self, kind: str, statements: Sequence[Statement]) -> ScopedRole:
        return ScopedRole(
            self._scope,
            kind.capitalize(),
            identity=self._identity,
            kind=kind,
            trust=trust.sagemaker(self._identity.account),
            description=f"{kind.capitalize()} jobs of {self._model}",
            statements=[*statements, *self._foreign],
        )


def _training_needs(identity: Identity, stores: Stores, model: str, settings: Model) -> list[Statement]:
    """What some candidates' training needs beyond data, code and a place for the model."""
    candidates, account = settings.candidates.values(), identity.account
    found: list[Statement] = []
    if any(its.checkpoints for its in candidates):
        found += jobs.checkpoints(account, stores, model)
    if any(its.incremental for its in candidates):
        found += jobs.earlier_models(account, stores, model)
    if any(its.debugger or its.profiler for its in candidates):
        found += jobs.debugging(account, stores, model)
    return found
