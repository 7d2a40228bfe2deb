"""The function as a whole: it comes to rest, says each thing once, and goes on after it was killed anywhere."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from .world import CONFIG, ENDPOINTS, STACK, KilledError, World, package, wake_ups

NEW = package(2)
Run = Callable[[World], Any]


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Callable[[World], Any]:
    """`function(world)` is the module, acting on that world."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("ENDPOINTS", json.dumps(ENDPOINTS))
    monkeypatch.setenv("TOPIC_ARN", "arn:aws:sns:eu-west-1:111122223333:operators")
    module = importlib.import_module("release.handler")
    cloud = importlib.import_module("release.cloud").Cloud
    settings = importlib.import_module("release.settings")

    def acting_on(world: World) -> Any:
        monkeypatch.setattr(module, "_CLOUD", cloud(**world.clients(), topic="topic"))
        monkeypatch.setattr(module, "_ENDPOINTS", settings.endpoints({"ENDPOINTS": json.dumps(ENDPOINTS)}))
        return module

    return acting_on


def lived(module: Any, world: World) -> World:
    """Until it comes to rest. A killed invocation is repeated with its event, as Lambda does."""
    for event in wake_ups(world):
        try:
            module.handle(event, None)
        except KilledError:
            world.revive()
            module.handle(event, None)
    return world


def subjects(world: World) -> list[str]:
    return [subject.split(":")[0] for subject, _ in world.messages]


def approving(outcome: str, **more: Any) -> World:
    """A second package is approved; its roll-out ends so."""
    return World(outcome={NEW: outcome}, approved=[package(1), NEW], **more)


def should_release_and_clean_up_what_was_before(function: Run) -> None:
    world = approving("good")
    lived(function(world), world)
    assert (world.served, world.live, world.declared) == (NEW, 2, 2)
    assert list(world.kept) == [2]
    assert subjects(world) == ["Release started"]


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ("alarm", f"alarm {CONFIG}-2-linear-5xx: Threshold Crossed"),
        ("silent", f"alarm {CONFIG}-2-linear-5xx: Threshold Crossed"),
        ("ping", "production variant linear did not pass the ping health check"),
    ],
)
def should_reject_once_what_did_not_prove_itself_and_serve_what_ran(function: Run, outcome: str, reason: str) -> None:
    world = approving(outcome)
    lived(function(world), world)
    assert list(world.rejected) == [NEW]
    kept = world.rejected[NEW]
    assert reason in kept
    assert kept.endswith("Runs now: linear reviews-linear/1.")
    assert world.served == package(1)
    assert world.kept[world.live] == package(1)
    assert world.live == world.declared
    assert subjects(world).count("Release rolled back") == 1
    told = next(text for subject, text in world.messages if "rolled back" in subject)
    assert reason in told
    assert "Runs now: linear reviews-linear/1." in told


def should_say_once_that_a_package_is_gone(function: Run) -> None:
    world = approving("missing")
    module = function(world)
    module.handle({}, None)
    world.approved.remove(NEW)  # deleted, while CloudFormation is on its way
    world.ends()
    for event in (world.news(), {}, {}, world.news() | {"detail": {}}):
        module.handle(event, None)
    assert subjects(world) == ["Release started", "Release dropped"]
    assert "does not exist" in world.messages[1][1]
    assert world.served == package(1)
    assert world.rejected == {}


def should_say_trouble_of_the_platform_once_and_not_at_every_try(
    function: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = approving("capacity")
    module = function(world)
    monkeypatch.setattr("release.reconcile.RETRY_SECONDS", 0)
    for _ in range(3):
        module.handle({}, None)
        world.ends()
        # The stack's own event comes first, the schedule and others' events after it.
        monkeypatch.setattr("release.reconcile.RETRY_SECONDS", 600)
        module.handle(world.news(), None)
        module.handle({}, None)
        monkeypatch.setattr("release.reconcile.RETRY_SECONDS", 0)
    assert world.number == 4
    assert subjects(world) == ["Release started", "Release stuck"]
    assert "InsufficientInstanceCapacity" in world.messages[1][1]
    assert world.rejected == {}


def should_say_only_once_that_a_person_must_look(function: Run) -> None:
    world = World(status="UPDATE_ROLLBACK_FAILED")
    module = function(world)
    for event in ({}, world.news(), {}, {}):
        (result,) = module.handle(event, None)
        assert result["decision"] == "Stuck"
    assert subjects(world) == ["Release stuck"]


@pytest.mark.parametrize("outcome", ["good", "alarm", "silent", "ping"])
def should_go_on_after_it_was_killed_after_any_of_its_calls(function: Run, outcome: str) -> None:
    undisturbed = approving(outcome)
    lived(function(undisturbed), undisturbed)
    assert len(undisturbed.calls) > 15
    for call in range(1, len(undisturbed.calls) + 1):
        world = approving(outcome, kill_after=call)
        lived(function(world), world)
        assert (world.served, world.rejected, world.approved) == (
            undisturbed.served,
            undisturbed.rejected,
            undisturbed.approved,
        ), f"killed after call {call}, {undisturbed.calls[call - 1]}"
        assert world.kept[world.live] == undisturbed.kept[undisturbed.live]
        # Killed while it told, it tells once more rather than never.
        rolled_back = subjects(undisturbed).count("Release rolled back")
        assert rolled_back <= subjects(world).count("Release rolled back") <= 2 * rolled_back


def should_leave_an_endpoint_that_is_throttled_for_the_next_wake_up(
    function: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    world = approving("good")
    module = function(world)
    world.throttle = "list_model_packages"
    (result,) = module.handle({}, None)
    assert result["decision"] == "Nothing"
    assert "left for the next wake-up" in result["why"]
    world.throttle = ""
    (result,) = module.handle({}, None)
    assert result["decision"] == "Update"
    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["stack"] for line in logged] == [STACK, STACK]


def should_release_others_when_one_cannot_be_looked_at(function: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    world = approving("good")
    module = function(world)
    wrong = module._ENDPOINTS[0].__class__(**{**vars(module._ENDPOINTS[0]), "role": "not a role"})
    monkeypatch.setattr(module, "_ENDPOINTS", (wrong, *module._ENDPOINTS))
    with pytest.raises(ExceptionGroup, match="not every endpoint could be reconciled"):
        module.handle({}, None)
    assert world.served == NEW


def should_reject_although_nobody_can_be_told(function: Run) -> None:
    world = approving("alarm")
    module = function(world)
    module.handle({}, None)
    world.ends()
    module._CLOUD._sns.publish = None
    with pytest.raises(ExceptionGroup):
        module.handle({}, None)
    assert list(world.rejected) == [NEW]


def should_do_nothing_while_paused_and_clean_nothing(function: Run) -> None:
    paused = [{"Key": "release-paused:dev-reviews", "Value": "moving house"}]
    world = approving("good", tags=paused, kept={0: package(1), 1: package(1)})
    lived(function(world), world)
    assert (world.served, world.messages, list(world.kept)) == (package(1), [], [0, 1])
    world.tags = []
    lived(function(world), world)
    assert (world.served, list(world.kept)) == (NEW, [2])


def should_yield_to_another_update(function: Run) -> None:
    world = approving("good")
    module = function(world)
    begun = world.status
    world.status = "UPDATE_IN_PROGRESS"
    cloud = module._CLOUD
    described = cloud._cloudformation.describe_stacks

    def a_moment_ago(**arguments: Any) -> Any:
        answer = described(**arguments)
        answer["Stacks"][0]["StackStatus"] = begun
        return answer

    cloud._cloudformation.describe_stacks = a_moment_ago
    (result,) = module.handle({}, None)
    assert result["why"] == "another update came first"
    assert world.messages == []
