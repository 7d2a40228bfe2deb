"""A model's api.yaml: what it may say, and what is said of a mistake in it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from config import ConfigurationError, load
from config.checks import declarations
from config.declaration import Bytes, Instances, Table, declared_model, json_schema, load_declaration
from config.errors import Finding
from config.schema import Endpoint
from tests.config.cases.case import Case
from tests.conftest import ROOT

REVIEWS = ROOT / "model_code/reviews"
INSTANCE: dict[str, Any] = {"type": "object", "properties": {"age": {"type": "integer"}}}
PLAIN: dict[str, Any] = {"title": "Plain", "requests": {"application/json": {"instance": INSTANCE}}}


def written(folder: Path, declaration: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "api.yaml").write_text(yaml.safe_dump(declaration, sort_keys=False))
    return folder


def findings(folder: Path, declaration: dict[str, Any]) -> list[Finding]:
    with pytest.raises(ConfigurationError) as caught:
        load_declaration(written(folder, declaration))
    assert caught.value.file == folder / "api.yaml"
    return caught.value.findings


def should_read_what_ships() -> None:
    found = load_declaration(REVIEWS)

    assert found.title == "Sentiment of clothing reviews"
    assert {media: type(its) for media, its in found.requests.items()} == {
        "application/json": Instances,
        "application/jsonlines": Instances,
        "text/csv": Table,
    }
    assert found.prediction is not None


def should_read_the_least_declaration_with_its_defaults(tmp_path: Path) -> None:
    requests = {"image/*": {}, "text/csv": {"columns": ["a"]}, "application/json": {"instance": {}}}

    found = load_declaration(written(tmp_path, {"title": "Least", "requests": requests}))

    assert found.requests == {
        "image/*": Bytes(max_bytes=6 * 1024 * 1024),
        "text/csv": Table(columns=["a"], header=False, instance=None, max_instances=1000),
        "application/json": Instances(instance={}, max_instances=1000),
    }
    assert (found.description, found.prediction, found.examples) == ("", None, [])


@pytest.mark.parametrize(
    ("change", "path", "rule", "fix"),
    [
        ({"title": None}, "title", "SCHEMA", "a text"),
        ({"titel": "x"}, "titel", "UNKNOWN-KEY", "did you mean `title`?"),
        ({"requests": {}}, "requests", "SCHEMA", "at least 1"),
        ({"requests": []}, "requests", "SCHEMA", "mapping"),
        ({"requests": {"Image/*": {}}}, "requests.Image/*", "API-MEDIA-TYPE", "lower case"),
        ({"requests": {"*/*": {}}}, "requests.*/*", "API-MEDIA-TYPE", "image/*"),
        ({"requests": {5: {}}}, "requests.5", "API-MEDIA-TYPE", "application/json"),
        ({"requests": {"application/json": {}}}, "requests.application/json.instance", "REQUIRED", "add `instance`"),
        ({"requests": {"image/*": {"instance": {}}}}, "requests.image/*.instance", "UNKNOWN-KEY", "max_bytes"),
        ({"requests": {"image/*": None}}, "requests.image/*", "SCHEMA", "write a mapping"),
        (
            {"requests": {"image/*": {"max_bytes": 2**30 + 1}}},
            "requests.image/*.max_bytes",
            "SCHEMA",
            "at most 1.07374e+09",
        ),
        ({"requests": {"text/csv": {"columns": []}}}, "requests.text/csv.columns", "SCHEMA", "at least 1"),
        (
            {"requests": {"text/csv": {"columns": ["age", "sex"], "instance": INSTANCE}}},
            "requests.text/csv.columns",
            "API-COLUMNS",
            "name each property of `instance` once: age",
        ),
        (
            {"requests": {"application/json": {"instance": {"format": "email"}}}},
            "requests.application/json.instance.format",
            "API-SCHEMA-KEYWORD",
            "Known here: additionalProperties, description",
        ),
        ({"prediction": {"minlength": 5}}, "prediction.minlength", "API-SCHEMA-KEYWORD", "did you mean `minLength`?"),
        ({"prediction": []}, "prediction", "SCHEMA", "a mapping"),
        ({"prediction": {"items": []}}, "prediction.items", "API-SCHEMA-VALUE", "a schema"),
        ({"prediction": {"items": {"type": "x"}}}, "prediction.items.type", "API-SCHEMA-VALUE", "one of array"),
        ({"prediction": {"type": []}}, "prediction.type", "API-SCHEMA-VALUE", "or a list of them"),
        ({"prediction": {"properties": {"a": 5}}}, "prediction.properties.a", "API-SCHEMA-VALUE", "a mapping"),
        ({"prediction": {"additionalProperties": True}}, "prediction.additionalProperties", "API-SCHEMA-VALUE", "left"),
        ({"prediction": {"pattern": "("}}, "prediction.pattern", "API-SCHEMA-VALUE", "regular expression"),
        ({"prediction": {"pattern": "^(a+)+$", "maxLength": 9}}, "prediction.pattern", "API-SCHEMA-VALUE", "ECMA-262"),
        ({"prediction": {"pattern": "^[a-z]+$"}}, "prediction.pattern", "API-SCHEMA-VALUE", "add `maxLength`"),
        ({"prediction": {"minLength": 5, "maxLength": 4}}, "prediction.minLength", "API-SCHEMA-VALUE", "at most 4"),
        ({"prediction": {"minimum": 1, "maximum": 0}}, "prediction.minimum", "API-SCHEMA-VALUE", "at most 0"),
        (
            {"prediction": {"required": ["labl"], "properties": {"label": {}}, "additionalProperties": False}},
            "prediction.required",
            "API-SCHEMA-VALUE",
            "did you mean `label`?",
        ),
        ({"prediction": {"maximum": float("inf")}}, "prediction.maximum", "API-JSON", "a finite number"),
        ({"prediction": {"examples": [date(2026, 1, 1)]}}, "prediction.examples.0", "API-JSON", "in quotes"),
        ({"prediction": {"minItems": True}}, "prediction.minItems", "API-SCHEMA-VALUE", "whole number"),
        ({"prediction": {"enum": []}}, "prediction.enum", "API-SCHEMA-VALUE", "a list of values"),
        ({"examples": [{"summary": "x"}]}, "examples.0.request", "REQUIRED", "add `request`"),
    ],
)
def should_name_what_is_wrong_and_the_fix(
    tmp_path: Path, change: dict[str, Any], path: str, rule: str, fix: str
) -> None:
    found = {finding.path: finding for finding in findings(tmp_path, PLAIN | change)}

    assert found[path].rule == rule
    assert fix in found[path].fix


@pytest.mark.parametrize("pattern", [r"\S", "^a{2}$", "[0-9][.]", r"(?:a|b)(?=c)\d", r"^\$\.\u00e4"])
def should_take_a_pattern_that_repeats_nothing_as_it_is(tmp_path: Path, pattern: str) -> None:
    assert load_declaration(written(tmp_path, PLAIN | {"prediction": {"pattern": pattern}})).prediction


@pytest.mark.parametrize(
    "pattern",
    [
        *("(", "(?P<x>a)", "(?i:a)", "(?#x)", "(?>a)", "(a)(?(1)b|c)", r"\A", r"a\Z", r"(a)\1", "[]a]", "a++", r"[\S]"),
        *("(a+)+", "((a*)b)*", "(a{1,3}){2,}"),
    ],
)
def should_take_no_pattern_that_is_read_in_two_ways_or_takes_hours(tmp_path: Path, pattern: str) -> None:
    (found,) = findings(tmp_path, PLAIN | {"prediction": {"pattern": pattern, "maxLength": 9}})
    assert (found.path, found.rule) == ("prediction.pattern", "API-SCHEMA-VALUE")


PREDICTION = {"type": "object", "properties": {"label": {"enum": [0, 1]}}, "additionalProperties": False}
RIGHT: dict[str, Any] = {
    "summary": "x",
    "request": {"instances": [{"age": 5}]},
    "response": {"predictions": [{"label": 1}], "variant": "linear", "model_package": "reviews/1"},
}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"request": {"instances": []}}, "examples.0.request.instances"),
        ({"request": {"instances": [{"age": "5"}]}}, "examples.0.request.instances.0.age"),
        ({"request": [{"age": 5}]}, "examples.0.request"),
        ({"response": {**RIGHT["response"], "predictions": [{"label": 2}]}}, "examples.0.response.predictions.0.label"),
        ({"response": {**RIGHT["response"], "predictions": [{"labl": 1}]}}, "examples.0.response.predictions.0.labl"),
        ({"response": {"predictions": []}}, "examples.0.response"),
    ],
)
def should_hold_examples_to_the_schemas_beside_them(tmp_path: Path, change: dict[str, Any], path: str) -> None:
    assert load_declaration(written(tmp_path, PLAIN | {"prediction": PREDICTION, "examples": [RIGHT]})).examples
    (found, *_) = findings(tmp_path, PLAIN | {"prediction": PREDICTION, "examples": [RIGHT | change]})
    assert (found.path, found.rule) == (path, "API-EXAMPLE")


def should_find_everything_at_once(tmp_path: Path) -> None:
    wrong = {"titel": "x", "requests": {"application/json": {"instance": {"a": 1, "type": "b"}}, "Text/csv": {}}}

    assert [finding.rule for finding in findings(tmp_path, wrong)] == [
        *("REQUIRED", "UNKNOWN-KEY", "API-SCHEMA-KEYWORD", "API-SCHEMA-VALUE", "API-MEDIA-TYPE"),
    ]


def changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, declaration: dict[str, Any]) -> list[Finding]:
    """What is said of an environment whose model declares this."""
    monkeypatch.setattr(declarations, "ROOT", tmp_path)
    written(tmp_path / "model_code/reviews", declaration)
    try:
        load(Case("", {}, "", "", "").file(tmp_path, {}))
    except ConfigurationError as error:
        return error.findings
    return []


def should_say_in_the_environment_what_is_wrong_in_the_declaration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (found,) = changed(tmp_path, monkeypatch, PLAIN | {"prediction": {"format": "x"}})

    assert (found.rule, found.path, found.value) == ("API-DECLARATION", "models.reviews.code", "model_code/reviews")
    for part in ("model_code/reviews/api.yaml: prediction.format = 'x'", "[API-SCHEMA-KEYWORD]", "Fix: remove it."):
        assert part in found.fix
    assert not changed(tmp_path, monkeypatch, PLAIN)


@pytest.mark.parametrize(("title", "most", "is_same"), [("Other words", 1000, True), ("Plain", 10, False)])
def should_want_one_api_of_all_variants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, title: str, most: int, is_same: bool
) -> None:
    monkeypatch.setattr(declarations, "ROOT", tmp_path)
    written(tmp_path / "model_code/reviews", PLAIN)
    other = {"application/json": {"instance": INSTANCE, "max_instances": most}}
    written(tmp_path / "model_code/other", {"title": title, "requests": other})
    model = {
        "code": "model_code/other",
        "processing": {"entry_point": "preprocess.py", "image": "sklearn"},
        "evaluation": {"entry_point": "evaluate.py", "image": "xgboost"},
        "candidates": {"linear": {"entry_point": "train_linear.py", "image": "sklearn"}},
        "gate": {"at_least": 0.5},
    }
    variant = {"model": "other", "candidate": "linear", "scaling": {"min": 1, "max": 2, "target": 1}}
    file = Case("", {}, "", "", "").file(
        tmp_path, {"models.other": model, "endpoints.reviews.variants.second": variant}
    )

    with pytest.raises(ConfigurationError) as caught:  # the scripts of `other` do not exist
        load(file)

    found = [finding for finding in caught.value.findings if finding.rule == "API-SAME"]
    assert [(each.path, each.value) for each in found] == ([] if is_same else [("endpoints.reviews.variants", "other")])


@pytest.mark.parametrize(("mode", "size", "fits"), [("serverless", 4194305, False), ("serverless", 4194304, True)])
def should_want_bodies_that_the_endpoints_mode_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, size: int, fits: bool
) -> None:
    monkeypatch.setattr(declarations, "ROOT", tmp_path)
    written(tmp_path / "model_code/reviews", {"title": "x", "requests": {"image/*": {"max_bytes": size}}})
    file = Case("", {}, "", "", "").file(tmp_path, {"endpoints.reviews.mode": mode})
    try:
        load(file)
        found = []
    except ConfigurationError as error:
        found = [each for each in error.findings if each.rule == "API-MAX-BYTES"]
    assert [(each.path, each.value) for each in found] == ([] if fits else [("endpoints.reviews", mode)])


def should_declare_nothing_for_images_of_ones_own() -> None:
    variant = {"image": {"uri": "x"}, "instances": 1}

    assert declared_model(Endpoint.model_validate({"variants": {"own": variant}})) is None
    served = {"model": "reviews", "candidate": "linear", "instances": 1}
    assert declared_model(Endpoint.model_validate({"variants": {"own": variant, "ours": served}})) == "reviews"


def should_read_the_example_in_the_documentation(tmp_path: Path) -> None:
    page = (ROOT / "docs/front-door.md").read_text("utf-8")
    (example,) = re.findall(r"```yaml\n(title: .*?)```", page, re.DOTALL)
    (tmp_path / "api.yaml").write_text(example)

    assert set(load_declaration(tmp_path).requests) >= {"application/json", "application/jsonlines", "text/csv"}


def should_document_every_keyword() -> None:
    page = (ROOT / "docs/front-door.md").read_text("utf-8")
    assert all(f"`{keyword}" in page for keyword in json_schema.KEYWORDS)
