"""A model's folder as one `sourcedir.tar.gz`, the form that SageMaker's script containers take."""

from __future__ import annotations

import gzip
import io
import tarfile
from functools import cache
from pathlib import Path

import aws_cdk as cdk

from stacks.constructs.staged_file import stage
from stacks.values.account import Account
from stacks.values.asset_file import AssetFile
from stacks.values.assets import Assets

# What the jobs do not run: it would change the archive's hash, and so retrain, for nothing.
_LEFT_OUT = {"__pycache__", "README.md", "api.yaml", "sample.py"}


class CodeArchive:
    """`folder` as an asset of `stack` at `uri`. Equal files give equal bytes: names sorted, no owner, no time."""

    def __init__(self, stack: cdk.Stack, *, folder: Path, account: Account, assets: Assets) -> None:
        plain = archive(folder)
        staged = stage(stack, assets, content=_compressed(plain), suffix=".tar.gz", source=plain)
        # The object's name is also the file's name inside a job's `code` channel.
        self.file = AssetFile(account.bucket(staged.bucket), staged.key, assets.key_alias)
        self.uri = staged.url


@cache
def archive(folder: Path) -> bytes:
    """The folder's files as a deterministic .tar."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            relative = path.relative_to(folder)
            if path.is_file() and not _LEFT_OUT.intersection(relative.parts) and path.suffix != ".pyc":
                info = tarfile.TarInfo(relative.as_posix())
                info.size, info.mode = path.stat().st_size, 0o644
                with path.open("rb") as content:
                    tar.addfile(info, content)
    return plain.getvalue()


@cache
def _compressed(plain: bytes) -> bytes:
    compressed = io.BytesIO()
    with gzip.GzipFile(fileobj=compressed, mode="wb", mtime=0, filename="") as file:
        file.write(plain)
    return compressed.getvalue()
