"""The reconciler's decisions, from what is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from release.blame import Alarm
from release.decision import STEADY, Decision, Dropped, Nothing, Reject, Stack, Stuck, Update
from release.reconcile import decide, desired
from release.settings import Endpoint, Variant

ENDPOINT = Endpoint(
    "ashlar-test-inference-reviews",
    "arn:aws:iam::111122223333:role/release",
    "ashlar-test-reviews",
    "ashlartestreviewsconfig",
    ("ashlartestreviewslinearmodel", "ashlartestreviewsxgboostmodel"),
    (
        Variant("linear", "LinearModelPackage", "reviews-linear", 90),
        Variant("xgboost", "XgboostModelPackage", "reviews-xgboost", 10),
    ),
)
NONE = {"LinearModelPackage": "none", "XgboostModelPackage": "none"}


def package(group: str, version: int) -> str:
    return f"arn:aws:sagemaker:eu-west-1:111122223333:model-package/reviews-{group}/{version}"


L1, L2, X1, X2 = package("linear", 1), package("linear", 2), package("xgboost", 1), package("xgboost", 2)
RUNNING = {"LinearModelPackage": L1, "XgboostModelPackage": X1}
EVENT = "0f1e2d3c-aaaa-bbbb-cccc-000000000001"


def stack(parameters: dict[str, str], status: str = "UPDATE_COMPLETE", token: str = "", reason: str = "") -> Stack:
    failed = "AWS::SageMaker::Endpoint"
    return Stack(status, parameters, token, failed, reason, EVENT, age=1, live=True, running=parameters)


def rolled_back(parameters: dict[str, str], attempt: Update, reason: str, *alarms: Alarm) -> Stack:
    return replace(stack(parameters, "UPDATE_ROLLBACK_COMPLETE", attempt.token, reason), alarms=alarms)


def silently_back(running: dict[str, str], attempt: Update, *alarms: Alarm) -> Stack:
    """CloudFormation says that it went well; SageMaker runs the old configuration."""
    now = stack(dict(attempt.parameters), token=attempt.token)
    return replace(now, failed="", live=False, running=running, alarms=alarms)


def alarm(watches: str) -> Alarm:
    return Alarm(f"config-NEW-{watches}", watches, "Threshold Crossed: 0.2 > 0.01")


def wrong(watches: str) -> str:
    return f"alarm config-NEW-{watches}: Threshold Crossed: 0.2 > 0.01"


def update(stack: Stack, approved: dict[str, str]) -> Update:
    decision = decide(ENDPOINT, stack, approved)
    assert isinstance(decision, Update), decision
    return decision


def should_do_nothing_before_anything_is_approved() -> None:
    assert isinstance(decide(ENDPOINT, stack(NONE), {}), Nothing)


def should_release_what_is_approved_for_each_variant() -> None:
    decision = update(stack(NONE), {"reviews-linear": L1, "reviews-xgboost": X1})
    assert decision.parameters == RUNNING


def should_fill_a_variant_without_a_package_with_the_champions() -> None:
    assert update(stack(NONE), {"reviews-linear": L1}).parameters == {
        "LinearModelPackage": L1,
        "XgboostModelPackage": L1,
    }


def should_fill_the_champion_itself_from_the_next_heaviest_variant() -> None:
    assert update(stack(NONE), {"reviews-xgboost": X1}).parameters == {
        "LinearModelPackage": X1,
        "XgboostModelPackage": X1,
    }


def should_keep_what_runs_when_nothing_is_approved_any_more() -> None:
    assert isinstance(decide(ENDPOINT, stack(RUNNING), {}), Nothing)


def should_change_only_the_variant_with_a_new_package() -> None:
    decision = update(stack(RUNNING), {"reviews-linear": L2, "reviews-xgboost": X1})
    assert decision.parameters == {"LinearModelPackage": L2, "XgboostModelPackage": X1}


@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "DELETE_IN_PROGRESS"])
def should_wait_while_the_stack_is_busy(status: str) -> None:
    assert isinstance(decide(ENDPOINT, stack(NONE, status), {"reviews-linear": L1}), Nothing)


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_FAILED", "ROLLBACK_COMPLETE", "DELETE_FAILED"])
def should_call_an_operator_when_the_stack_cannot_be_updated(status: str) -> None:
    assert isinstance(decide(ENDPOINT, stack(NONE, status), {"reviews-linear": L1}), Stuck)


def should_not_lose_the_second_of_two_packages_approved_at_once() -> None:
    # GIVEN the first update was decided when only one was visible
    first = update(stack(NONE), {"reviews-linear": L1})
    # WHEN it has ended and both are
    second = update(stack(dict(first.parameters)), {"reviews-linear": L1, "reviews-xgboost": X1})
    # THEN both run
    assert second.parameters == RUNNING


def should_use_one_token_for_one_state_and_another_for_the_next() -> None:
    approved = {"reviews-linear": L2, "reviews-xgboost": X1}
    now = stack(RUNNING)
    assert update(now, approved).token == update(now, approved).token
    assert update(now, approved).token != update(replace(now, event="ffffffff-later"), approved).token


PING = "The primary container for production variant {} did not pass the ping health check."
BOTH_NEW = {"reviews-linear": L2, "reviews-xgboost": X2}
LINEAR_NEW = {"reviews-linear": L2, "reviews-xgboost": X1}


def should_reject_a_package_whose_roll_out_an_alarm_ended_with_its_name() -> None:
    attempt = update(stack(RUNNING), LINEAR_NEW)
    went_back = rolled_back(RUNNING, attempt, "endpoint: went back", alarm("linear-5xx"), alarm("linear-latency"))
    decision = decide(ENDPOINT, went_back, LINEAR_NEW)
    assert decision == Reject(L2, f"{wrong('linear-5xx')}; {wrong('linear-latency')}")


@pytest.mark.parametrize("watches", ["xgboost-5xx", "xgboost-model-errors", "xgboost-latency"])
def should_reject_the_one_whose_variant_the_alarm_watches(watches: str) -> None:
    attempt = update(stack(RUNNING), BOTH_NEW)
    decision = decide(ENDPOINT, rolled_back(RUNNING, attempt, "went back", alarm(watches)), BOTH_NEW)
    assert decision == Reject(X2, wrong(watches))


def should_reject_one_after_the_other_when_both_have_alarms() -> None:
    attempt = update(stack(RUNNING), BOTH_NEW)
    went_back = rolled_back(RUNNING, attempt, "went back", alarm("linear-5xx"), alarm("xgboost-5xx"))
    first = decide(ENDPOINT, went_back, BOTH_NEW)
    assert isinstance(first, Reject)
    second = decide(ENDPOINT, went_back, {"reviews-linear": L1, "reviews-xgboost": X2})
    assert isinstance(second, Reject)
    assert [first.package, second.package] == [L2, X2]


def should_blame_the_champions_package_on_whichever_variant_it_failed() -> None:
    running = {"LinearModelPackage": L1, "XgboostModelPackage": L1}
    attempt = update(stack(running), {"reviews-linear": L2})
    went_back = rolled_back(running, attempt, "went back", alarm("xgboost-5xx"))
    decision = decide(ENDPOINT, went_back, {"reviews-linear": L2})
    assert isinstance(decision, Reject)
    assert decision.package == L2


@pytest.mark.parametrize("watches", ["xgboost-5xx", "fixed-5xx"])
def should_blame_no_package_for_the_alarm_of_a_variant_that_did_not_change(watches: str) -> None:
    attempt = update(stack(RUNNING), LINEAR_NEW)
    decision = decide(ENDPOINT, rolled_back(RUNNING, attempt, "went back", alarm(watches)), LINEAR_NEW)
    assert isinstance(decision, Stuck)
    assert decision.retried
    assert watches in decision.why


def should_reject_the_one_whose_variant_the_reason_names() -> None:
    attempt = update(stack(RUNNING), BOTH_NEW)
    reason = PING.format("xgboost")
    assert decide(ENDPOINT, rolled_back(RUNNING, attempt, reason), BOTH_NEW) == Reject(X2, reason)


def should_blame_no_package_for_a_fixed_image_that_never_answers() -> None:
    attempt = update(stack(RUNNING), LINEAR_NEW)
    decision = decide(ENDPOINT, rolled_back(RUNNING, attempt, PING.format("fixed")), LINEAR_NEW)
    assert isinstance(decision, Stuck)
    assert decision.retried


@pytest.mark.parametrize("silently", [False, True])
def should_try_one_alone_when_nothing_says_which_of_two_failed(silently: bool) -> None:
    def back(attempt: Update) -> Stack:
        if silently:
            return silently_back(RUNNING, attempt, alarm("5xx"))
        return rolled_back(RUNNING, attempt, "went back", alarm("5xx"))

    # GIVEN two new packages that failed together, by an alarm over all variants
    attempt = update(stack(RUNNING), BOTH_NEW)
    # WHEN that names neither, THEN the heavier one is tried alone
    alone = update(back(attempt), BOTH_NEW)
    assert alone.parameters == {"LinearModelPackage": L2, "XgboostModelPackage": X1}
    # and when it fails alone it is the one
    assert decide(ENDPOINT, back(alone), BOTH_NEW) == Reject(L2, wrong("5xx"))
    # and when it does not, the other one's turn comes
    after = update(stack(dict(alone.parameters), token=alone.token), BOTH_NEW)
    assert after.parameters == {"LinearModelPackage": L2, "XgboostModelPackage": X2}


def should_try_one_package_on_every_variant_when_the_first_release_of_two_failed() -> None:
    approved = {"reviews-linear": L1, "reviews-xgboost": X1}
    attempt = update(stack(NONE), approved)
    alone = update(rolled_back(NONE, attempt, "the container failed to start"), approved)
    assert set(alone.parameters.values()) == {L1}


def should_try_a_newer_package_after_a_roll_back() -> None:
    attempt = update(stack(RUNNING), LINEAR_NEW)
    newer = {"reviews-linear": package("linear", 3), "reviews-xgboost": X1}
    assert update(rolled_back(RUNNING, attempt, "bad"), newer).parameters["LinearModelPackage"] == package("linear", 3)


def should_not_blame_a_package_for_a_failed_deployment_of_somebody_else() -> None:
    failed = stack(RUNNING, "UPDATE_ROLLBACK_COMPLETE", "cdk-deploy-1234", "a role is missing")
    assert isinstance(decide(ENDPOINT, failed, LINEAR_NEW), Update)


def should_not_reject_a_package_that_serves_another_variant() -> None:
    approved = {"reviews-linear": L1}  # xgboost's own package was withdrawn: the champion's takes its place
    attempt = update(stack(RUNNING), approved)
    decision = decide(ENDPOINT, rolled_back(RUNNING, attempt, PING.format("xgboost")), approved)
    assert isinstance(decision, Stuck)
    assert not decision.retried


PLATFORMS_FAULTS = [
    ("AWS::ApplicationAutoScaling::ScalableTarget", "Target: something"),
    ("AWS::SageMaker::Endpoint", "Endpoint: InsufficientInstanceCapacity"),
    ("AWS::SageMaker::Endpoint", "Endpoint: The account-level service limit was exceeded"),
    ("AWS::SageMaker::Endpoint", "Endpoint: Cannot update in-progress endpoint"),
    ("AWS::SageMaker::Endpoint", "Endpoint: alarm somebody-elses is in ALARM"),
    ("AWS::SageMaker::Model", "Model: ... is not authorized to perform: sagemaker:CreateModel"),
    ("Custom::LiveVariants", "LiveVariants: the endpoint did not take the weights"),
]


@pytest.mark.parametrize(("failed", "reason"), PLATFORMS_FAULTS)
def should_blame_no_package_for_a_fault_of_the_platform_but_try_again_later(failed: str, reason: str) -> None:
    attempt = update(stack(RUNNING), LINEAR_NEW)
    now = replace(rolled_back(RUNNING, attempt, reason), failed=failed)
    decision = decide(ENDPOINT, now, LINEAR_NEW)
    assert isinstance(decision, Stuck)
    assert decision.retried
    assert reason in decision.why
    again = update(replace(now, age=600.0), LINEAR_NEW)
    assert again.parameters == attempt.parameters
    # A repetition is marked as one, and its packages are still known as tried.
    assert again.again
    repeated = replace(now, token=again.token)
    assert (now.repeated, repeated.repeated) == (False, True)
    assert isinstance(decide(ENDPOINT, repeated, LINEAR_NEW), Stuck)
    ping = PING.format("linear")
    assert decide(ENDPOINT, rolled_back(RUNNING, again, ping), LINEAR_NEW) == Reject(L2, ping)


def should_not_blame_a_package_for_an_alarm_that_was_there_before_the_roll_out() -> None:
    attempt = update(stack(RUNNING), LINEAR_NEW)
    now = replace(rolled_back(RUNNING, attempt, "went back"), early=(alarm("linear-5xx"),))
    decision = decide(ENDPOINT, now, LINEAR_NEW)
    assert isinstance(decision, Stuck)
    assert decision.retried
    assert "config-NEW-linear-5xx was in ALARM before the roll-out began" in decision.why
    silent = replace(silently_back(RUNNING, attempt), early=(alarm("linear-5xx"),))
    assert isinstance(decide(ENDPOINT, silent, LINEAR_NEW), Stuck)


def should_name_no_variant_that_is_only_a_word_of_the_message() -> None:
    variants = (Variant("primary", "P", "g", 90), Variant("linear", "L", "h", 10))
    endpoint = replace(ENDPOINT, variants=variants)
    running, approved = {"P": X1, "L": L1}, {"g": X2, "h": L2}
    attempt = decide(endpoint, stack(running), approved)
    assert isinstance(attempt, Update)
    reason = PING.format("linear")
    assert decide(endpoint, rolled_back(running, attempt, reason), approved) == Reject(L2, reason)


def should_go_on_without_a_package_that_was_deleted_before_its_release() -> None:
    # GIVEN a release of two packages, of which one was deleted in the meantime
    attempt = update(stack(RUNNING), BOTH_NEW)
    gone = rolled_back(RUNNING, attempt, f"Model: model package {L2} does not exist")
    gone = replace(gone, failed="AWS::SageMaker::Model")
    # WHEN the registry knows it no more, THEN the other one is released at once
    assert update(gone, {"reviews-linear": L1, "reviews-xgboost": X2}).parameters == {
        "LinearModelPackage": L1,
        "XgboostModelPackage": X2,
    }
    # and where none is left, what ran before runs on, and that is said
    decision = decide(ENDPOINT, gone, {"reviews-linear": L1, "reviews-xgboost": X1})
    assert isinstance(decision, Dropped)
    assert L2 in decision.why


def should_be_at_rest_after_a_rejection() -> None:
    attempt = update(stack(RUNNING), LINEAR_NEW)
    went_back = rolled_back(RUNNING, attempt, "went back", alarm("linear-5xx"))
    decision = decide(ENDPOINT, went_back, {"reviews-linear": L1, "reviews-xgboost": X1})
    assert decision == Nothing("the stack serves what is approved", at_rest=True)


def should_reject_a_package_that_sagemaker_went_back_from_without_a_failure() -> None:
    attempt = update(stack(RUNNING), LINEAR_NEW)
    silent = silently_back(RUNNING, attempt)
    decision = decide(ENDPOINT, silent, LINEAR_NEW)
    assert isinstance(decision, Reject)
    assert decision.package == L2
    assert "without a failure" in decision.why
    # and once it is rejected, the stack follows what runs
    back = update(silent, {"reviews-linear": L1, "reviews-xgboost": X1})
    assert back.parameters == RUNNING
    # and should that go back as well, no package that runs is rejected for it
    twice = silently_back(RUNNING, back)
    assert isinstance(decide(ENDPOINT, twice, {"reviews-linear": L1, "reviews-xgboost": X1}), Stuck)


def should_call_an_operator_when_no_release_explains_what_the_endpoint_runs_on() -> None:
    strange = replace(stack(RUNNING, token="cdk-deploy-1"), live=False)
    assert isinstance(decide(ENDPOINT, strange, {"reviews-linear": L1, "reviews-xgboost": X1}), Stuck)


def should_release_nothing_while_the_endpoint_is_paused_and_go_on_afterwards() -> None:
    paused = decide(ENDPOINT, stack(RUNNING), LINEAR_NEW, "moving house")
    assert isinstance(paused, Nothing)
    assert "moving house" in paused.why
    assert not paused.at_rest
    assert isinstance(decide(ENDPOINT, stack(RUNNING), LINEAR_NEW, ""), Nothing)
    assert isinstance(decide(ENDPOINT, stack(RUNNING), LINEAR_NEW, None), Update)


def should_still_reject_what_failed_while_the_endpoint_is_paused() -> None:
    attempt = update(stack(RUNNING), LINEAR_NEW)
    went_back = rolled_back(RUNNING, attempt, "went back", alarm("linear-5xx"))
    assert isinstance(decide(ENDPOINT, went_back, LINEAR_NEW, "moving house"), Reject)


def should_leave_a_variant_alone_that_its_stack_does_not_know_yet() -> None:
    added = replace(ENDPOINT, variants=(*ENDPOINT.variants, Variant("roberta", "RobertaModelPackage", "r", 1)))
    decision = decide(added, stack(RUNNING), {**LINEAR_NEW, "r": X2})
    assert isinstance(decision, Update)
    assert set(decision.parameters) == set(RUNNING)


def should_have_nothing_to_release_where_every_package_is_fixed() -> None:
    decision = decide(replace(ENDPOINT, variants=()), stack({}), {})
    assert decision == Nothing("the stack serves what is approved", at_rest=True)


PACKAGES = st.sampled_from([L1, L2, X1, X2])


@given(
    st.dictionaries(st.sampled_from(["reviews-linear", "reviews-xgboost"]), PACKAGES),
    st.fixed_dictionaries({"LinearModelPackage": PACKAGES, "XgboostModelPackage": PACKAGES}),
)
def should_never_take_a_variant_out_of_service(approved: dict[str, str], actual: dict[str, str]) -> None:
    target = desired(ENDPOINT, actual, approved)
    assert set(target) == set(actual)
    assert "none" not in target.values()


@given(st.dictionaries(st.sampled_from(["reviews-linear", "reviews-xgboost"]), PACKAGES, min_size=1))
def should_come_to_rest_once_an_update_succeeded(approved: dict[str, str]) -> None:
    decision = update(stack(NONE), approved)
    assert isinstance(decide(ENDPOINT, stack(dict(decision.parameters), token=decision.token), approved), Nothing)


@given(st.dictionaries(st.sampled_from(["reviews-linear", "reviews-xgboost"]), PACKAGES, min_size=1))
def should_make_tokens_that_cloudformation_takes(approved: dict[str, str]) -> None:
    token = update(stack(NONE), approved).token
    assert len(token) <= 128
    assert token.replace("-", "").isalnum()


def update_token(tried: list[str]) -> str:
    """As a release of these packages would have it."""
    if not tried:
        return "cdk-deploy"
    return update(stack(NONE), {"reviews-linear": tried[0], "reviews-xgboost": tried[-1]}).token


WORDS = [PING.format("linear"), PING.format("xgboost"), PING.format("fixed"), "no capacity", "failed to start", ""]
WATCHES = ["5xx", "linear-5xx", "xgboost-latency", "fixed-5xx"]
BY_PARAMETER = st.fixed_dictionaries({"LinearModelPackage": PACKAGES, "XgboostModelPackage": PACKAGES})
STACKS = st.builds(
    Stack,
    status=st.sampled_from([*STEADY, "UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"]),
    parameters=BY_PARAMETER,
    token=st.lists(PACKAGES, max_size=2).map(update_token),
    failed=st.sampled_from(["", "AWS::SageMaker::Endpoint", "AWS::SageMaker::Model"]),
    reason=st.sampled_from(WORDS),
    event=st.just(EVENT),
    age=st.sampled_from([1.0, 600.0]),
    live=st.booleans(),
    running=BY_PARAMETER,
    alarms=st.lists(st.sampled_from(WATCHES).map(alarm), max_size=2).map(tuple),
    early=st.lists(st.just(alarm("linear-5xx")), max_size=1).map(tuple),
).map(lambda now: replace(now, running=now.parameters) if now.live else now)
APPROVED = st.dictionaries(st.sampled_from(["reviews-linear", "reviews-xgboost"]), PACKAGES)


@given(STACKS, APPROVED, st.none() | st.text(max_size=5))
def should_hold_its_promises_in_every_state(now: Stack, approved: dict[str, str], paused: str | None) -> None:
    decision: Decision = decide(ENDPOINT, now, approved, paused)
    if now.status == "UPDATE_IN_PROGRESS":
        assert isinstance(decision, Nothing)
    if now.status == "UPDATE_ROLLBACK_FAILED":
        assert isinstance(decision, Stuck)
    if isinstance(decision, Update):
        assert paused is None
        # never what nobody approved, unless it runs already
        assert set(decision.parameters.values()) <= {*approved.values(), *now.running.values()}
        # CloudFormation refuses an update that changes nothing
        assert any(now.parameters[name] != value for name, value in decision.parameters.items())
    if isinstance(decision, Reject):
        assert now.went_back
        assert decision.package in approved.values()
        assert decision.package not in now.running.values()
    if isinstance(decision, Nothing) and decision.at_rest:
        assert now.live


def should_blame_no_package_where_a_person_moved_the_endpoint() -> None:
    attempt = update(stack(RUNNING), {"reviews-linear": L2, "reviews-xgboost": X1})
    moved = replace(silently_back(RUNNING, attempt), moved="by-hand")
    decision = decide(ENDPOINT, moved, {"reviews-linear": L2, "reviews-xgboost": X1})
    assert isinstance(decision, Stuck) and not decision.retried
    assert "runs on by-hand, a configuration that its stack never made: no package is to blame" in decision.why


def should_believe_an_alarm_also_where_a_person_moved_the_endpoint_then() -> None:
    attempt = update(stack(RUNNING), {"reviews-linear": L2, "reviews-xgboost": X1})
    moved = replace(silently_back(RUNNING, attempt, alarm("linear-5xx")), moved="by-hand")
    decision = decide(ENDPOINT, moved, {"reviews-linear": L2, "reviews-xgboost": X1})
    assert isinstance(decision, Reject) and decision.package == L2
