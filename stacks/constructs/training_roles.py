"""What each kind of job of one model may touch: this is where jobs and buckets meet."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from config.schema import Job, Model
from stacks.constructs.code_archive import CodeArchive
from stacks.constructs.image_repository import ImageRepository
from stacks.constructs.job_role import JobRole


@dataclass(frozen=True)
class Stores:
    """The buckets and their keys."""

    data: s3.IBucket
    data_key: kms.IKey
    artifacts: s3.IBucket
    artifacts_key: kms.IKey


class TrainingRoles(Construct):
    """One role for each kind of job: processing, training, evaluation. Each reads what its job reads, and no more."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        model: str,
        settings: Model,
        images: dict[str, ImageRepository],
        code: CodeArchive,
        stores: Stores,
    ) -> None:
        super().__init__(scope, id)
        self._model, self._images, self._code = model, images, code
        processed, models = f"processed/{model}/", f"models/{model}/"

        self.processing = self._role("Processing", [settings.processing], "/aws/sagemaker/ProcessingJobs")
        self.processing.may_read(stores.data, f"raw/{model}/")
        self.processing.may_write(stores.data, processed)
        self.processing.may_use(stores.data_key)

        self.training = self._role("Training", list(settings.candidates.values()), "/aws/sagemaker/TrainingJobs")
        self.training.may_read(stores.data, processed)
        self.training.may_write(stores.artifacts, models)
        self.training.may_use(stores.data_key, stores.artifacts_key)

        self.evaluation = self._role("Evaluation", [settings.evaluation], "/aws/sagemaker/ProcessingJobs")
        self.evaluation.may_read(stores.data, processed)
        self.evaluation.may_read(stores.artifacts, models)
        self.evaluation.may_write(stores.artifacts, f"evaluations/{model}/")
        self.evaluation.may_use(stores.data_key, stores.artifacts_key)

        self.all = [self.processing, self.training, self.evaluation]

    def _role(self, id: str, jobs: list[Job], logs: str) -> JobRole:
        images = [self._images[job.image] for job in jobs]
        role = JobRole(self, id, description=f"{id} jobs of {self._model}", images=images, logs=logs)
        role.may_read_asset(self._code.asset)
        return role
