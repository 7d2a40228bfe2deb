"""The channels of a training job: which objects each host gets, in which order, as files or through a pipe."""

import gzip
import os
import random
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.sagemaker.storage import DataError, download_listed, listed_objects, split_uri

Record = Mapping[str, Any]
_CHUNK_BYTES = 1 << 20


def input_mode(channel: Record, default: str) -> str:
    """Return how a channel is read: its own mode, else the algorithm's."""
    return str(channel.get("InputMode") or default)


def objects_for(s3: Any, channel: Record, host: int, hosts: int, *, epoch: int = 0) -> list[tuple[str, str]]:
    """Return (S3 URI, relative name) of the objects that one host gets, shuffled as the channel says.

    ShardedByS3Key gives each host every n-th object; DataError where none is left for a host.
    """
    source = channel["DataSource"]["S3DataSource"]
    found = listed_objects(s3, source["S3Uri"], data_type=source["S3DataType"])
    shuffle = channel.get("ShuffleConfig")
    if shuffle:
        random.Random(shuffle["Seed"] + epoch).shuffle(found)  # noqa: S311  # nosec B311 # jitter and repeatable samples, nothing secret
    if source.get("S3DataDistributionType") != "ShardedByS3Key":
        return found
    share = found[host::hosts]
    if not share:
        raise DataError(
            f"Channel {channel['ChannelName']}: S3DataDistributionType ShardedByS3Key shares {len(found)} object(s) "
            f"below {source['S3Uri']} among {hosts} instances, and none is left for instance {host + 1}. Give at least "
            "as many objects as instances, or use FullyReplicated."
        )
    return share


def fetch(s3: Any, channel: Record, folder: Path, host: int, hosts: int) -> None:
    """Fetch a channel in File or FastFile mode."""
    download_listed(s3, objects_for(s3, channel, host, hosts), folder)


class Pipe:
    """A channel in Pipe mode: named pipes `<channel>_0`, `<channel>_1` and so on, one for each time it is read.

    `problem` says what went wrong with its data: the reader only sees an early end.
    """

    def __init__(self, s3: Any, channel: Record, folder: Path, host: int, hosts: int) -> None:
        self._s3 = s3
        self._channel = channel
        self._folder = folder
        self._host, self._hosts = host, hosts
        self._closed = threading.Event()
        self.problem: str | None = None
        self._make(0)
        name = f"pipe-{channel['ChannelName']}"
        threading.Thread(target=self._write_epochs, name=name, daemon=True).start()

    def close(self) -> None:
        """End the writer, which may wait for a reader."""
        self._closed.set()
        for path in self._folder.glob(f"{self._channel['ChannelName']}_*"):
            try:
                os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
            except OSError:
                continue

    def _make(self, epoch: int) -> Path:
        path = self._folder / f"{self._channel['ChannelName']}_{epoch}"
        path.parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(path)
        return path

    def _write_epochs(self) -> None:
        epoch = 0
        while not self._closed.is_set():
            path = self._folder / f"{self._channel['ChannelName']}_{epoch}"
            try:
                with path.open("wb") as pipe:  # waits for a reader
                    if self._closed.is_set():
                        return
                    # The next one is there before this one ends: a reader need not wait for it.
                    self._make(epoch + 1)
                    for chunk in self._content(epoch):
                        pipe.write(chunk)
            except BrokenPipeError:  # the reader has read enough
                pass
            except (ClientError, BotoCoreError, DataError, EOFError, gzip.BadGzipFile) as error:
                self.problem = f"ClientError: Channel {self._channel['ChannelName']}: {error}"
                return
            except OSError:  # the job and its folder are gone
                return
            epoch += 1

    def _content(self, epoch: int) -> Iterator[bytes]:
        for uri, _ in objects_for(self._s3, self._channel, self._host, self._hosts, epoch=epoch):
            bucket, key = split_uri(uri)
            body = self._s3.get_object(Bucket=bucket, Key=key)["Body"]
            if self._channel.get("CompressionType") == "Gzip":
                yield gzip.decompress(body.read())
            else:
                yield from body.iter_chunks(_CHUNK_BYTES)
