"""Checkpoints of a training job: stored while it runs, so that what takes its place can go on from there."""

from pathlib import Path
from typing import Any

from local.sagemaker.storage import DataError, download, upload_file


class Checkpoints:
    """The checkpoint folders of a job's hosts and where they are in S3; a file is stored again when it has changed."""

    def __init__(self, s3: Any, uri: str, *, kms_key: str | None) -> None:
        self._s3 = s3
        self.uri = uri.rstrip("/") + "/"
        self._kms_key = kms_key
        self._stored: dict[Path, tuple[int, int]] = {}

    def resume(self, folder: Path) -> bool:
        """Fetch what is stored; False where there is nothing yet."""
        try:
            download(self._s3, self.uri, folder)
        except DataError:
            return False
        for path in self._files(folder):
            self._stored[path] = _version(path)
        return True

    def store(self, folder: Path) -> None:
        """Store what is new or has changed since the last time."""
        for path in self._files(folder):
            try:
                version = _version(path)
                if self._stored.get(path) != version:
                    upload_file(self._s3, path, self.uri + path.relative_to(folder).as_posix(), kms_key=self._kms_key)
                    self._stored[path] = version
            except FileNotFoundError:  # written under a temporary name and moved, or removed, while we looked
                continue

    @staticmethod
    def _files(folder: Path) -> list[Path]:
        return sorted(path for path in folder.rglob("*") if path.is_file())


def _version(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_mtime_ns, state.st_size
