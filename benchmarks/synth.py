"""`python -m benchmarks.synth [--json FILE] [--runs N] [--assert]`: the CPU that synth takes, and how it grows.

CPU seconds (user and system) of whole process trees, node included: one run to warm up, then the median of the rest.
The app has the CDK's own template validator off; `make review` runs it. Answers 0 whatever was measured, unless
`--assert` is given: then 1 when a target is missed.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.targets import Target, command_line, findings, report, verdict
from config.load import ENVIRONMENTS

ROOT = Path(__file__).parent.parent
# aws-samples' enterprise-mlops infrastructure app with its own pins: 377 resources, on a machine of the same kind.
PEER_CPU_S = 7.4
COPIES = (1, 2, 4, 8)


@dataclass(frozen=True)
class Point:
    """One size of the app: CPU seconds of one synth, and the resources in its templates."""

    cpu_s: float
    resources: int


class Bench:
    """Runs synths in `directory` and takes the median CPU of `runs` of them."""

    def __init__(self, directory: Path, runs: int) -> None:
        self.directory = directory
        self.runs = runs

    def command(self, environment: str) -> Point:
        """`python -O app.py` as the CDK CLI calls it (cdk.json): context and directory are in its environment."""
        flags = json.loads((ROOT / "cdk.json").read_text("utf-8"))["context"]
        cdk = {"CDK_CONTEXT_JSON": json.dumps({**flags, "env": environment})}
        return self._measured(lambda out: (["app.py"], {**cdk, "CDK_OUTDIR": str(out)}))

    def files(self, *files: Path) -> Point:
        """All of `files`, one after another in one process."""
        return self._measured(lambda out: (["-m", "benchmarks.worker", str(out), *map(str, files)], {}))

    def growth(self, environment: str) -> list[Point]:
        """The environment with 1, 2, 4 and 8 of each of its models and endpoints."""
        return [self.files(self._multiplied(environment, copies)) for copies in COPIES]

    def _measured(self, command: Callable[[Path], tuple[list[str], Mapping[str, str]]]) -> Point:
        seconds = []
        for _ in range(self.runs + 1):
            with tempfile.TemporaryDirectory(dir=self.directory) as out:
                arguments, variables = command(Path(out))
                seconds.append(cpu_seconds([sys.executable, "-O", *arguments], variables))
                resources = count_resources(Path(out))
        return Point(statistics.median(seconds[1:]), resources)

    def _multiplied(self, environment: str, copies: int) -> Path:
        """The environment's file with each model, and the endpoints that serve it, `copies` times."""
        settings = yaml.safe_load((ENVIRONMENTS / f"{environment}.yaml").read_text("utf-8"))
        file = self.directory / str(copies) / f"{environment}.yaml"
        file.parent.mkdir()
        numbered = range(copies)
        models = {_copy(name, n): its for name, its in settings["models"].items() for n in numbered}
        endpoints = {_copy(name, n): _serving(its, n) for name, its in settings["endpoints"].items() for n in numbered}
        file.write_text(yaml.safe_dump({**settings, "models": models, "endpoints": endpoints}), "utf-8")
        return file


def cpu_seconds(command: list[str], variables: Mapping[str, str]) -> float:
    """User and system time of a command and all its descendants; CalledProcessError when it fails."""
    # jsii's node is a grandchild: it is counted because its parent waits for it.
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    # As in the Makefile: jsii takes the first node on PATH, and that is the one that is pinned.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, **variables}
    subprocess.run(  # noqa: S603  # nosec B603 # our own or the user's own command, no shell
        command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def count_resources(assembly: Path) -> int:
    """The resources of every template below a directory."""
    templates = [json.loads(file.read_text("utf-8")) for file in assembly.rglob("*.template.json")]
    return sum(len(template["Resources"]) for template in templates)


def _copy(name: str, number: int) -> str:
    return f"{name}{number}" if number else name


def _serving(endpoint: dict[str, Any], number: int) -> dict[str, Any]:
    """The endpoint with its variants moved to the copies of their models."""
    variants = {
        name: {**variant, "model": _copy(variant["model"], number)} for name, variant in endpoint["variants"].items()
    }
    return {**endpoint, "variants": variants}


def measure(bench: Bench, environment: str, extra: str) -> dict[str, Any]:
    """Everything: `{environment, synth, growth, same_process, targets, machine}`."""
    synth = bench.command(environment)
    growth = bench.growth(environment)
    slope = statistics.linear_regression([p.resources for p in growth], [p.cpu_s for p in growth]).slope
    own, other = ENVIRONMENTS / f"{environment}.yaml", ENVIRONMENTS / f"{extra}.yaml"
    alone, both = bench.files(other), bench.files(own, other)
    share = (both.cpu_s - bench.files(own).cpu_s) / alone.cpu_s
    targets = [
        Target(f"synth of {environment}, CPU", synth.cpu_s, at_most=2.6, unit=" s"),
        Target(f"synth of {environment}, share of the peer's {PEER_CPU_S} s", synth.cpu_s / PEER_CPU_S, at_most=0.35),
        Target("growth, CPU for each resource", slope * 1000, at_most=1.8, unit=" ms"),
        Target(f"{extra} in the same process, share of a process of its own", share, at_most=0.35),
    ]
    return {
        "environment": environment,
        "synth": asdict(synth),
        "growth": [{"copies": copies, **asdict(point)} for copies, point in zip(COPIES, growth, strict=True)],
        "same_process": {"extra": extra, "alone_cpu_s": alone.cpu_s, "both_cpu_s": both.cpu_s},
        **findings(targets),
        "runs": bench.runs,
    }


def table(found: dict[str, Any]) -> str:
    """What was measured, for a terminal."""
    machine = found["machine"]
    lines = [
        f"Environment {found['environment']}: {found['synth']['resources']} resources; median of {found['runs']} runs; "
        f"{machine['cpus']} CPUs, Python {machine['python']}",
        f"{'':<62}{'measured':>12}{'at most':>12}",
    ]
    for target in found["targets"]:
        unit = target["unit"]
        measured, allowed = f"{target['value']:.2f}{unit}", f"{target['at_most']:.2f}{unit}"
        lines.append(f"{target['name']:<62}{measured:>12}{allowed:>12}  {verdict(target['met'])}")
    lines.append("Growth: " + ", ".join(f"{p['resources']} resources {p['cpu_s']:.2f} s" for p in found["growth"]))
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    parser = command_line("synth", __doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs behind each median")
    options = parser.parse_args(arguments)
    environment, extra = "prod", "staging"
    with tempfile.TemporaryDirectory() as directory:
        found = measure(Bench(Path(directory), options.runs), environment, extra)
    return report(found, table(found), options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
