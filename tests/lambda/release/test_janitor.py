"""Only what nobody refers to is removed, when nothing moves, an hour after it was made, and a few at a time."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st
from release.hosting import Live
from release.janitor import clean, in_use, may_clean, unused
from release.settings import Endpoint

ENDPOINT = Endpoint("inference", "role", "reviews", "reviewsconfig", ("reviewslinearmodel", "reviewsxgboostmodel"), ())
NOW = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
LIVE = Live("reviewsconfig-Now", "InService", {"linear": "reviewslinearmodel-Now"})


def resource(logical_id: str, physical: str, status: str = "UPDATE_COMPLETE") -> dict[str, Any]:
    return {"LogicalResourceId": logical_id, "PhysicalResourceId": physical, "ResourceStatus": status}


RESOURCES = [
    resource("reviewsconfig", "arn:aws:sagemaker:eu-west-1:1:endpoint-config/reviewsconfig-now"),
    resource("reviewsxgboostmodel", "arn:aws:sagemaker:eu-west-1:1:model/reviewsxgboostmodel-now"),
]


def should_clean_where_the_endpoint_lives_on_the_declared_configuration() -> None:
    assert may_clean(ENDPOINT, RESOURCES, LIVE)


@pytest.mark.parametrize(
    ("resources", "live"),
    [
        (RESOURCES, None),
        (RESOURCES, replace(LIVE, status="Updating")),
        (RESOURCES, replace(LIVE, configuration="reviewsconfig-before")),
        (RESOURCES[1:], LIVE),
        ([*RESOURCES, resource("Logs", "logs", "UPDATE_IN_PROGRESS")], LIVE),
    ],
)
def should_touch_nothing_while_anything_moves_or_went_back(resources: list[dict[str, Any]], live: Live | None) -> None:
    assert not may_clean(ENDPOINT, resources, live)


def should_know_what_the_stack_and_the_endpoint_refer_to() -> None:
    assert in_use(RESOURCES, LIVE) == {"reviewsconfig-now", "reviewsxgboostmodel-now", "reviewslinearmodel-now"}


NAMES = st.lists(st.sampled_from(["a-1", "a-2", "A-3", "ab-1", "b-1", "c-1", "a"]))


@given(NAMES, st.sets(st.sampled_from(["a-1", "a-3", "b-1"])))
def should_find_only_what_is_made_of_its_logical_ids_and_used_by_nobody(found: list[str], used: set[str]) -> None:
    for name in unused(found, ["a", "b"], used):
        assert name in found
        assert name.lower() not in used
        assert name.lower().split("-")[0] in ("a", "b")
        assert "-" in name


@pytest.fixture
def sagemaker() -> Iterator[tuple[Any, Stubber]]:
    client = boto3.client("sagemaker", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stub:
        yield client, stub
        stub.assert_no_pending_responses()


def listed(stub: Stubber, operation: str, noun: str, logical_id: str, names: list[str]) -> None:
    """Asked for what is older than an hour, oldest first."""
    asked = {
        "NameContains": f"{logical_id}-",
        "CreationTimeBefore": NOW - datetime.timedelta(hours=1),
        "SortBy": "CreationTime",
        "SortOrder": "Ascending",
        "MaxResults": 100,
    }
    found = [{f"{noun}Name": name, f"{noun}Arn": "arn:" + "x" * 20, "CreationTime": NOW} for name in names]
    stub.add_response(operation, {f"{noun}s": found}, asked)


def should_delete_configurations_before_models_and_not_what_is_used(sagemaker: tuple[Any, Stubber]) -> None:
    client, stub = sagemaker
    listed(stub, "list_endpoint_configs", "EndpointConfig", "reviewsconfig", ["reviewsconfig-Now", "reviewsconfig-Old"])
    listed(stub, "list_models", "Model", "reviewslinearmodel", ["reviewslinearmodel-Old", "reviewslinearmodel-Now"])
    listed(stub, "list_models", "Model", "reviewsxgboostmodel", ["another-reviewsxgboostmodel-Old"])
    stub.add_response("delete_endpoint_config", {}, {"EndpointConfigName": "reviewsconfig-Old"})
    stub.add_response("delete_model", {}, {"ModelName": "reviewslinearmodel-Old"})
    removed = clean(client, ENDPOINT, in_use(RESOURCES, LIVE), NOW)
    assert removed == ["reviewsconfig-Old", "reviewslinearmodel-Old"]


def should_delete_a_few_at_a_time_and_pass_over_what_is_gone(sagemaker: tuple[Any, Stubber]) -> None:
    client, stub = sagemaker
    names = [f"reviewsconfig-{n}" for n in range(9)]
    listed(stub, "list_endpoint_configs", "EndpointConfig", "reviewsconfig", names)
    stub.add_client_error("delete_endpoint_config", "ValidationException", 'Could not find endpoint configuration "x".')
    for name in names[1:5]:
        stub.add_response("delete_endpoint_config", {}, {"EndpointConfigName": name})
    assert clean(client, replace(ENDPOINT, models=()), set(), NOW) == names[:5]


def should_not_hide_that_it_may_not_delete(sagemaker: tuple[Any, Stubber]) -> None:
    client, stub = sagemaker
    listed(stub, "list_endpoint_configs", "EndpointConfig", "reviewsconfig", ["reviewsconfig-Old"])
    stub.add_client_error("delete_endpoint_config", "AccessDeniedException", "no")
    with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
        clean(client, replace(ENDPOINT, models=()), set(), NOW)
