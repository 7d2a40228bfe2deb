"""Starts a local cloud for the hosting tests and deploys to it as `make deploy` does."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import ROOT
from tests.end_to_end.hosting.hosted import Hosted
from tests.end_to_end.hosting.platform import FEATURES, OWN
from tests.local.cloud import run_launcher, started

# Five minutes without a request are ten seconds, and a minute of metrics is two.
TIME_FACTOR = 30


@contextmanager
def hosting(folder: Path) -> Iterator[Hosted]:
    """All of it deployed, and nothing released; everything ended after the block."""
    with started(folder / "state", "--time-factor", str(TIME_FACTOR)) as cloud:
        hosted = Hosted(cloud, folder)
        for image, name in ((FEATURES, "features"), (OWN, "own")):
            server = (sys.executable, "-m", "tests.end_to_end.hosting.own_image", name)
            added = run_launcher("image", "add", image, "--", *server, state=cloud.state)
            assert added.returncode == 0, added.stderr
        _deploy(hosted)
        yield hosted


def _deploy(hosted: Hosted) -> None:
    assemblies, outputs = hosted.synthesize(), hosted.folder / "limits.json"
    app, limits = str(assemblies / "app"), str(assemblies / "limits")
    all_of = ("deploy", "--all", "--require-approval=never")
    _run(hosted, *all_of, "--app", limits, "--outputs-file", str(outputs))
    arguments = hosted.cloud.run(str(ROOT / ".venv/bin/python"), "-m", "ops", "bootstrap-arguments", str(outputs))
    assert arguments.returncode == 0, arguments.stderr
    _run(hosted, "bootstrap", "--app", app, "--bootstrap-customer-key", *arguments.stdout.split())
    _run(hosted, *all_of, "--app", app, "--concurrency=4")


def _run(hosted: Hosted, *arguments: str) -> None:
    done = hosted.cdk(*arguments)
    assert done.returncode == 0, done.stderr[-4000:]
