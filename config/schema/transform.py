"""Batch transform: predictions for whole files."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.schema.base import InstanceType, Settings

JsonPath = Annotated[str, Field(max_length=63, description="JSONPath, SageMaker's subset.", examples=["$.text"])]


class Transform(Settings):
    """The step that predicts what lies under `raw/<model>/<input>`, after registration."""

    input: str = Field(
        "transform/",
        pattern=r"^transform/([A-Za-z0-9_-]+/)*$",
        max_length=512,
        description="Prefix below the model's raw data, with a slash at its end.",
        examples=["transform/"],
    )
    instance_type: InstanceType = "ml.m5.large"
    instances: int = Field(1, ge=1, le=100, description="Instances.")
    strategy: Literal["MultiRecord", "SingleRecord"] = Field(
        "MultiRecord", description="As many records in a request as fit, or one."
    )
    split: Literal["None", "Line", "RecordIO", "TFRecord"] = Field("Line", description="What ends a record.")
    join: Literal["None", "Input"] = Field("None", description="Input: each prediction beside its record.")
    input_filter: JsonPath = "$"
    output_filter: JsonPath = "$"
    max_payload_mb: int = Field(6, ge=1, le=100, description="Largest request, MB.")
    max_concurrent: int = Field(4, ge=1, le=100, description="Requests at once for each instance.")
    hardware_encryption: Literal["accepted"] | None = Field(
        None, description="For families with drives of their own: their hardware's key, instead of `keys.data`."
    )
