"""What operators read, and what the registry keeps."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from release.decision import Decision, Dropped, Nothing, Reject, Stack, Stuck, Update
from release.message import description, message, runs_now
from release.settings import Endpoint, Variant

VARIANTS = (Variant("linear", "L", "reviews-linear", 90), Variant("xgboost", "X", "reviews-xgboost", 10))
ENDPOINT = Endpoint("dev-inference-reviews", "role", "dev-reviews", "config", (), VARIANTS)


def package(name: str) -> str:
    return f"arn:aws:sagemaker:eu-west-1:111122223333:model-package/{name}"


RUNNING = {"L": package("reviews-linear/1"), "X": package("reviews-xgboost/4")}
STACK = Stack("UPDATE_COMPLETE", RUNNING, "", "", "", "0", 1, live=True, running=RUNNING)
NEW = package("reviews-linear/2")
NOW = "Runs now: linear reviews-linear/1, xgboost reviews-xgboost/4."


def lines(decision: Decision) -> list[str]:
    told = message(ENDPOINT, STACK, decision)
    assert told
    assert told.subject.endswith(": dev-reviews")
    first, *rest = told.text.split("\n")
    assert first == "Endpoint: dev-reviews (stack dev-inference-reviews)"
    return rest


def should_say_which_packages_a_release_changes() -> None:
    changes, why, now, to_do, _ = lines(Update({**RUNNING, "L": NEW}, "token", "tried alone"))
    assert changes == "Packages: linear: reviews-linear/1 -> reviews-linear/2"
    assert (why, now) == ("Why: tried alone", NOW)
    assert to_do.startswith("To do: nothing")


def should_say_which_package_was_rejected_for_which_alarm_and_what_runs_now() -> None:
    rejected, reason, now, to_do, _ = lines(Reject(NEW, "alarm config-1-linear-5xx: Threshold Crossed"))
    assert rejected == "Package: reviews-linear/2, Rejected"
    assert reason == "Reason: alarm config-1-linear-5xx: Threshold Crossed"
    assert now == NOW
    assert "register a better package" in to_do


def should_say_what_is_tried_again_and_what_waits_for_a_person() -> None:
    assert "tried again by itself" in lines(Stuck("no capacity", retried=True))[2]
    assert "a person must look" in lines(Stuck("the stack is UPDATE_ROLLBACK_FAILED"))[2]
    assert lines(Dropped("the package does not exist"))[:2] == ["Reason: the package does not exist", NOW]


def should_say_nothing_where_nothing_happens() -> None:
    assert message(ENDPOINT, STACK, Nothing("the stack serves what is approved")) is None


@pytest.mark.parametrize("running", [{}, {"L": "none", "X": "none"}])
def should_say_that_nothing_runs_before_the_first_release(running: dict[str, str]) -> None:
    assert runs_now(ENDPOINT, replace(STACK, running=running)) == "Runs now: nothing of a release."


def should_keep_the_reason_and_what_runs_now_with_the_package() -> None:
    assert description(ENDPOINT, STACK, Reject(NEW, "two\nlines\r\n  and more.")) == (
        f"Rolled back: two lines and more. {NOW}"
    )


@given(st.text(min_size=0, max_size=3000), st.integers(1, 10))
def should_keep_one_line_of_1024_characters_that_says_what_runs_now(why: str, variants: int) -> None:
    many = tuple(Variant(f"variant{n}", f"P{n}", "group", 1) for n in range(variants))
    running = {variant.parameter: package(f"ashlar-prod-reviews-{variant.name}/1") for variant in many}
    endpoint, stack = replace(ENDPOINT, variants=many), replace(STACK, running=running)
    kept = description(endpoint, stack, Reject(NEW, why))
    assert len(kept) <= 1024
    assert len(kept.splitlines()) == 1
    assert kept.endswith(runs_now(endpoint, stack))


@given(st.text("abc-", min_size=1, max_size=200))
def should_have_a_subject_that_a_topic_takes(name: str) -> None:
    told = message(replace(ENDPOINT, name=name), STACK, Stuck("why"))
    assert told
    assert len(told.subject) < 100
    assert told.subject.isascii()
