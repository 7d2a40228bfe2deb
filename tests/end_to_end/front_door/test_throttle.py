"""Callers at a fixed rate, below the throttle and above it: who is turned away is told when to come again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.end_to_end.front_door.conftest import door_of
from tests.end_to_end.front_door.door import Json
from tests.end_to_end.front_door.identities import right
from tests.end_to_end.front_door.place import Place
from tests.local.cloud import eventually

RATE, THROTTLE = 60.0, 20
SHORT, LONG = 3, 60
DURATIONS = [SHORT, pytest.param(LONG, marks=pytest.mark.long)]


def _called(front_door: Place, folder: Path, seconds: int) -> list[Json]:
    """What so many seconds of requests were answered (load.py), all of them."""
    out, wanted = folder / "answers.jsonl", RATE * seconds
    command = [sys.executable, "-m", "tests.end_to_end.load", "--endpoint", "reviews", "--rate", str(RATE)]
    launched = [sys.executable, "-m", "local", "exec", "--", *command, "--out", str(out)]
    environment = {**os.environ, "ASHLAR_LOCAL_STATE": str(front_door.cloud.state)}
    with subprocess.Popen(launched, cwd=ROOT, env=environment, stdin=subprocess.PIPE, text=True) as process:
        try:
            eventually(lambda: out.exists() and len(out.read_text().splitlines()) >= wanted, seconds=seconds + 60)
        finally:
            process.communicate(timeout=60)
    assert process.returncode == 0
    return [json.loads(line) for line in out.read_text().splitlines()]


@pytest.mark.parametrize("seconds", DURATIONS)
def should_answer_everybody_below_the_throttle(front_door: Place, tmp_path: Path, seconds: int) -> None:
    door_of(front_door)
    answers = _called(front_door, tmp_path, seconds)
    assert Counter(answer["status"] for answer in answers) == {200: len(answers)}


@pytest.mark.parametrize("seconds", DURATIONS)
def should_tell_who_is_above_the_throttle_when_to_come_again(front_door: Place, tmp_path: Path, seconds: int) -> None:
    door_of(front_door, throttle={"rate": THROTTLE, "burst": THROTTLE})
    answers = _called(front_door, tmp_path, seconds)
    statuses = Counter(answer["status"] for answer in answers)
    refused = [answer for answer in answers if answer["status"] == 429]
    # None is lost: each request was answered, and no more were served than the throttle allows.
    assert set(statuses) == {200, 429}, statuses
    moments = [answer["at"] for answer in answers]
    assert THROTTLE <= statuses[200] <= THROTTLE * (1 + max(moments) - min(moments)) + 1, statuses
    assert {answer["retry_after"] for answer in refused} == {"1"}
    assert {answer["detail"]["type"] for answer in refused} == {"urn:problem-type:ashlar:throttled"}


def should_count_each_client_by_its_key(front_door: Place) -> None:
    clients: dict[str, Any] = {
        "shop": {"endpoints": ["reviews"], "throttle": {"rate": 0.01, "burst": 3}},
        "depot": {"endpoints": ["returns"]},
        "team": {"quota_per_day": 2},
    }
    door = door_of(front_door, auth="api_key", clients=clients)
    limited, other, counted = (right(front_door, "api_key", client) for client in clients)
    answers = [door.predict(limited) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert (answers[-1].problem, answers[-1].headers["retry-after"]) == ("throttled", "1")
    assert door.predict(other, "returns").status == 200
    answers = [door.predict(counted) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[-1].problem == "quota-exceeded"
    assert answers[-1].headers["retry-after"].isdigit()
