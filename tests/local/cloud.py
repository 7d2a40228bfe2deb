"""A local cloud of one's own for a test run: on a free port, with its state in a temporary directory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import boto3
from botocore.config import Config

REPOSITORY = Path(__file__).resolve().parents[2]
ACCOUNT = "123456789012"
REGION = "eu-west-1"

_T = TypeVar("_T")
_SESSION = boto3.Session()


def run_launcher(*arguments: str, state: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m local ...` with the interpreter of the tests."""
    return subprocess.run(
        [sys.executable, "-m", "local", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, "ASHLAR_LOCAL_STATE": str(state), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def eventually(probe: Callable[[], _T], *, seconds: float = 30.0) -> _T:
    """The first true answer of `probe`; AssertionError when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer or time.monotonic() > deadline:
            assert answer, f"nothing true within {seconds} s, last answer: {answer!r}"
            return answer
        time.sleep(0.05)


@dataclass(frozen=True)
class LocalCloud:
    """Where a running local cloud is, and clients of it."""

    url: str
    state: Path

    @property
    def certificate_authority(self) -> str:
        """The CA that signed its certificate."""
        return str(self.state / "tls/ca.pem")

    def client(self, service: str, credentials: dict[str, str] | None = None) -> Any:
        """A client that acts as the account's root, or with the credentials of a role."""
        # pragma: allowlist nextline secret - a made-up or public value that opens nothing
        given = credentials or {"AccessKeyId": ACCOUNT, "SecretAccessKey": "local"}
        # The session keeps the service models it has read: making a client without it takes a third of a second.
        return _SESSION.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given.get("SessionToken"),
            verify=self.certificate_authority,
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
        )

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command with the client environment."""
        return run_launcher("exec", "--", *command, state=self.state)


@contextmanager
def started(state: Path, *options: str) -> Iterator[LocalCloud]:
    """A local cloud for the time of the block, started with these options."""
    start = run_launcher("start", "--port", "0", "--region", REGION, *options, state=state)
    try:
        assert start.returncode == 0, start.stderr
        found = re.search(r"https://\S+", start.stdout)
        assert found, start.stdout
        yield LocalCloud(found[0], state)
    finally:
        run_launcher("stop", state=state)
