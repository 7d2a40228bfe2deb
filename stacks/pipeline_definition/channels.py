"""What a training job reads, channel by channel."""

from __future__ import annotations

from typing import Any

from config.schema import Channel, FileSystem
from stacks.pipeline_definition.functions import Value, processing_output

# The developer guide's name for an earlier model's archive, which built-in algorithms ask for.
MODEL_CONTENT = "application/x-sagemaker-model"


def channel(name: str, settings: Channel, processing_step: str) -> dict[str, Any]:
    """Channel of the API. Its source is an output of `processing_step`, an S3 prefix or a file system."""
    found: dict[str, Any] = {"ChannelName": name}
    if settings.file_system:
        found["DataSource"] = {"FileSystemDataSource": _file_system(settings.file_system)}
    else:
        source = str(settings.source)
        uri: Value = source if source.startswith("s3://") else processing_output(processing_step, source)
        found |= _from_s3(uri, settings.distribution, settings.compression)
    if settings.content_type:
        found["ContentType"] = settings.content_type
    if settings.input_mode:
        found["InputMode"] = settings.input_mode
    if settings.shuffle_seed is not None:
        found["ShuffleConfig"] = {"Seed": settings.shuffle_seed}
    return found


def files(name: str, uri: Value, content_type: str | None = None) -> dict[str, Any]:
    """A channel of the platform's own: files, all of them, whatever mode the others are read in."""
    found = {"ChannelName": name, **_from_s3(uri, "FullyReplicated", "None"), "InputMode": "File"}
    return found | ({"ContentType": content_type} if content_type else {})


def _from_s3(uri: Value, distribution: str, compression: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": distribution}
    return {"DataSource": {"S3DataSource": source}, "CompressionType": compression}


def _file_system(system: FileSystem) -> dict[str, str]:
    return {
        "FileSystemId": system.id,
        "FileSystemType": system.type,
        "DirectoryPath": system.path,
        "FileSystemAccessMode": system.access,
    }
