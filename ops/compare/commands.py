"""`python -m ops compare` and `python -m ops label`."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ops.command_line import (
    Endpoint,
    Env,
    MfaSerial,
    MfaToken,
    console,
    moment,
    open_endpoint,
    plain,
    second_factor_of,
)
from ops.compare import ground_truth
from ops.compare.compare import check_question, compare, pair_of
from ops.compare.comparison import Comparison
from ops.compare.picture import picture
from ops.compare.predictions import DEFAULT, Pointer
from ops.compare.since import moment_of, since_release
from ops.compare.store import Store, captured_to
from ops.session import OpsError

Variant = Annotated[str | None, typer.Option(help="Where the endpoint has more than two variants.")]


def compare_command(
    endpoint: Endpoint,
    metric: Annotated[str, typer.Option("--metric", help="Score of a request: accuracy.")] = "accuracy",
    champion: Variant = None,
    challenger: Variant = None,
    since: Annotated[
        str | None, typer.Option("--since", help="36h, 7d, or a time (UTC). Default: the last roll-out's end.")
    ] = None,
    alpha: Annotated[float, typer.Option("--alpha", help="Probability of a wrong verdict, over all looks.")] = 0.05,
    prediction: Annotated[
        str, typer.Option("--prediction", help="JSON pointer to the labels in an answer; * is every element.")
    ] = DEFAULT,
    image: Annotated[Path | None, typer.Option("--picture", help="SVG file to write.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False,
    env: Env = "local",
    mfa_serial: MfaSerial = None,
    mfa_token: MfaToken = None,
) -> None:
    """Say whether the challenger answers better than the champion; may be asked at any time, and again."""
    # What is wrong with the command line is said before AWS is asked, and before the second factor is.
    pointer = Pointer(prediction)
    check_question(metric, alpha)
    asked = moment_of(since, datetime.now(UTC)) if since else None
    environment = open_endpoint(env, endpoint, second_factor_of(mfa_serial, mfa_token))
    settings = environment.platform.endpoints[endpoint]
    names = pair_of(settings, champion, challenger)
    start = asked or since_release(environment, endpoint)
    destination, store = captured_to(environment, endpoint), Store(environment, endpoint)
    found = compare(
        store, settings, names, destination=destination, since=start, pointer=pointer, metric=metric, alpha=alpha
    )
    if image:
        _write(image, picture(found, f"{endpoint}: {metric} of {names[1]} minus {names[0]}"))
    if as_json:
        print(json.dumps({"verdict": found.verdict, "since": str(start), **asdict(found)}, indent=2, default=str))
        return
    _show(found, metric, start, image)


def label_command(
    endpoint: Endpoint,
    file: Annotated[Path, typer.Argument(help="CSV file with the columns inference_id and label.")],
    env: Env = "local",
    mfa_serial: MfaSerial = None,
    mfa_token: MfaToken = None,
) -> None:
    """Upload ground truth: what the right answers were. Several instances in one request: id,"1,0,1"."""
    lines = ground_truth.lines(file)
    environment = open_endpoint(env, endpoint, second_factor_of(mfa_serial, mfa_token))
    address = Store(environment, endpoint).label(lines)
    plain(f"Labels of {len(lines)} requests -> {address}")


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise OpsError(f"{file} cannot be written: {error}. Name another file: --picture FILE.svg") from None


def _show(found: Comparison, metric: str, since: datetime, image: Path | None) -> None:
    table = Table("variant", "requests", "instances", metric)
    for role, arm in (("champion", found.champion), ("challenger", found.challenger)):
        mean = "none" if arm.mean is None else f"{arm.mean:.4f}"
        table.add_row(f"{arm.variant} ({role})", str(arm.requests), str(arm.instances), mean)
    console.print(table)
    low, high = found.interval.low, found.interval.high
    plain(
        f"Difference, challenger minus champion: between {low:+.4f} and {high:+.4f}, wrong with probability "
        f"{found.alpha:g} at most, over all looks together. Answers since {moment(since)} UTC."
    )
    for problem, count in sorted(found.problems.items()):
        plain(f"  {count} x {problem}")
    plain(f"Verdict: {found.challenger.variant} is {_said(found)}")
    if image:
        plain(f"Picture: {image}")


def _said(found: Comparison) -> str:
    against = f" than {found.champion.variant}"
    unknown = f"not yet known to be better or worse{against}"
    return unknown if found.verdict == "not yet" else f"{found.verdict}{against}"
