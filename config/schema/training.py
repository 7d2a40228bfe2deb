"""How one candidate is trained: by what, on which machines, from which channels."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.schema.base import Settings
from config.schema.job import Argument, FileName, Machine
from config.schema.tuning import Tuning

InputMode = Literal["File", "FastFile", "Pipe"]
ChannelName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9._-]+$",
        max_length=64,
        description="Letters, digits and ._-",
        examples=["train"],
    ),
]
HyperparameterName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_.-]+$",
        max_length=256,
        description="Letters, digits and _.-",
        examples=["num_round"],
    ),
]


class FileSystem(Settings):
    """A folder of a file system in the existing VPC."""

    id: str = Field(pattern=r"^fs-[0-9a-f]{8,21}$", description="Its id.", examples=["fs-0a1b2c3d4e5f60718"])
    type: Literal["EFS", "FSxLustre"]
    path: str = Field(
        pattern=r"^/", max_length=4096, description="Folder, from the root; FSx: mount name first.", examples=["/fsx"]
    )
    access: Literal["ro", "rw"] = "ro"


class Channel(Settings):
    """Data that a training job reads: exactly one of `from` and `file_system`."""

    source: str | None = Field(
        None,
        alias="from",
        max_length=1024,
        description="An output of processing, or s3://bucket/prefix.",
        examples=["train"],
    )
    file_system: FileSystem | None = None
    content_type: str | None = Field(None, max_length=256, description="MIME type.", examples=["text/csv"])
    compression: Literal["None", "Gzip"] = "None"
    input_mode: InputMode | None = Field(None, description="null: the candidate's.")
    distribution: Literal["FullyReplicated", "ShardedByS3Key"] = Field(
        "FullyReplicated", description="Every instance gets all objects, or its share of them."
    )
    shuffle_seed: int | None = Field(None, ge=0, le=2**31 - 1, description="Order of the objects, anew in each epoch.")


class Spot(Settings):
    """Managed spot: cheaper machines that may be taken away."""

    max_wait_minutes: int = Field(ge=1, le=10080, description="For waiting and running together.")


class Debugger(Settings):
    """DebugHookConfig of the training job. Closed to new customers."""

    collections: dict[str, dict[str, str]] = Field(
        default_factory=dict, max_length=20, description="Tensor collection -> its parameters."
    )
    parameters: dict[str, str] = Field(default_factory=dict, max_length=20, description="Parameters of the hook.")


class Profiler(Settings):
    """ProfilerConfig of the training job. Closed to new customers; it ends on 2027-06-30."""

    interval_ms: Literal[100, 200, 500, 1000, 5000, 60000] = 500
    parameters: dict[str, str] = Field(default_factory=dict, max_length=20)


class Script(Settings):
    """A training script and the image that runs it."""

    entry_point: FileName
    image: str


def _splits() -> dict[str, Channel]:
    return {name: Channel.model_validate({"from": name}) for name in ("train", "validation")}


class Candidate(Machine):
    """One way to train the model. Its name is also the name of the variant that serves it.

    Exactly one kind: `entry_point` with `image`, `algorithm`, or `own_image`.
    """

    entry_point: FileName | None = Field(
        None, description="Script in the model's `code` folder.", examples=["train.py"]
    )
    image: str | None = Field(None, description="Name in config/catalogue/images.yaml, for the script.")
    algorithm: str | None = Field(None, description="A built-in algorithm of config/catalogue/algorithms.yaml.")
    own_image: str | None = Field(
        None,
        max_length=255,
        description="<account>.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:<64 hex digits>.",
    )
    instances: int = Field(1, ge=1, le=100, description="Instances of one job.")
    spot: Spot | None = Field(None, description="null: on demand.")
    checkpoints: bool = Field(False, description="Kept in the artifacts bucket; a restarted job goes on from them.")
    hyperparameters: dict[HyperparameterName, Argument] = Field(
        default_factory=dict, description='A value "{name}" is the pipeline\'s parameter of that name.'
    )
    metrics: dict[Annotated[str, Field(min_length=1, max_length=255)], Annotated[str, Field(max_length=500)]] = Field(
        default_factory=lambda: {
            "validation:macro_f1": r"validation:macro_f1=([0-9.]+)",
            "validation:accuracy": r"validation:accuracy=([0-9.]+)",
        },
        max_length=40,
        description="Metric name -> regular expression over the training log, one group.",
    )
    input_mode: InputMode = "File"
    channels: dict[ChannelName, Channel] = Field(default_factory=_splits, min_length=1, max_length=20)
    incremental: bool = Field(False, description="Start from the champion's artifact, in the channel `model`.")
    warm_pool_minutes: int = Field(0, ge=0, le=60, description="How long machines are kept for the next job.")
    tuning: Tuning | None = Field(None, description="Search the best hyperparameters with several jobs.")
    debugger: Debugger | None = None
    profiler: Profiler | None = None
    closed_features: Literal["accepted"] | None = Field(
        None, description="Needed for `debugger` and `profiler`: AWS closed both to new customers in 2026."
    )

    @property
    def script(self) -> Script:
        """Its script and image. ValueError for a candidate of an algorithm or of an image of its own."""
        if self.entry_point is None or self.image is None:
            raise ValueError(f"no script: {self.algorithm or self.own_image}")
        return Script(entry_point=self.entry_point, image=self.image)
