"""One review: every environment synthesized with everything attached, every scanner once over all of them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from app import ROOT, compose
from config import Platform, load_environment
from review import audit, canary, scanners, sources
from review.assembly import Assembly, synthesize
from review.findings import Acknowledgement, Finding
from review.report import Outcome
from review.rules import is_known

Plant = Callable[[cdk.App], None]


@dataclass
class Stopwatch:
    """Seconds of each step, for whoever waits for the review."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure one step."""
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start


def review(
    environments: Sequence[str],
    directory: Path,
    watch: Stopwatch,
    *,
    plant: Plant | None = None,
    files: Sequence[Path] = (),
) -> Outcome:
    """Review `environments`; what is built goes below `directory`. `plant` adds to each app, `files` to the sources.

    Raises ConfigurationError for a wrong environment, ReviewError when a scanner is blind or broken.
    """
    platforms = {name: load_environment(name) for name in environments}
    shutil.rmtree(directory, ignore_errors=True)
    read = [*sources.tracked_files(), *files, *canary.plant_files(directory / "planted")]
    with ThreadPoolExecutor(max_workers=2) as pool:
        from_sources = pool.submit(_scan_sources, read, directory / "templates", watch)
        with watch.step("synth, cdk-nag, guard, validator"):
            planted = synthesize(canary.ENVIRONMENT, canary.REGION, directory / canary.ENVIRONMENT, canary.plant)
            assemblies = [_synthesize(platform, directory / name, plant) for name, platform in platforms.items()]
        scanners.bare_templates([planted, *assemblies], directory / "templates")
        findings = [*_scan_templates(directory / "templates", [planted, *assemblies], watch), *from_sources.result()]
    canary.must_see(findings)
    return _judge(platforms, assemblies, [f for f in findings if not canary.is_planted(f)], read)
