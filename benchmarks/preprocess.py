"""`python -m benchmarks.preprocess [--rows N] [--runs N] [--json FILE] [--assert]`: what preprocessing costs.

Rows per second of model_code/reviews/preprocess.py in two processes, against itself in one and against a plain loop
over rows, on generated reviews; and the memory that it takes on a file 20 times the size. Wall-clock seconds of whole
processes, the fastest of several runs taken in turn; memory is the sum of the peaks (VmHWM) of all its processes.

Beside them, what the ratios are to be read by: how much two cores give to two loops that share nothing, which is 2 on
two idle cores and less when something else runs; and the CPU seconds of each, which hardly depend on that.
Answers 0 whatever was measured, unless `--assert` is given: then 1 when a target is missed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.targets import Target, command_line, findings, report, verdict

ROOT = Path(__file__).parent.parent
SCRIPTS = ROOT / "model_code" / "reviews"
TIMES = 20
PROCESSES = 2
LOOK_EVERY_S = 0.02  # a peak stays readable until its process ends; to look more often would slow what is measured
LOOPS = 20_000_000


@dataclass(frozen=True)
class Cost:
    """One run of a command: seconds by the wall clock and of CPU, and its processes' peak memory together in bytes."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int


def cost_of(command: list[str]) -> Cost:
    """CalledProcessError when it fails."""
    began, used = time.perf_counter(), children_cpu()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603  # nosec B603 # our own or the user's own command, no shell
    peaks: dict[int, int] = {}
    while process.poll() is None:
        for pid in family(process.pid):
            peaks[pid] = max(peaks.get(pid, 0), peak_of(pid))
        time.sleep(LOOK_EVERY_S)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Cost(time.perf_counter() - began, children_cpu() - used, sum(peaks.values()))


def children_cpu() -> float:
    """CPU seconds, user's and system's, of all processes that this one started and that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def gain_of_cores() -> float:
    """How many times as fast two independent loops are done in two processes as in one after the other."""
    loop = [sys.executable, "-c", f"for _ in range({LOOPS}): pass"]

    def seconds(at_once: int) -> float:
        began = time.perf_counter()
        processes = [subprocess.Popen(loop) for _ in range(at_once)]  # noqa: S603  # nosec B603 # our own or the user's own command, no shell
        for process in processes:
            process.wait()
        return time.perf_counter() - began

    return PROCESSES * seconds(1) / seconds(PROCESSES)


def family(pid: int) -> list[int]:
    """The process and its children; those have none."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8")
    except OSError:
        return []
    return [pid, *map(int, children.split())]


def peak_of(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def job(source: Path, target: Path, processes: int) -> list[str]:
    places = ["--input-dir", str(source.parent), "--output-dir", str(target)]
    return [sys.executable, str(SCRIPTS / "preprocess.py"), *places, "--processes", str(processes)]


def plain(source: Path, target: Path) -> list[str]:
    return [sys.executable, str(Path(__file__).with_name("plain_preprocess.py")), str(source), str(target)]


def generate(file: Path, rows: int) -> Path:
    command = [sys.executable, str(SCRIPTS / "sample.py"), "--out", str(file), "--rows", str(rows)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # nosec B603 # our own or the user's own command, no shell
    return file


def measure(folder: Path, rows: int, runs: int) -> dict[str, Any]:
    """Everything: `{rows, seconds, cpu_seconds, gain_of_cores, peak_bytes, targets, machine, runs}`."""
    small = generate(folder / "small" / "sample.csv", rows)
    large = generate(folder / "large" / "sample.csv", rows * TIMES)
    target = folder / "splits"
    commands = {
        "plain loop": plain(large, target),
        "one process": job(large, target, 1),
        f"{PROCESSES} processes": job(large, target, PROCESSES),
        "a twentieth": job(small, target, PROCESSES),
    }
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    gains = []
    for _ in range(runs):  # in turn, so that what else the machine does falls on all alike
        gains.append(gain_of_cores())
        for name, command in commands.items():
            costs[name].append(cost_of(command))
    seconds = {name: min(cost.seconds for cost in its) for name, its in costs.items()}
    cpu_seconds = {name: min(cost.cpu_seconds for cost in its) for name, its in costs.items()}
    peaks = {name: max(cost.peak_bytes for cost in its) for name, its in costs.items()}
    several = f"{PROCESSES} processes"
    targets = [
        Target(f"rows per second, {several} to one", seconds["one process"] / seconds[several], at_least=1.6),
        Target(f"rows per second, {several} to a plain loop", seconds["plain loop"] / seconds[several], at_least=3),
        Target(f"peak memory on a file {TIMES} times the size", peaks[several] / peaks["a twentieth"], at_most=1.5),
    ]
    return {
        "rows": rows * TIMES,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "gain_of_cores": gains,
        "peak_bytes": peaks,
        **findings(targets),
        "runs": runs,
    }


def table(found: Mapping[str, Any]) -> str:
    """What was measured, for a terminal."""
    machine = found["machine"]
    lines = [
        f"{found['rows']} rows; fastest of {found['runs']} runs; {machine['cpus']} CPUs, Python {machine['python']}",
        f"{'':<54}{'measured':>10}{'target':>10}",
    ]
    for target in found["targets"]:
        least = target["at_least"]
        bound = f"<= {target['at_most']}" if least is None else f">= {least}"
        met = verdict(target["met"])
        lines.append(f"{target['name']:<54}{target['value']:>10.2f}{bound:>10}  {met}")
    for name, seconds in found["seconds"].items():
        cpu, peak = found["cpu_seconds"][name], found["peak_bytes"][name] / 2**20
        lines.append(f"{name:<14}{seconds:8.2f} s {cpu:8.2f} s of CPU {peak:8.0f} MiB at the peak")
    gains = found["gain_of_cores"]
    lines.append(
        f"two loops that share nothing: in {PROCESSES} processes {min(gains):.2f} to {max(gains):.2f} times as fast as "
        "in turn; where that is below 2, the machine is busy and gives less to several processes"
    )
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    parser = command_line("preprocess", __doc__)
    parser.add_argument("--rows", type=int, default=20_000, help="rows of the smaller file")
    parser.add_argument("--runs", type=int, default=3, help="runs of each, of which the fastest counts")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory:
        found = measure(Path(directory), options.rows, options.runs)
    return report(found, table(found), options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
