"""Where the front door meets the template, the configuration and the model: both sides of each seam, in one test."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import numpy as np
import payload
import pytest
from front_door import instances, prediction, problems, schema
from front_door.caller import caller_of
from front_door.declared import Declared
from front_door.endpoint_client import Answer
from front_door.jobs import IDEMPOTENCY_KEY
from front_door.media_types import CSV, JSON, JSON_LINES, SENDABLE
from front_door.predictions import SERVERLESS_LIMIT
from front_door.problems import Kind, Problem
from front_door.request import BODY_LIMIT
from front_door.routes import ROUTES
from front_door.settings import CREDENTIALS, SET_BY_RUNTIME, SET_BY_TEMPLATE, Settings
from hypothesis import given
from hypothesis import strategies as st

from config.declaration import Declaration, load_declaration
from config.declaration import declaration as declarations
from config.declaration.json_schema import KEYWORDS
from stacks import api_definition
from stacks.api_definition import ApiEndpoint
from stacks.permissions.front_door import STAGE
from tests.conftest import ROOT
from tests.stacks.resources import of_type, resolved

PACKAGE_LIMIT = 100_000
MODELS = sorted(path.parent for path in (ROOT / "model_code").glob("*/api.yaml"))
MEDIA = (JSON, JSON_LINES, CSV)

texts = st.text(min_size=1).filter(str.strip)
reviews = st.fixed_dictionaries({"text": texts}, optional={"title": st.none() | st.text()})
anything = st.recursive(
    st.none() | st.booleans() | st.text() | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["instances", "text", "title"]), inner),
)
nearly = st.lists(st.fixed_dictionaries({"text": anything}, optional={"title": anything}) | anything, max_size=3)
cells = st.text(st.sampled_from('ab,"\r\n\u2028\0 ')) | st.text()
probabilities = st.lists(st.tuples(*[st.floats(0.01, 1)] * 3), min_size=1, max_size=5)


@cache
def endpoint(folder: Path = ROOT / "model_code/reviews") -> dict[str, Any]:
    """An endpoint of this model, as the function is told of it: from api.yaml through declared.json."""
    its = ApiEndpoint("ashlar-dev-reviews", "real_time", ["linear"], load_declaration(folder))
    told = api_definition.declared(
        name="ashlar-dev", auth="iam", verbose_errors=False, endpoints={"reviews": its}, clients={}, callers={}
    )
    found: dict[str, Any] = json.loads(api_definition.as_bytes(told))["endpoints"]["reviews"]
    return found


def counted(media: str, body: bytes, folder: Path = ROOT / "model_code/reviews") -> int | None:
    """The instances that the front door finds in a body; None where it refuses it."""
    try:
        return instances.counter(media, endpoint(folder)["requests"][media])(body)
    except Problem:
        return None


def encoded(text: str) -> bytes | None:
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate is no text that a client could send
        return None


def written(document: Any) -> bytes | None:
    return encoded(json.dumps(document, ensure_ascii=False))


Templates = Callable[[str], dict[str, Any]]


def function_of(templates: Templates) -> dict[str, Any]:
    (function,) = of_type(templates("dev")["front-door"], "AWS::Lambda::Function")
    found: dict[str, Any] = function["Properties"]
    return found


@pytest.fixture(scope="session")
def package(assembly: Callable[..., Any], templates: Templates) -> Path:
    """The .zip that the function runs."""
    key = function_of(templates)["Code"]["S3Key"]
    return Path(assembly("dev").directory) / f"asset.{key}"


def should_set_in_the_template_what_the_function_reads(templates: Templates) -> None:
    variables = function_of(templates)["Environment"]["Variables"]
    # The others are of asynchronous endpoints and of API keys, of which this environment has none.
    assert {"LOG_LEVEL", "METRICS_NAMESPACE"} == set(variables) <= set(SET_BY_TEMPLATE)
    assert not set(SET_BY_TEMPLATE) & set(SET_BY_RUNTIME)
    environment = {name: resolved(value) for name, value in variables.items()}
    runtime = {"AWS_REGION": "eu-west-1", **dict.fromkeys(CREDENTIALS, "x")}
    assert Settings.from_environment(environment | runtime).metrics_namespace == "ashlar-dev/front-door"


def should_leave_the_function_less_time_than_the_gateway(templates: Templates) -> None:
    assert function_of(templates)["Timeout"] <= 29


def should_travel_in_a_small_package(package: Path) -> None:
    assert package.stat().st_size <= PACKAGE_LIMIT


def should_be_told_what_it_can_read(package: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(package.read_bytes())) as archive:
        archive.extractall(tmp_path)
    declared = Declared.read(tmp_path / "front_door/declared.json")
    document = json.loads((tmp_path / "front_door/openapi.json").read_bytes())

    assert declared.endpoints["reviews"].hosted == "ashlar-dev-reviews"
    assert declared.endpoints["reviews"].variants == ("linear", "xgboost")
    assert set(document["paths"]) >= {"/endpoints/reviews/predictions", "/endpoints", "/health"}


def should_know_the_role_that_the_template_makes(templates: Templates, package: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(package) as archive:
        archive.extract("front_door/declared.json", tmp_path)
    declared = Declared.read(tmp_path / "front_door/declared.json")
    template = templates("dev")["front-door"]
    names = {its["Properties"].get("RoleName") for its in of_type(template, "AWS::IAM::Role")} - {None}

    assert names == set(declared.callers)
    for name in names:
        arn = f"arn:aws:sts::111122223333:assumed-role/{name}/session"
        caller = caller_of({"identity": {"userArn": arn}}, declared, {})
        assert caller.grant.endpoints == {"reviews"}
        assert not caller.grant.choose_variant


def should_have_the_same_routes_in_function_document_and_gateway(templates: Templates) -> None:
    assert {(route.method, route.path) for route in api_definition.ROUTES} == set(ROUTES)
    template = templates("dev")["front-door"]
    methods = of_type(template, "AWS::ApiGateway::Method")
    served = {(its["Properties"]["HttpMethod"], path_of(template, its["Properties"]["ResourceId"])) for its in methods}
    assert {(method, path) for method, path in served if "{proxy+}" not in path} == set(ROUTES)


def path_of(template: dict[str, Any], resource: dict[str, Any]) -> str:
    """A resource's path, from its part and those of its parents."""
    if "Ref" not in resource:
        return ""
    its = template["Resources"][resource["Ref"]]["Properties"]
    return f"{path_of(template, its['ParentId'])}/{its['PathPart']}"


def should_answer_with_problems_of_the_one_table() -> None:
    kinds = {its.name: its for its in vars(problems).values() if isinstance(its, Kind)}
    for name, kind in kinds.items():
        listed = api_definition.PROBLEMS[name]
        assert (kind.status, kind.title, kind.retry_after) == (listed.status, listed.title, listed.retry_after), name


def gateway_problems(templates: Templates) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for its in of_type(templates("dev")["front-door"], "AWS::ApiGateway::GatewayResponse"):
        (template,) = its["Properties"]["ResponseTemplates"].values()
        yield its["Properties"], json.loads(template)


def should_have_the_gateways_own_answers_in_the_same_table(templates: Templates) -> None:
    names = set()
    for properties, document in gateway_problems(templates):
        name = document["type"].removeprefix("urn:problem-type:ashlar:")
        kind = api_definition.PROBLEMS[name]
        assert (document["status"], document["title"]) == (kind.status, kind.title)
        assert properties["StatusCode"] == str(kind.status)
        assert document["request_id"] == "$context.requestId"
        names.add(name)
    known = {its.name for its in vars(problems).values() if isinstance(its, Kind)}
    assert names | known == set(api_definition.PROBLEMS)


def should_name_every_problem_of_the_gateway_in_every_operation(templates: Templates) -> None:
    gateways = {document["type"].rpartition(":")[2] for _, document in gateway_problems(templates)}
    for route in api_definition.ROUTES:
        named = api_definition.problem_names(route)
        assert gateways - {"invalid-body"} <= set(named)


def should_check_exactly_the_keywords_that_a_declaration_may_have() -> None:
    checked = {keyword for keywords, _ in schema._MAKERS for keyword in keywords}
    assert checked | {"description", "examples"} == set(KEYWORDS)


def should_know_the_same_media_types_and_limits_on_both_sides() -> None:
    assert (JSON, JSON_LINES, CSV) == (declarations.JSON, declarations.JSON_LINES, declarations.CSV)
    assert declarations.LARGEST_SYNCHRONOUS == BODY_LIMIT
    assert declarations.LARGEST["serverless"] == SERVERLESS_LIMIT
    assert f"/{STAGE}" == "/v1"


def should_take_the_same_headers_and_names_as_the_document_says() -> None:
    its = ApiEndpoint("ashlar-dev-scans", "asynchronous", ["own"], None)
    document = api_definition.document(
        name="ashlar-dev", endpoints={"scans": its}, auth="iam", client_keys=False, server="/v1"
    )
    key, *_ = document["paths"]["/endpoints/scans/jobs"]["post"]["parameters"]
    media = document["components"]["schemas"]["NewUpload"]["properties"]["content_type"]
    for text in ("a", "a b", " a", "a ", "", "é", "a\t", "~" * 255, "~" * 256, "~" * 1024, "~" * 1025):
        fits = jsonschema.Draft202012Validator(key["schema"]).is_valid(text)
        assert fits == bool(IDEMPOTENCY_KEY.fullmatch(text)), text
        assert jsonschema.Draft202012Validator(media).is_valid(text) == bool(SENDABLE.fullmatch(text)), text


def body_of(media: str, document: list[dict[str, Any]]) -> bytes | None:
    if media == JSON:
        return written({"instances": document})
    if media == JSON_LINES:
        return encoded("".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in document))
    rows = ((each.get("title") or "", each["text"]) for each in document)
    return encoded("".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\r\n" for row in rows))


@pytest.mark.parametrize("media", MEDIA)
@given(document=st.lists(reviews, min_size=1))
def should_let_the_model_read_every_body_that_the_front_door_lets_through(
    media: str, document: list[dict[str, Any]]
) -> None:
    body = body_of(media, document)
    # The one text that CSV cannot have here: older readers end it there.
    if body is None or (media == CSV and b"\0" in body):
        return
    assert counted(media, body) == len(document)
    read = payload.read_documents(body, media)
    assert read == [(each.get("title") or "", each["text"]) for each in document]


@given(document=anything | st.fixed_dictionaries({"instances": nearly}))
def should_let_no_json_through_that_the_model_would_refuse(document: Any) -> None:
    body = written(document)
    if body is not None and (count := counted(JSON, body)) is not None:
        assert len(payload.read_documents(body, JSON)) == count


@given(lines=st.lists(nearly | anything, max_size=3).map(lambda each: "\n".join(map(json.dumps, each))) | st.text())
def should_let_no_lines_through_that_the_model_would_refuse(lines: str) -> None:
    body = encoded(lines)
    if body is not None and (count := counted(JSON_LINES, body)) is not None:
        assert len(payload.read_documents(body, JSON_LINES)) == count


@given(rows=st.lists(st.lists(cells, max_size=3).map(",".join), max_size=4).map("\n".join) | cells)
def should_let_no_rows_through_that_the_model_would_refuse(rows: str) -> None:
    body = encoded(rows)
    if body is not None and (count := counted(CSV, body)) is not None:
        assert len(payload.read_documents(body, CSV)) == count


@given(rows=probabilities)
def should_read_what_the_model_writes(rows: list[tuple[float, ...]]) -> None:
    package = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/ashlar-dev-reviews-linear/7"
    shares = np.array(rows) / np.array(rows).sum(axis=1, keepdims=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODEL_PACKAGE", package)
        text, media = payload.write_predictions(shares, JSON)
    promise = prediction.promised(endpoint()["prediction"])
    answer = Answer("linear", text.encode(), media)
    read = json.loads(prediction.read(answer, promise, instances=len(rows), verbose=False))
    assert (read["model_package"], read["variant"]) == ("ashlar-dev-reviews-linear/7", "linear")
    assert [item["label"] for item in read["predictions"]] == [int(np.argmax(row)) - 1 for row in shares]


@pytest.mark.parametrize("folder", MODELS, ids=lambda folder: folder.name)
def should_show_examples_that_are_as_declared(folder: Path) -> None:
    declaration: Declaration = load_declaration(folder)
    assert declaration.examples
    for example in declaration.examples:
        body = json.dumps(example.request).encode()
        count = counted(JSON, body, folder)
        assert count is not None
        said = json.dumps(example.response).encode()
        promise = prediction.promised(endpoint(folder)["prediction"])
        answer = Answer(example.response["variant"], said, JSON)
        assert json.loads(prediction.read(answer, promise, instances=count, verbose=False)) == example.response
