"""Following a release: the packages that were registered are served, or it is said why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ops.endpoint import declared, wanted
from ops.release.follow import follow_release
from ops.session import OpsError
from tests.ops.conftest import Client, Deployed

STACK = "arn:aws:cloudformation:eu-west-1:111122223333:stack/ashlar-dev-inference-reviews/1"
CONFIGURATION = "ashlardevreviewsconfig-abc"


def package(candidate: str, version: int) -> str:
    return f"arn:aws:sagemaker:eu-west-1:111122223333:model-package/ashlar-dev-reviews-{candidate}/{version}"


LINEAR, XGBOOST = package("linear", 2), package("xgboost", 2)


class Cloud(Client):
    """SageMaker and CloudFormation. `moments`: (stack status, linear's package, xgboost's), one for each look."""

    def __init__(self, deployed: Deployed, *moments: tuple[str, str, str]) -> None:
        self.rejected: dict[str, str] = {}
        self.events: list[dict[str, Any]] = []
        self.live = [CONFIGURATION.upper()]
        self._moments = list(moments)
        deployed.clients = {"sagemaker": self, "cloudformation": self}
        deployed.stack = self._look  # type: ignore[method-assign]

    def _look(self, *name: str) -> dict[str, Any]:
        assert name == ("inference", "reviews")
        status, linear, xgboost = self._moments.pop(0) if len(self._moments) > 1 else self._moments[0]
        values = {"LinearModelPackage": linear, "XgboostModelPackage": xgboost}
        return {
            "StackId": STACK,
            "StackName": "ashlar-dev-inference-reviews",
            "StackStatus": status,
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
        }

    def describe_model_package(self, ModelPackageName: str) -> dict[str, Any]:  # noqa: N803
        reason = self.rejected.get(ModelPackageName)
        if reason is None:
            return {"ModelApprovalStatus": "Approved"}
        return {"ModelApprovalStatus": "Rejected", "ApprovalDescription": reason}

    def describe_endpoint(self, EndpointName: str) -> dict[str, Any]:  # noqa: N803
        assert EndpointName == "ashlar-dev-reviews"
        return {"EndpointConfigName": self.live.pop(0) if len(self.live) > 1 else self.live[0]}

    def list_stack_resources(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        arn = f"arn:aws:sagemaker:eu-west-1:111122223333:endpoint-config/{CONFIGURATION}"
        return {
            "StackResourceSummaries": [
                {"ResourceType": "AWS::IAM::Role", "PhysicalResourceId": "role"},
                {"ResourceType": "AWS::SageMaker::EndpointConfig", "PhysicalResourceId": arn},
            ]
        }

    def describe_stack_events(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        assert StackName == STACK
        return {"StackEvents": self.events}


def event(resource: str, status: str, reason: str = "") -> dict[str, Any]:
    physical = STACK if resource == "stack" else resource
    return {
        "LogicalResourceId": resource,
        "PhysicalResourceId": physical,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


@pytest.fixture
def cloud(deployed: Deployed, slept: list[float]) -> Iterator[Callable[..., Cloud]]:
    yield lambda *moments: Cloud(deployed, *moments)


OLD = (package("linear", 1), package("xgboost", 1))
NEW = (LINEAR, XGBOOST)


def should_want_for_each_variant_the_package_that_its_own_candidate_registered(deployed: Deployed) -> None:
    assert wanted(deployed, "reviews", [LINEAR, XGBOOST]) == {"linear": LINEAR, "xgboost": XGBOOST}
    assert wanted(deployed, "reviews", [XGBOOST]) == {"xgboost": XGBOOST}
    other = LINEAR.replace("reviews-linear", "returns-linear")
    assert wanted(deployed, "reviews", [other]) == {}


def should_follow_until_the_stack_is_steady_with_what_was_registered(
    deployed: Deployed, cloud: Callable[..., Cloud]
) -> None:
    cloud(
        ("UPDATE_COMPLETE", *OLD),
        ("UPDATE_IN_PROGRESS", *NEW),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", *NEW),
        ("UPDATE_COMPLETE", *NEW),
    )
    said = list(follow_release(deployed, "reviews", NEW))
    assert said == ["UPDATE_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"]


def should_fail_when_what_was_registered_is_rolled_back_and_rejected(
    deployed: Deployed, cloud: Callable[..., Cloud]
) -> None:
    it = cloud(("UPDATE_IN_PROGRESS", *NEW), ("UPDATE_ROLLBACK_IN_PROGRESS", *NEW), ("UPDATE_ROLLBACK_COMPLETE", *OLD))
    following = follow_release(deployed, "reviews", NEW)
    assert next(following) == "UPDATE_IN_PROGRESS"
    it.rejected[LINEAR] = "Rolled back: variant linear did not pass the ping health check"
    with pytest.raises(OpsError, match=r"ashlar-dev-reviews-linear/2 was rejected.*did not pass the ping health check"):
        list(following)


def should_fail_with_the_first_reason_when_nothing_follows_a_rollback(
    deployed: Deployed, cloud: Callable[..., Cloud], slept: list[float]
) -> None:
    it = cloud(("UPDATE_IN_PROGRESS", *NEW), ("UPDATE_ROLLBACK_COMPLETE", *OLD))
    it.events = [
        event("stack", "UPDATE_ROLLBACK_COMPLETE"),
        event("otherModel", "CREATE_FAILED", "Resource creation cancelled"),
        event("endpoint", "UPDATE_FAILED", "the account-level limit for ml.m5.large is 0 instances"),
        event("stack", "UPDATE_IN_PROGRESS"),
        event("endpoint", "UPDATE_FAILED", "an older story"),
    ]
    with pytest.raises(OpsError, match="no fault of a package: endpoint: the account-level limit"):
        list(follow_release(deployed, "reviews", NEW))
    assert 60 <= sum(slept) < 70


def should_read_the_first_reason_of_an_import_no_older_one(deployed: Deployed, cloud: Callable[..., Cloud]) -> None:
    it = cloud(("IMPORT_ROLLBACK_FAILED", *NEW))
    it.events = [
        event("endpoint", "IMPORT_FAILED", "denied"),
        event("stack", "IMPORT_IN_PROGRESS"),
        event("endpoint", "UPDATE_FAILED", "an older story"),
        event("stack", "UPDATE_IN_PROGRESS"),
    ]
    with pytest.raises(OpsError, match="IMPORT_ROLLBACK_FAILED: endpoint: denied"):
        list(follow_release(deployed, "reviews", NEW))


def should_wait_longer_while_a_rolled_back_release_is_tried_another_way(
    deployed: Deployed, cloud: Callable[..., Cloud]
) -> None:
    rolled_back = [("UPDATE_ROLLBACK_COMPLETE", *OLD)] * 20
    cloud(*rolled_back, ("UPDATE_IN_PROGRESS", LINEAR, OLD[1]), *rolled_back, ("UPDATE_COMPLETE", *NEW))
    assert list(follow_release(deployed, "reviews", NEW))[-1] == "UPDATE_COMPLETE"


def should_fail_at_once_when_the_stack_cannot_go_on(deployed: Deployed, cloud: Callable[..., Cloud]) -> None:
    it = cloud(("UPDATE_ROLLBACK_FAILED", *NEW))
    it.events = [event("endpoint", "UPDATE_FAILED", "denied"), event("stack", "UPDATE_IN_PROGRESS")]
    with pytest.raises(OpsError, match="is UPDATE_ROLLBACK_FAILED: endpoint: denied"):
        list(follow_release(deployed, "reviews", NEW))


def should_not_wait_for_a_candidate_that_did_not_pass(deployed: Deployed, cloud: Callable[..., Cloud]) -> None:
    cloud(("UPDATE_IN_PROGRESS", LINEAR, LINEAR), ("UPDATE_COMPLETE", LINEAR, LINEAR))
    assert list(follow_release(deployed, "reviews", [LINEAR])) == ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]


def should_not_wait_for_packages_of_no_variant(deployed: Deployed, cloud: Callable[..., Cloud]) -> None:
    cloud(("CREATE_COMPLETE", "none", "none"))
    assert list(follow_release(deployed, "reviews", [])) == ["CREATE_COMPLETE"]


def should_be_content_with_a_later_package_of_another_run(deployed: Deployed, cloud: Callable[..., Cloud]) -> None:
    cloud(("UPDATE_COMPLETE", package("linear", 10), XGBOOST))
    assert list(follow_release(deployed, "reviews", NEW)) == ["UPDATE_COMPLETE"]


def should_not_believe_a_stack_whose_endpoint_went_back_by_itself(
    deployed: Deployed, cloud: Callable[..., Cloud]
) -> None:
    it = cloud(("UPDATE_COMPLETE", *NEW))
    it.live = ["ashlardevreviewsconfig-old"]
    following = follow_release(deployed, "reviews", NEW)
    assert next(following) == "UPDATE_COMPLETE"
    it.rejected[XGBOOST] = "Rolled back: an alarm"
    with pytest.raises(OpsError, match="xgboost/2 was rejected"):
        list(following)


def should_give_up_after_the_longest_roll_outs(deployed: Deployed, cloud: Callable[..., Cloud]) -> None:
    cloud(("UPDATE_COMPLETE", *OLD))
    # For packages that fail together: one roll-out of all, and one of each.
    longest = 3 * deployed.platform.endpoints["reviews"].rollout.longest_seconds
    with pytest.raises(OpsError, match=f"did not finish within {longest} s; the stack is UPDATE_COMPLETE"):
        list(follow_release(deployed, "reviews", NEW))


def should_show_what_is_declared_also_for_a_variant_that_is_not_deployed_yet(deployed: Deployed) -> None:
    stack = {"Parameters": [{"ParameterKey": "LinearModelPackage", "ParameterValue": LINEAR}]}
    assert declared(deployed, "reviews", stack) == {"linear": "ashlar-dev-reviews-linear/2", "xgboost": "none"}
