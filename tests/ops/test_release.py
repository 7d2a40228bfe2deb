"""What was released and what runs, and steering it: nothing is changed that would not do what it says."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from typing import Any

import pytest
from release import decision

from ops import __main__ as commands
from ops.release import commands as release
from ops.release.history import Rollout, history
from ops.release.registry import Registry
from ops.release.state import state
from ops.release.steering import pause, resume, rollback
from ops.session import OpsError
from ops.stack_events import STEADY
from ops.status import status as overview
from tests.ops.conftest import Deployed
from tests.ops.hosted import CONFIGURATION, NOW, Hosted, group, package, token

GROUPS = "arn:aws:sagemaker:eu-west-1:111122223333:model-package-group/"
PAUSED = "release-paused:ashlar-dev-reviews"
BEGIN, ENDPOINT = ("stack", "UPDATE_IN_PROGRESS", ""), ("endpoint", "UPDATE_IN_PROGRESS", "")
DONE = ("stack", "UPDATE_COMPLETE", "")
WENT_BACK = (
    BEGIN,
    ("endpoint", "UPDATE_FAILED", "alarm ashlardevreviewsconfig-new-linear-5xx"),
    ("role", "UPDATE_FAILED", "Resource update cancelled"),
    ("stack", "UPDATE_ROLLBACK_COMPLETE", ""),
)


@pytest.fixture
def hosted(deployed: Deployed) -> Hosted:
    return Hosted(deployed)


def rollouts(deployed: Deployed) -> list[Rollout]:
    return history(deployed, "reviews", Registry(deployed, "reviews"))


def should_tell_the_rollouts_newest_first_with_packages_and_durations(deployed: Deployed, hosted: Hosted) -> None:
    hosted.operation("deploy", ("stack", "CREATE_IN_PROGRESS", ""), ("stack", "CREATE_COMPLETE", ""))
    first = token(package("linear", 1), package("xgboost", 1))
    hosted.operation(first, BEGIN, ENDPOINT, DONE, minutes=10)
    hosted.operation("exec-1-2", BEGIN, ENDPOINT, DONE, minutes=20)
    newest, oldest = rollouts(deployed)
    assert (newest.by, newest.packages, newest.result) == ("deployment", {}, "completed")
    assert (oldest.by, oldest.result, oldest.reason) == ("release", "completed", "")
    assert oldest.packages == {"linear": f"{group('linear')}/1", "xgboost": f"{group('xgboost')}/1"}
    assert oldest.started == NOW + timedelta(minutes=10)
    assert oldest.ended == NOW + timedelta(minutes=12)


def should_say_the_first_reason_of_a_rollout_that_was_rolled_back(deployed: Deployed, hosted: Hosted) -> None:
    hosted.operation(token(package("linear", 2)), *WENT_BACK)
    (found,) = rollouts(deployed)
    assert found.result == "rolled back"
    assert found.reason == "endpoint: alarm ashlardevreviewsconfig-new-linear-5xx"


def should_say_what_the_registry_knows_of_a_rollback_that_cloudformation_never_saw(
    deployed: Deployed, hosted: Hosted
) -> None:
    hosted.registry[package("linear", 2)] = ["Rejected", "Rolled back: alarm c-linear-latency"]
    hosted.operation(token(package("linear", 2)), BEGIN, ENDPOINT, DONE)
    (found,) = rollouts(deployed)
    assert found.result == "rolled back"
    assert found.reason == f"{group('linear')}/2: Rolled back: alarm c-linear-latency"


def should_tell_a_package_taken_back_later_from_one_that_was_rolled_back(deployed: Deployed, hosted: Hosted) -> None:
    hosted.registry[package("linear", 2)] = ["Rejected", "Taken back by ada: worse"]
    hosted.operation(token(package("linear", 2)), BEGIN, ENDPOINT, DONE)
    (found,) = rollouts(deployed)
    assert (found.result, found.reason) == ("taken back later", f"{group('linear')}/2: Taken back by ada: worse")


def should_ask_the_registry_once_and_for_the_reasons_that_are_shown(
    deployed: Deployed, hosted: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosted.registry |= {package("linear", number): ["Rejected", "long ago"] for number in range(2, 9)}
    hosted.operation(token(package("linear", 8)), BEGIN, ENDPOINT, DONE)
    asked: list[str] = []

    def counting(operation: str) -> None:
        answer = getattr(hosted, operation)

        def ask(**parameters: str) -> Any:
            asked.append(operation)
            return answer(**parameters)

        monkeypatch.setattr(hosted, operation, ask)

    counting("describe_model_package")
    counting("list_model_packages")
    assert state(deployed, "reviews").last
    # One list for each group.
    assert sorted(asked) == ["describe_model_package", "list_model_packages", "list_model_packages"]


@pytest.mark.parametrize(
    ("status", "result"),
    [
        ("UPDATE_IN_PROGRESS", "under way"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "going back"),
        ("UPDATE_ROLLBACK_FAILED", "failed"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "completed"),
    ],
)
def should_say_how_far_a_rollout_is(deployed: Deployed, hosted: Hosted, status: str, result: str) -> None:
    hosted.operation(token(package("linear", 2)), BEGIN, ENDPOINT, ("stack", status, ""))
    assert rollouts(deployed)[0].result == result
    assert (rollouts(deployed)[0].ended is None) == status.endswith("_IN_PROGRESS")


def should_show_what_is_declared_approved_and_served(deployed: Deployed, hosted: Hosted) -> None:
    hosted.registry[package("linear", 2)] = ["Approved", ""]
    hosted.registry[package("linear", 3)] = ["PendingManualApproval", ""]
    hosted.weights["linear"] = 70.0
    linear, xgboost = state(deployed, "reviews").variants
    assert (linear.weight, linear.declared, linear.approved) == (70.0, f"{group('linear')}/1", f"{group('linear')}/2")
    assert linear.serving == [f"{group('linear')}/1"]
    assert (xgboost.approved, xgboost.serving) == (f"{group('xgboost')}/1", [f"{group('xgboost')}/1"])


def should_say_that_the_endpoint_went_back_without_its_stack(deployed: Deployed, hosted: Hosted) -> None:
    assert not state(deployed, "reviews").went_back
    hosted.endpoint["EndpointConfigName"] = "ashlardevreviewsconfig-old"
    assert state(deployed, "reviews").went_back
    hosted.stack["StackStatus"] = "UPDATE_IN_PROGRESS"
    assert not state(deployed, "reviews").went_back


def should_show_the_stage_of_a_rollout_under_way(deployed: Deployed, hosted: Hosted) -> None:
    status = {"Status": "Baking", "StartTime": NOW}
    pending = {"ProductionVariants": [{"VariantName": "linear", "VariantStatus": [status]}]}
    hosted.endpoint |= {"EndpointStatus": "Updating", "PendingDeploymentSummary": pending}
    found = state(deployed, "reviews")
    assert found.endpoint_status == "Updating"
    assert [(its.variant, its.status, its.since) for its in found.stages] == [("linear", "Baking", NOW)]


def should_show_an_endpoint_before_its_first_release(deployed: Deployed, hosted: Hosted) -> None:
    hosted.endpoint = {}
    hosted.registry.clear()
    hosted.serving = {"linear": "none", "xgboost": "none"}
    found = state(deployed, "reviews")
    assert (found.endpoint_status, found.configuration, found.last) == ("not released", "none", None)
    assert {(its.declared, its.approved, tuple(its.serving)) for its in found.variants} == {("none", "none", ())}


def should_take_back_the_package_that_runs(deployed: Deployed, hosted: Hosted) -> None:
    hosted.serving["linear"] = package("linear", 2)
    hosted.registry[package("linear", 2)] = ["Approved", ""]
    said = list(rollback(deployed, "reviews", "linear", "answers\nare worse"))
    assert hosted.registry[package("linear", 2)] == [
        "Rejected",
        "Taken back by arn:aws:iam::111122223333:user/ada: answers are worse",
    ]
    assert f"releases {group('linear')}/1 in its place" in said[1]


def should_say_whose_package_takes_over_where_the_group_has_no_other(deployed: Deployed, hosted: Hosted) -> None:
    said = list(rollback(deployed, "reviews", "xgboost", "worse"))
    assert f"releases {group('linear')}/1 in its place" in said[1]


def should_name_the_heaviest_variants_package_for_the_one_that_takes_over(deployed: Deployed, hosted: Hosted) -> None:
    variants = deployed.platform.endpoints["reviews"].variants
    # The names' order is another than that of the weights.
    of_three = {**variants, "another": variants["linear"].model_copy(update={"candidate": "another", "weight": 1.0})}
    endpoint = deployed.platform.endpoints["reviews"].model_copy(update={"variants": of_three})
    deployed.platform = deployed.platform.model_copy(update={"endpoints": {"reviews": endpoint}})
    hosted.registry[package("another", 7)] = ["Approved", ""]
    said = list(rollback(deployed, "reviews", "xgboost", "worse"))
    assert f"releases {group('linear')}/1 in its place" in said[1]


def should_say_what_serves_beside_what_is_declared(deployed: Deployed, hosted: Hosted) -> None:
    deployed.api_url = "https://api"
    fixed = (
        deployed.platform.endpoints["reviews"]
        .variants["xgboost"]
        .model_copy(update={"model": None, "candidate": None, "package": package("xgboost", 1)})
    )
    variants = {**deployed.platform.endpoints["reviews"].variants, "xgboost": fixed}
    endpoint = deployed.platform.endpoints["reviews"].model_copy(update={"variants": variants})
    deployed.platform = deployed.platform.model_copy(update={"endpoints": {"reviews": endpoint}})
    hosted.declared = {"linear": package("linear", 2)}
    found = overview(deployed)["endpoints"]["reviews"]["variants"]
    assert (found["linear"]["declared"], found["linear"]["serving"]) == (
        f"{group('linear')}/2",
        [f"{group('linear')}/1"],
    )
    assert (found["xgboost"]["declared"], found["xgboost"]["serving"]) == ("fixed", [f"{group('xgboost')}/1"])


def should_reject_nothing_that_would_run_on(deployed: Deployed, hosted: Hosted) -> None:
    hosted.registry = {package("linear", 1): ["Approved", ""]}
    hosted.serving = dict.fromkeys(("linear", "xgboost"), package("linear", 1))
    with pytest.raises(OpsError, match=r"No other package is approved.*would run on"):
        list(rollback(deployed, "reviews", None, "worse"))
    assert hosted.registry == {package("linear", 1): ["Approved", ""]}


@pytest.mark.parametrize(
    ("variant", "message"),
    [
        (None, "run different packages .*Name one: --variant V"),
        ("third", "runs no variant 'third'. It runs: linear, xgboost"),
    ],
)
def should_take_nothing_back_that_is_not_named(
    deployed: Deployed, hosted: Hosted, variant: str | None, message: str
) -> None:
    with pytest.raises(OpsError, match=message):
        list(rollback(deployed, "reviews", variant, "worse"))
    assert {status for status, _ in hosted.registry.values()} == {"Approved"}


def should_take_nothing_back_while_an_update_runs(deployed: Deployed, hosted: Hosted) -> None:
    hosted.stack["StackStatus"] = "UPDATE_IN_PROGRESS"
    with pytest.raises(OpsError, match=r"(?s)what runs is about to change.*cancel-update-stack --stack-name"):
        list(rollback(deployed, "reviews", "linear", "worse"))
    assert {status for status, _ in hosted.registry.values()} == {"Approved"}


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_FAILED", "ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"])
def should_take_nothing_back_where_the_reconciler_would_not_act(
    deployed: Deployed, hosted: Hosted, status: str
) -> None:
    assert status not in decision.STEADY
    hosted.stack["StackStatus"] = status
    with pytest.raises(OpsError, match=rf"(?s)is {status}: .*continue-update-rollback --stack-name ashlar-dev-inf"):
        list(rollback(deployed, "reviews", "linear", "worse"))
    assert {status for status, _ in hosted.registry.values()} == {"Approved"}


def should_take_the_same_stacks_for_steady_as_the_reconciler() -> None:
    assert STEADY == decision.STEADY


def should_take_nothing_back_while_releases_are_paused(deployed: Deployed, hosted: Hosted) -> None:
    list(pause(deployed, "reviews", "freeze"))
    with pytest.raises(OpsError, match=r"are paused \(freeze\).*release resume reviews"):
        list(rollback(deployed, "reviews", "linear", "worse"))


def should_pause_by_a_tag_on_every_group_and_resume(deployed: Deployed, hosted: Hosted) -> None:
    list(pause(deployed, "reviews", "sale until Monday"))
    assert hosted.tags == {f"{GROUPS}{group(name)}": {PAUSED: "sale until Monday"} for name in ("linear", "xgboost")}
    assert state(deployed, "reviews").paused == "sale until Monday"
    assert "they were paused: sale until Monday" in next(resume(deployed, "reviews"))
    assert state(deployed, "reviews").paused is None
    assert "are not paused" in next(resume(deployed, "reviews"))


def should_see_a_pause_on_any_group_of_the_endpoint(deployed: Deployed, hosted: Hosted) -> None:
    hosted.tags[f"{GROUPS}{group('xgboost')}"] = {PAUSED: "by hand"}
    assert state(deployed, "reviews").paused == "by hand"
    hosted.tags[f"{GROUPS}{group('xgboost')}"] = {"release-paused:another": "by hand"}
    assert state(deployed, "reviews").paused is None


@pytest.mark.parametrize("reason", ["", "why?", "a, b", "x" * 257])
def should_refuse_a_reason_that_no_tag_can_hold(deployed: Deployed, hosted: Hosted, reason: str) -> None:
    with pytest.raises(OpsError, match="becomes a tag's value, 1 to 256 letters"):
        list(pause(deployed, "reviews", reason))
    assert hosted.tags == {}


@pytest.mark.parametrize("command", ["status", "history"])
def should_print_for_people_and_for_machines(
    deployed: Deployed,
    hosted: Hosted,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    hosted.operation(token(package("linear", 1)), *WENT_BACK)
    hosted.tags[f"{GROUPS}{group('linear')}"] = {PAUSED: "sale [all]"}
    monkeypatch.setattr(release, "open_endpoint", lambda name, endpoint: deployed)
    for arguments in ([], ["--json"]):
        monkeypatch.setattr(sys, "argv", ["ops", "release", command, "reviews", *arguments])
        with pytest.raises(SystemExit) as done:
            commands.main()
        assert done.value.code == 0
        said = capsys.readouterr().out
        assert "rolled back" in said
        if arguments:
            assert json.loads(said)
        elif command == "status":
            assert CONFIGURATION in said
            assert "paused: sale [all]" in said
