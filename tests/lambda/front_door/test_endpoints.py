"""The list of endpoints: whose they are, and how each is."""

from __future__ import annotations

import time
from typing import Any

import pytest
from front_door import endpoint_status

from .desk import REQUESTS, Desk, document
from .stub_aws import Answer, StubAws


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint_status, "_kept", {})


def listed(desk: Desk, *granted: str, **its: Any) -> list[dict[str, Any]]:
    response = desk.ask(endpoint_status.index, granted=granted, path={}, **its)
    assert response.status == 200
    found: list[dict[str, Any]] = document(response)["endpoints"]
    return found


def should_list_what_the_caller_was_granted_with_what_it_takes(desk: Desk, aws: StubAws) -> None:
    aws.statuses["ashlar-local-reviews"] = "InService"
    reviews, unknown = listed(desk, "reviews", "queued", "gone")[::-1]
    assert reviews == {
        "name": "reviews",
        "title": None,
        "description": None,
        "mode": "real_time",
        "status": "in-service",
        "variants": [{"name": "linear"}],
        "requests": REQUESTS,
        "prediction": {},
    }
    assert unknown["name"] == "queued"


def should_list_nothing_for_who_was_granted_nothing(desk: Desk, aws: StubAws) -> None:
    assert listed(desk) == []
    assert aws.asked == []


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (None, "no-model-yet"),
        ("Creating", "creating"),
        ("RollingBack", "updating"),
        ("OutOfService", "failed"),
        ("Deleting", "no-model-yet"),
        ("Newborn", "unknown"),
    ],
)
def should_say_how_an_endpoint_is_in_our_own_words(desk: Desk, aws: StubAws, told: str | None, status: str) -> None:
    if told:
        aws.statuses["ashlar-local-reviews"] = told
    assert [each["status"] for each in listed(desk, "reviews")] == [status]


def should_ask_once_in_a_while(desk: Desk, aws: StubAws, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.statuses["ashlar-local-reviews"] = "Creating"
    assert [listed(desk, "reviews")[0]["status"] for _ in range(3)] == ["creating"] * 3
    assert len(aws.asked) == 1

    aws.statuses["ashlar-local-reviews"] = "InService"
    later = time.time() + endpoint_status.KEPT_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert listed(desk, "reviews")[0]["status"] == "in-service"


@pytest.mark.parametrize("answer", [Answer(500), Answer(400, b'{"__type": "AccessDeniedException"}')])
def should_list_an_endpoint_whose_status_nobody_tells_and_ask_again(desk: Desk, aws: StubAws, answer: Answer) -> None:
    aws.failing = lambda _: answer
    assert listed(desk, "reviews")[0]["status"] == "unknown"
    aws.failing = lambda _: None
    assert listed(desk, "reviews")[0]["status"] == "no-model-yet"


def should_answer_although_the_control_plane_is_down(desk: Desk, aws: StubAws) -> None:
    aws.server.server_close()
    assert {each["status"] for each in listed(desk, "reviews", "queued")} == {"unknown"}
