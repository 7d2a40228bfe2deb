"""The reconciler's decisions, from what is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from release.reconcile import Nothing, Reject, Stack, Stuck, Update, decide, desired
from release.settings import Endpoint, Variant

ENDPOINT = Endpoint(
    "ashlar-test-inference-reviews",
    "arn:aws:iam::111122223333:role/release",
    "ashlar-test-reviews",
    "ashlartestreviewsconfig",
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
    return Stack(status, parameters, token, "AWS::SageMaker::Endpoint", reason, EVENT, age=1, live=True)


def rolled_back(parameters: dict[str, str], attempt: Update, reason: str) -> Stack:
    return stack(parameters, "UPDATE_ROLLBACK_COMPLETE", attempt.token, reason)


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


def should_reject_a_package_whose_roll_out_was_rolled_back_with_the_reason() -> None:
    approved = {"reviews-linear": L2, "reviews-xgboost": X1}
    attempt = update(stack(RUNNING), approved)
    decision = decide(ENDPOINT, rolled_back(RUNNING, attempt, "endpoint: alarm linear-errors is in ALARM"), approved)
    assert decision == Reject(L2, "Rolled back: endpoint: alarm linear-errors is in ALARM")


def should_reject_the_one_whose_variant_the_reason_names() -> None:
    approved = {"reviews-linear": L2, "reviews-xgboost": X2}
    attempt = update(stack(RUNNING), approved)
    reason = "The primary container for production variant xgboost did not pass the ping health check."
    assert decide(ENDPOINT, rolled_back(RUNNING, attempt, reason), approved) == Reject(X2, f"Rolled back: {reason}")


def should_try_one_alone_when_nothing_says_which_of_two_failed() -> None:
    # GIVEN two new packages that failed together
    approved = {"reviews-linear": L2, "reviews-xgboost": X2}
    attempt = update(stack(RUNNING), approved)
    # WHEN the reason names neither, THEN the heavier one is tried alone
    alone = update(rolled_back(RUNNING, attempt, "alarm"), approved)
    assert alone.parameters == {"LinearModelPackage": L2, "XgboostModelPackage": X1}
    # and when it fails alone it is the one
    assert decide(ENDPOINT, rolled_back(RUNNING, alone, "alarm"), approved) == Reject(L2, "Rolled back: alarm")
    # and when it does not, the other one's turn comes
    after = update(stack(dict(alone.parameters), token=alone.token), approved)
    assert after.parameters == {"LinearModelPackage": L2, "XgboostModelPackage": X2}


def should_try_one_package_on_every_variant_when_the_first_release_of_two_failed() -> None:
    approved = {"reviews-linear": L1, "reviews-xgboost": X1}
    attempt = update(stack(NONE), approved)
    alone = update(rolled_back(NONE, attempt, "alarm"), approved)
    assert set(alone.parameters.values()) == {L1}


def should_try_a_newer_package_after_a_roll_back() -> None:
    attempt = update(stack(RUNNING), {"reviews-linear": L2, "reviews-xgboost": X1})
    newer = {"reviews-linear": package("linear", 3), "reviews-xgboost": X1}
    assert update(rolled_back(RUNNING, attempt, "bad"), newer).parameters["LinearModelPackage"] == package("linear", 3)


def should_not_blame_a_package_for_a_failed_deployment_of_somebody_else() -> None:
    failed = stack(RUNNING, "UPDATE_ROLLBACK_COMPLETE", "cdk-deploy-1234", "a role is missing")
    assert isinstance(decide(ENDPOINT, failed, {"reviews-linear": L2, "reviews-xgboost": X1}), Update)


def should_not_reject_a_package_that_serves_another_variant() -> None:
    running = {"LinearModelPackage": L1, "XgboostModelPackage": X1}
    approved = {"reviews-linear": L1}  # xgboost's own package was withdrawn: the champion's takes its place
    attempt = update(stack(running), approved)
    assert isinstance(decide(ENDPOINT, rolled_back(running, attempt, "no capacity"), approved), Stuck)


@pytest.mark.parametrize(
    ("failed", "reason"),
    [
        ("AWS::ApplicationAutoScaling::ScalableTarget", "Target: something"),
        ("AWS::SageMaker::Endpoint", "Endpoint: InsufficientInstanceCapacity"),
        ("AWS::SageMaker::Endpoint", "Endpoint: The account-level service limit was exceeded"),
        ("AWS::SageMaker::Endpoint", "Endpoint: Cannot update in-progress endpoint"),
        ("AWS::SageMaker::Model", "Model: ... is not authorized to perform: sagemaker:CreateModel"),
    ],
)
def should_blame_no_package_for_a_fault_of_the_platform_but_try_again_later(failed: str, reason: str) -> None:
    approved = {"reviews-linear": L2, "reviews-xgboost": X1}
    attempt = update(stack(RUNNING), approved)
    now = replace(rolled_back(RUNNING, attempt, reason), failed=failed)
    decision = decide(ENDPOINT, now, approved)
    assert isinstance(decision, Stuck)
    assert reason in decision.why
    assert update(replace(now, age=600.0), approved).parameters == attempt.parameters


def should_name_no_variant_that_is_only_a_word_of_the_message() -> None:
    variants = (Variant("primary", "P", "g", 90), Variant("linear", "L", "h", 10))
    endpoint = replace(ENDPOINT, variants=variants)
    running, approved = {"P": X1, "L": L1}, {"g": X2, "h": L2}
    attempt = decide(endpoint, stack(running), approved)
    assert isinstance(attempt, Update)
    reason = "The primary container for production variant linear did not pass the ping health check."
    assert decide(endpoint, rolled_back(running, attempt, reason), approved) == Reject(L2, f"Rolled back: {reason}")


def should_reject_a_package_that_sagemaker_went_back_from_without_a_failure() -> None:
    approved = {"reviews-linear": L2, "reviews-xgboost": X1}
    attempt = update(stack(RUNNING), approved)
    silent = replace(stack(dict(attempt.parameters), token=attempt.token), live=False)
    decision = decide(ENDPOINT, silent, approved)
    assert isinstance(decision, Reject)
    assert decision.package == L2
    # and once it is rejected, the last good one comes back
    assert update(silent, {"reviews-linear": L1, "reviews-xgboost": X1}).parameters == RUNNING


def should_call_an_operator_when_no_release_explains_what_the_endpoint_runs_on() -> None:
    strange = replace(stack(RUNNING, token="cdk-deploy-1"), live=False)
    assert isinstance(decide(ENDPOINT, strange, {"reviews-linear": L1, "reviews-xgboost": X1}), Stuck)


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
