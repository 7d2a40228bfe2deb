"""The OpenAPI document: a valid one, with what each model declares, and every problem that an operation may end in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from config.declaration import Bytes, Declaration, load_declaration
from stacks.api_definition import PROBLEMS, ROUTES, ApiEndpoint, as_bytes, declared, document
from tests.conftest import ROOT

REVIEWS = load_declaration(ROOT / "model_code/reviews")
PHOTOS = Declaration(title="Photos", requests={"image/*": Bytes(max_bytes=5_000_000)})
ENDPOINTS = {
    "reviews": ApiEndpoint("ashlar-dev-reviews", "real_time", ["xgboost", "linear"], REVIEWS),
    "photos": ApiEndpoint("ashlar-dev-photos", "serverless", ["linear"], PHOTOS),
    "queued": ApiEndpoint("ashlar-dev-queued", "asynchronous", ["linear"], REVIEWS),
    "own": ApiEndpoint("ashlar-dev-own", "real_time", ["own"], None),
}
METHODS = {"get", "post"}


def api(**changes: Any) -> dict[str, Any]:
    settings: dict[str, Any] = {"name": "ashlar-dev", "endpoints": ENDPOINTS, "auth": "iam", "client_keys": False}
    return document(**{**settings, "server": "/v1", **changes})


def operations(of: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in of["paths"].items():
        assert set(item) <= METHODS
        yield from ((method, path, its) for method, its in item.items())


def inner(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a document."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from inner(each)
    elif isinstance(value, list):
        for each in value:
            yield from inner(each)


def should_give_equal_bytes_for_equal_input() -> None:
    turned = dict(reversed(ENDPOINTS.items()))
    assert as_bytes(api()) == as_bytes(api(endpoints=turned))


def should_refer_to_what_is_there_and_have_nothing_else() -> None:
    found = api()
    used = {each["$ref"].rpartition("/")[2] for each in inner(found) if "$ref" in each}
    assert used == set(found["components"]["schemas"])
    assert all(each["$ref"].startswith("#/components/schemas/") for each in inner(found) if "$ref" in each)


def should_hold_only_valid_schemas() -> None:
    for schema in api()["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def should_be_an_openapi_document_that_a_test_generator_reads() -> None:
    schemathesis = pytest.importorskip("schemathesis")
    loaded = schemathesis.openapi.from_dict(api())
    loaded.validate()
    found = {(its.ok().method.lower(), its.ok().path) for its in loaded.get_all_operations()}
    assert found == {(method, path) for method, path, _ in operations(api())}


def should_keep_the_schemas_of_endpoints_apart_from_all_others() -> None:
    """Whatever an endpoint is called."""
    shared = {"Problem", "NewUpload", "Upload", "Job", "Endpoints", "Endpoint", "Health"}
    for name in ("new", "problem", "upload", "job", "endpoint", "endpoints", "health"):
        both = {name: ENDPOINTS["reviews"], "queued": ENDPOINTS["queued"]}
        found = api(endpoints=both)["components"]["schemas"]
        assert shared <= set(found)
        assert found[f"{name.title()}Instance"] == found["QueuedInstance"]


def should_have_a_path_for_each_endpoint_of_a_routes_mode() -> None:
    assert {(method, path) for method, path, _ in operations(api())} == {
        ("post", "/endpoints/reviews/predictions"),
        ("post", "/endpoints/photos/predictions"),
        ("post", "/endpoints/own/predictions"),
        ("post", "/endpoints/queued/uploads"),
        ("post", "/endpoints/queued/jobs"),
        ("get", "/jobs/{id}"),
        ("get", "/endpoints"),
        ("get", "/health"),
        ("get", "/openapi.json"),
    }
    identifiers = [its["operationId"] for _, _, its in operations(api())]
    assert len(set(identifiers)) == len(identifiers)
    assert all(re.fullmatch("[a-z][A-Za-z]+", each) for each in identifiers)


def should_describe_bodies_as_each_model_declares_them() -> None:
    paths = api()["paths"]
    reviews = paths["/endpoints/reviews/predictions"]["post"]["requestBody"]
    assert set(reviews["content"]) == {"application/json", "application/jsonlines", "text/csv"}
    assert reviews["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/ReviewsRequest"}
    assert "columns: title, text" in reviews["content"]["text/csv"]["schema"]["description"]
    assert set(paths["/endpoints/photos/predictions"]["post"]["requestBody"]["content"]) == {"image/*"}
    assert set(paths["/endpoints/own/predictions"]["post"]["requestBody"]["content"]) == {"*/*"}
    schemas = api()["components"]["schemas"]
    assert schemas["ReviewsInstance"] == REVIEWS.requests["application/json"].model_dump()["instance"]
    assert schemas["ReviewsRequest"]["properties"]["instances"]["maxItems"] == 1000
    assert schemas["ReviewsPrediction"] == REVIEWS.prediction


def should_show_examples_that_fit_their_schemas() -> None:
    found = api()
    operation = found["paths"]["/endpoints/reviews/predictions"]["post"]
    asked = operation["requestBody"]["content"]["application/json"]
    answered = operation["responses"]["200"]["content"]["application/json"]
    assert asked["examples"] and asked["examples"].keys() == answered["examples"].keys()
    for part in (asked, answered):
        validator = jsonschema.Draft202012Validator({**part["schema"], "components": found["components"]})
        for example in part["examples"].values():
            validator.validate(example["value"])


def should_offer_the_variants_of_the_endpoint() -> None:
    (variant, _) = api()["paths"]["/endpoints/reviews/predictions"]["post"]["parameters"]
    assert (variant["name"], variant["schema"]["enum"]) == ("X-Target-Variant", ["linear", "xgboost"])


def should_list_every_problem_once_under_its_status_in_some_operation() -> None:
    listed = set()
    for _, _, operation in operations(api()):
        for status, response in operation["responses"].items():
            if int(status) < 400:
                continue
            (media,) = response["content"]
            assert media == "application/problem+json"
            for name in response["content"][media]["schema"]["properties"]["type"]["enum"]:
                kind = PROBLEMS[name.rpartition(":")[2]]
                assert str(kind.status) == status
                listed.add(name.rpartition(":")[2])
    assert listed == set(PROBLEMS)


@pytest.mark.parametrize(
    ("auth", "client_keys", "schemes"),
    [
        ("iam", False, {"iam"}),
        ("iam", True, {"iam", "api_key"}),
        ("cognito", False, {"cognito"}),
        ("cognito", True, {"cognito", "api_key"}),
        ("api_key", False, {"api_key"}),
        ("api_key", True, {"api_key"}),
    ],
)
def should_demand_the_credentials_of_each_mode_together(auth: str, client_keys: bool, schemes: set[str]) -> None:
    found = api(auth=auth, client_keys=client_keys)
    (required,) = found["security"]
    assert set(required) == schemes == set(found["components"]["securitySchemes"])
    assert not any("security" in operation for _, _, operation in operations(found))


def should_have_routes_without_repetition() -> None:
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)


def should_tell_the_function_of_bodies_and_of_callers() -> None:
    told = declared(
        name="ashlar-dev",
        auth="iam",
        verbose_errors=True,
        endpoints=ENDPOINTS,
        clients={"applications": {"endpoints": ["reviews"], "choose_variant": False}},
        callers={"ashlar-dev-caller-applications": "applications"},
    )
    assert json.loads(as_bytes(told)) == told
    assert told["endpoints"]["photos"] == {
        "name": "ashlar-dev-photos",
        "mode": "serverless",
        "variants": ["linear"],
        "title": "Photos",
        "description": "",
        "requests": {"image/*": {"max_bytes": 5_000_000}},
        "prediction": None,
    }
    assert told["endpoints"]["own"]["requests"] is None


def should_stay_small_enough_for_the_functions_package(tmp_path: Path) -> None:
    assert len(as_bytes(api(endpoints={"reviews": ENDPOINTS["reviews"]}))) < 40_000


def should_refuse_to_write_what_is_no_json() -> None:
    with pytest.raises(ValueError, match="JSON"):
        as_bytes({"maximum": float("inf")})


def should_name_in_every_answer_what_the_owner_finds_the_request_by() -> None:
    for _, path, operation in operations(api()):
        for status, response in operation["responses"].items():
            assert "X-Request-Id" in response["headers"], (path, status)


def should_say_how_long_to_wait_before_the_same_job_is_asked_for_again() -> None:
    refused = api()["paths"]["/endpoints/queued/jobs"]["post"]["responses"]["409"]
    assert "Retry-After" in refused["headers"]
