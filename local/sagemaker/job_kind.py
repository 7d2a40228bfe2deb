"""The kinds of jobs: what their fields, ARNs and events are called, and the tables of their jobs."""

from collections.abc import Callable
from dataclasses import dataclass

from local.sagemaker.errors import ApiError, not_found, validation
from local.sagemaker.events import described, state_changed
from local.sagemaker.state import Record, Region, Table


@dataclass(frozen=True)
class JobKind:
    """`title` is its name in events (Training Job), `resource` in ARNs; `missing` is the error for an unknown job.

    `taken` is the message where a job of this name exists.
    """

    title: str
    resource: str
    missing: Callable[[str], ApiError]
    taken: str = "Job name must be unique within an AWS account and region, and a job exists with {arn}"

    @property
    def noun(self) -> str:
        """Return what its operations and fields are named after: TrainingJob."""
        return self.title.replace(" ", "")

    @property
    def name(self) -> str:
        """Return the field with a job's name."""
        return f"{self.noun}Name"

    @property
    def arn(self) -> str:
        """Return the field with a job's ARN."""
        return f"{self.noun}Arn"

    @property
    def status(self) -> str:
        """Return the field with a job's status."""
        return f"{self.noun}Status"

    def table(self, region: Region) -> Table:
        """Return the region's jobs of this kind by name."""
        return region.table(self.resource, self.missing)

    def announce(self, record: Record) -> None:
        """Tell EventBridge a job's state."""
        state_changed(f"{self.title} State", described(f"Describe{self.noun}", record), [record[self.arn]])


def _could_not_find(name: str) -> ApiError:
    return validation(f"Could not find requested job with name: {name}")


PROCESSING = JobKind("Processing Job", "processing-job", _could_not_find)
TRANSFORM = JobKind("Transform Job", "transform-job", _could_not_find)
TRAINING = JobKind(
    "Training Job",
    "training-job",
    lambda _: validation("Requested resource not found."),
    "Training job names must be unique within an AWS account and region, and a training job with this name already "
    "exists ({arn})",
)
TUNING = JobKind(
    "HyperParameter Tuning Job",
    "hyper-parameter-tuning-job",
    lambda name: not_found(f"Hyperparameter tuning job {name} does not exist."),
    "Hyperparameter tuning job names must be unique, and a job exists with {arn}",
)
