"""Runs last: takes the platform down. (Files run in the order of their names.)"""

from __future__ import annotations

import socket
from urllib.parse import urlparse

import psutil

from tests.end_to_end.conftest import Ashlar, make


def should_leave_no_process_and_no_port(ashlar: Ashlar) -> None:
    port = urlparse(ashlar.cloud.url).port
    assert port
    done = make("destroy", state=ashlar.state)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert done.stdout.count("destroyed") + done.stderr.count("destroyed") >= 7
    left = [p.info for p in psutil.process_iter(["cmdline"]) if str(ashlar.state) in " ".join(p.info["cmdline"] or [])]
    assert not left
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert not ashlar.state.exists()


def should_have_nothing_to_destroy_afterwards(ashlar: Ashlar) -> None:
    done = make("destroy", state=ashlar.state)
    assert done.returncode == 0, done.stderr
