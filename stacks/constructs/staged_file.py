"""A file or folder of the project in the CDK's asset bucket.

As `aws_s3_assets.Asset`, with the core module's means: that one loads all of S3's constructs, a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk
from constructs import Construct


@dataclass(frozen=True)
class StagedFile:
    """Where `cdk deploy` puts it."""

    bucket: str
    key: str
    url: str


def stage(scope: Construct, id: str, *, path: Path, exclude: Sequence[str] = ()) -> StagedFile:
    """A folder is zipped; a file goes as it is. `exclude`: patterns as in a .gitignore. Staged at once, by its hash."""
    staging = cdk.AssetStaging(scope, id, source_path=str(path), exclude=list(exclude), ignore_mode=cdk.IgnoreMode.GIT)
    stack = cdk.Stack.of(scope)
    packaging = cdk.FileAssetPackaging.ZIP_DIRECTORY if path.is_dir() else cdk.FileAssetPackaging.FILE
    place = stack.synthesizer.add_file_asset(
        file_name=staging.relative_staged_path(stack), packaging=packaging, source_hash=staging.asset_hash
    )
    return StagedFile(place.bucket_name, place.object_key, place.s3_object_url)
