"""`python -m benchmarks.quality --data FILE [--seeds N] [--json FILE] [--assert]`: how good the models are.

Runs the scripts of model_code/reviews as the pipeline does, once for each seed of the split: preprocess, train every
candidate, evaluate on the test split. Prints each candidate's macro-F1 over the seeds (mean, standard deviation,
lowest), and the seconds of a training. Every candidate is judged on reviews that it has not seen; nothing is chosen by
them. Answers 0 whatever was measured, unless `--assert` is given: then 1 when the best candidate's mean is below 0.65
or a training takes more than 90 seconds.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.targets import Target, all_met, command_line, findings, report, verdict

SCRIPTS = Path(__file__).parent.parent / "model_code" / "reviews"
CANDIDATES = ("linear", "xgboost")
AT_LEAST = 0.65
MOST_SECONDS = 90


def run(folder: Path, script: str, *arguments: object, **variables: object) -> float:
    """The seconds that a script took. Raises CalledProcessError when it fails."""
    environment = {**os.environ, "SM_OUTPUT_DIR": str(folder), **{name: str(its) for name, its in variables.items()}}
    began = time.perf_counter()
    subprocess.run(  # noqa: S603  # nosec B603 # our own or the user's own command, no shell
        [sys.executable, str(SCRIPTS / script), *map(str, arguments)],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - began


def pipeline(folder: Path, data: Path, seed: int) -> dict[str, dict[str, float]]:
    """Each candidate's macro-F1, accuracy and seconds of training with one seed of the split."""
    raw, splits, models = folder / "raw", folder / "splits", folder / "models"
    raw.mkdir(parents=True)
    (raw / data.name).symlink_to(data.resolve())
    run(folder, "preprocess.py", "--input-dir", raw, "--output-dir", splits, "--seed", seed)
    seconds = {}
    for name in CANDIDATES:
        model = folder / name
        channels = {f"SM_CHANNEL_{split.upper()}": splits / split for split in ("train", "validation")}
        seconds[name] = run(folder, f"train_{name}.py", **channels, SM_MODEL_DIR=model)
        (models / name).mkdir(parents=True)
        with tarfile.open(models / name / "model.tar.gz", "w:gz") as tar:
            tar.add(model, arcname=".")
    places = ("--test-dir", splits / "test", "--models-dir", models, "--output-dir", folder)
    run(folder, "evaluate.py", *places, "--champion-dir", folder / "none")
    found = json.loads((folder / "evaluation.json").read_text("utf-8"))
    return {
        name: {"macro_f1": found[name]["macro_f1"], "accuracy": found[name]["accuracy"], "seconds": seconds[name]}
        for name in CANDIDATES
    }


def measure(data: Path, seeds: int) -> dict[str, Any]:
    """Everything: `{seeds: [...], candidates: {name: {...}}, best, targets, machine}`."""
    found = []
    with tempfile.TemporaryDirectory() as directory:
        for seed in range(1, seeds + 1):
            found.append(pipeline(Path(directory) / str(seed), data, seed))
            shown = ", ".join(f"{name} {its['macro_f1']:.4f}" for name, its in found[-1].items())
            print(f"seed {seed}: {shown}", flush=True)
    candidates = {name: summary([its[name] for its in found]) for name in CANDIDATES}
    best = max(candidates, key=lambda name: candidates[name]["mean"])
    targets = [
        Target(f"macro-F1 of {best}", candidates[best]["mean"], at_least=AT_LEAST),
        Target("slowest training", max(its["seconds"] for its in candidates.values()), at_most=MOST_SECONDS),
    ]
    return {"seeds": found, "candidates": candidates, "best": best, **findings(targets)}


def summary(runs: list[dict[str, float]]) -> dict[str, float]:
    macro_f1 = [run["macro_f1"] for run in runs]
    return {
        "mean": statistics.mean(macro_f1),
        "spread": statistics.stdev(macro_f1) if len(runs) > 1 else 0.0,
        "lowest": min(macro_f1),
        "accuracy": statistics.mean(run["accuracy"] for run in runs),
        "seconds": max(run["seconds"] for run in runs),
    }


def table(found: Mapping[str, Any]) -> str:
    """What was measured, for a terminal."""
    lines = [f"{'':<12}{'macro-F1':>10}{'spread':>10}{'lowest':>10}{'accuracy':>10}{'training':>11}"]
    for name, its in found["candidates"].items():
        figures = "".join(f"{its[key]:>10.4f}" for key in ("mean", "spread", "lowest", "accuracy"))
        lines.append(f"{name:<12}{figures}{its['seconds']:>9.0f} s")
    mean = found["candidates"][found["best"]]["mean"]
    outcome = verdict(all_met(found))
    lines.append(
        f"champion: {found['best']}, macro-F1 {mean:.4f} over {len(found['seeds'])} seeds; target >= {AT_LEAST} "
        f"and <= {MOST_SECONDS} s a training: {outcome}"
    )
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    parser = command_line("quality", __doc__)
    parser.add_argument("--data", type=Path, required=True, help="reviews as .csv or .csv.gz")
    parser.add_argument("--seeds", type=int, default=5, help="splits to average over")
    options = parser.parse_args(arguments)
    found = measure(options.data, options.seeds)
    return report(found, table(found), options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
