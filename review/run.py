"""One review: every environment synthesized with everything attached, every scanner once over all of them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from app import ROOT, compose, compose_bootstrap
from config import Platform, load_environment
from review import audit, canary, scanners, sources
from review.assembly import Assembly, synthesize
from review.controls import evaluate
from review.findings import Acknowledgement, Finding
from review.report import Outcome
from review.rules import is_known

Plant = Callable[[cdk.App], object]


class Stopwatch(dict[str, float]):
    """Step -> seconds, for whoever waits for the review."""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure one step."""
        start = time.perf_counter()
        yield
        self[name] = time.perf_counter() - start


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
    read = [*sources.project_files(), *files, *canary.plant_files(directory / "planted")]
    with watch.step("synth with cdk-nag, guard and validator"):
        planted = synthesize(canary.ENVIRONMENT, canary.REGION, directory / canary.ENVIRONMENT, canary.plant)
        assemblies = [_synthesize(platform, directory / name, plant) for name, platform in platforms.items()]
    findings = _scan([planted, *assemblies], read, directory / "templates", watch)
    canary.must_see(findings)
    return _judge(platforms, assemblies, [each for each in findings if not canary.is_planted(each)], read)


def _synthesize(platform: Platform, directory: Path, plant: Plant | None) -> Assembly:
    def everything(app: cdk.App) -> None:
        compose(app, platform)
        compose_bootstrap(app, platform)
        if plant:
            plant(app)

    return synthesize(platform.environment, platform.region, directory, everything)


def _scan(assemblies: Sequence[Assembly], files: Sequence[Path], templates: Path, watch: Stopwatch) -> list[Finding]:
    """All findings of all families. The scanners are processes of their own: two at a time."""
    written = scanners.bare_templates(assemblies, templates)
    runs: dict[str, Callable[[], list[Finding]]] = {
        "checkov": lambda: scanners.checkov(templates, assemblies),
        "cfn-lint": lambda: scanners.cfn_lint(templates, assemblies),
        "bandit": lambda: sources.bandit(files),
        "detect-secrets": lambda: sources.secrets(files, written),
    }

    def run(name: str) -> list[Finding]:
        with watch.step(name):
            return runs[name]()

    with ThreadPoolExecutor(max_workers=2) as pool:
        from_scanners = [finding for findings in pool.map(run, runs) for finding in findings]
    return [finding for assembly in assemblies for finding in assembly.findings()] + from_scanners


def _judge(
    platforms: dict[str, Platform], assemblies: Sequence[Assembly], findings: Sequence[Finding], files: Sequence[Path]
) -> Outcome:
    accepted: list[Acknowledgement] = list(sources.comments(files, findings))
    complaints: list[audit.Complaint] = []
    controls: dict[str, Sequence[Any]] = {}
    for assembly in assemblies:
        ours = list(assembly.acknowledgements())
        accepted += ours
        complaints += audit.hidden(assembly.recorded(), ours, assembly.places)
        complaints += audit.looking_away(assembly.templates, assembly.place)
        controls[assembly.environment] = evaluate(assembly.templates, platforms[assembly.environment])
    complaints += audit.complaints(accepted, findings, is_known, ROOT)
    return Outcome(
        environments=list(platforms),
        findings=sorted(set(findings)),
        unacknowledged=audit.open_findings(findings, accepted),
        acknowledgements=sorted(set(accepted)),
        complaints=sorted(complaints),
        controls=controls,
    )
