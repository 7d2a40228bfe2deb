"""A file of our own making in the CDK's asset bucket.

As `aws_s3_assets.Asset`, without its construct: a file's name, its bytes and their hash are known here, and every call
to the CDK's own process costs.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import aws_cdk as cdk

from stacks.values.assets import Assets


@dataclass(frozen=True)
class StagedFile:
    """Where `cdk deploy` puts it."""

    bucket: str
    key: str
    url: str


def stage(stack: cdk.Stack, assets: Assets, *, content: bytes, suffix: str, source: bytes | None = None) -> StagedFile:
    """Write `content` into the cloud assembly at once and have it uploaded. `suffix`: such as `.zip`.

    `source` is what the hash, and with it the object's key, is made of, where `content` is compressed: another version
    of the compressor must not look like another file.
    """
    digest = hashlib.sha256(content if source is None else source).hexdigest()
    file = assets.directory / f"asset.{digest}{suffix}"
    if not file.exists():
        file.write_bytes(content)
    # A stack that was given a synthesizer has a copy of it, which the CDK's own process cannot hand out; and every
    # question to that process costs.
    synthesizer = getattr(stack, "given_synthesizer", None) or stack.synthesizer
    place = synthesizer.add_file_asset(file_name=file.name, packaging=cdk.FileAssetPackaging.FILE, source_hash=digest)
    return StagedFile(place.bucket_name, place.object_key, place.s3_object_url)
