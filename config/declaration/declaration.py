"""A model's declaration: what a request may hold, by its media type, and what one prediction looks like."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from config.schema.base import Settings

JSON = "application/json"
JSON_LINES = "application/jsonlines"
CSV = "text/csv"
# botocore's shape BodyBlob of sagemaker-runtime; an asynchronous request may have 1 GB.
LARGEST_SYNCHRONOUS = 6 * 1024 * 1024
LARGEST_SERVERLESS = 4 * 1024 * 1024
LARGEST_ASYNCHRONOUS = 1024**3
# Mode of an endpoint -> bytes of a request.
LARGEST = {
    "real_time": LARGEST_SYNCHRONOUS,
    "serverless": LARGEST_SERVERLESS,
    "asynchronous": LARGEST_ASYNCHRONOUS,
}

MaxInstances = Field(1000, ge=1, le=100_000, description="Instances in one request.")
Schema = dict[str, Any]


class Instances(Settings):
    """`application/json`: `{"instances": [...]}`. `application/jsonlines`: one instance on each line."""

    instance: Schema = Field(description="JSON Schema of one instance: the subset in docs/front-door.md.")
    max_instances: int = MaxInstances


class Table(Settings):
    """`text/csv`: one instance in each row, RFC 4180, UTF-8, separated by commas."""

    columns: list[str] = Field(min_length=1, max_length=1000, description="Their names, in their order.")
    header: bool = Field(False, description="Whether the first row has the columns' names.")
    instance: Schema | None = Field(
        None,
        description="JSON Schema of a row as an object of its columns: a cell is a text, or what its type says.",
    )
    max_instances: int = MaxInstances


class Bytes(Settings):
    """Any other media type: passed on as it is."""

    max_bytes: int = Field(LARGEST_SYNCHRONOUS, ge=1, le=LARGEST_ASYNCHRONOUS, description="Bytes of one request.")


Request = Instances | Table | Bytes


class Example(Settings):
    """One request and its answer."""

    summary: str = Field(min_length=1, max_length=120)
    request: Any = Field(description="The body of an application/json request.")
    response: Any = Field(description="What is answered to it.")


class Declaration(Settings):
    """A model's API."""

    title: str = Field(min_length=1, max_length=120)
    description: str = Field("", max_length=4000)
    requests: dict[str, Request] = Field(min_length=1, description="Media type -> what a body of it must be.")
    prediction: Schema | None = Field(
        None, description="JSON Schema of one prediction; null: the answer is passed on as it is."
    )
    examples: list[Example] = Field(default_factory=list, max_length=20)


def request_kind(media_type: str) -> type[Instances] | type[Table] | type[Bytes]:
    """How a request of this media type is declared and checked."""
    if media_type in (JSON, JSON_LINES):
        return Instances
    return Table if media_type == CSV else Bytes
