"""Releases under load: nobody notices a good one, and few notice a bad one. `make soak` is the long form."""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path

from config import load_environment
from tests.conftest import ROOT
from tests.end_to_end.callers import RATE, calling
from tests.end_to_end.conftest import Ashlar
from tests.end_to_end.operators import listening
from tests.end_to_end.packages import register
from tests.end_to_end.releases import (
    SECONDS,
    last_release,
    parameters,
    runs_now,
    short,
    wait_until_rejected,
    wait_until_released,
)
from tests.end_to_end.serving import answering
from tests.local.cloud import eventually

RELEASES = int(os.environ.get("SOAK_RELEASES", "2"))
# Every twentieth request of a process fails: 5 %. The first one soon, so that a slow machine's canary has some.
FAILS_SOMETIMES = """
_count = 0
_sound = predict_fn

def predict_fn(data, model):
    global _count
    _count += 1
    if _count % 20 == 10:
        raise RuntimeError("one request of twenty")
    return _sound(data, model)
"""


def should_release_again_and_again_without_a_failed_request(ashlar: Ashlar, tmp_path: Path) -> None:
    packages = []
    with calling(ashlar, tmp_path) as callers:
        for number in range(RELEASES):
            packages.append(register(ashlar, ("linear", "xgboost")[number % 2], status="Approved"))
            wait_until_released(ashlar, packages[-1])
        sending = time.time() - callers.begun
        released = {short(package) for package in packages}
        eventually(lambda: released <= {answer["package"] for answer in callers.answers()}, seconds=60)
    assert callers.failed() == []
    # The callers really kept their rate: an endpoint that answers too slowly would have fewer.
    assert len(callers.answers(callers.begun)) >= 0.9 * RATE * sending


def should_roll_back_a_release_that_fails_sometimes_while_few_callers_see_it(ashlar: Ashlar, tmp_path: Path) -> None:
    before, answering_before = parameters(ashlar), answering(ashlar)
    # GIVEN callers, WHEN a package is approved whose model raises on 5 % of requests
    code = (ROOT / "model_code/reviews/serving/linear/inference.py").read_text("utf-8") + FAILS_SOMETIMES
    with listening(ashlar) as operators, calling(ashlar, tmp_path) as callers:
        package = register(ashlar, "linear", status="Approved", inference_code=code)
        message = operators.told("Release rolled back", short(package), seconds=SECONDS)
        reason = wait_until_rejected(ashlar, package)
        rejected = time.time()
        callers.go_on()
        assert operators.count("Release rolled back", short(package)) == 1
    # THEN callers saw at most the canary's share of its errors, and none after it went back
    answers, failed = callers.answers(callers.begun), callers.failed(callers.begun)
    assert failed, "the release never failed: nothing was shown"
    assert {answer["status"] for answer in failed} == {502}
    share = load_environment("local").endpoints["reviews"].rollout.percent / 100
    new = Counter(answer["package"] for answer in answers)[short(package)] + len(failed)
    # Of the variant's requests the canary gets its share; chance may give it half as much again.
    assert new <= 1.5 * share * len(answers)
    assert len(failed) <= 0.1 * share * len(answers)
    assert callers.failed(rejected) == []
    # AND what ran before runs
    assert parameters(ashlar) == before
    assert answering(ashlar) == answering_before
    # AND everybody is told which package, which alarm, what runs now
    history = last_release(ashlar)
    assert history["packages"] == {"linear": short(package)}
    assert history["result"] == "rolled back"
    for said in (message, reason, history["reason"]):
        assert "alarm ashlarlocalreviewsconfig-" in said
        assert "-linear-5xx" in said or "-linear-model-errors" in said
        assert runs_now(before) in said
