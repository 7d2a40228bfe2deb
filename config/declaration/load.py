"""From a model's `api.yaml` to a checked `Declaration`, or a `ConfigurationError` with every finding."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from config.declaration import json_schema
from config.declaration.declaration import JSON, Declaration, Instances, Table, request_kind
from config.declaration.example import broken
from config.errors import ConfigurationError, Finding
from config.reading import read
from config.schema import Endpoint, Settings
from config.wording import finding

FILE = "api.yaml"
SOURCE = "docs/front-door.md"
MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]*/([a-z0-9][a-z0-9.+-]*|\*)")


def load_declaration(folder: Path) -> Declaration:
    """Read, validate and check `<folder>/api.yaml`; once, for as long as it stays the same."""
    file = folder / FILE
    return _loaded(file, file.read_bytes() if file.is_file() else b"")


@cache
def _loaded(file: Path, content: bytes) -> Declaration:
    raw = read(file)
    # In an order: what is no JSON breaks what comes after, and so do schemas that are wrong.
    found = list(_foreign(raw, "")) or list(_findings(raw)) or list(_example_findings(raw))
    if found:
        raise ConfigurationError(file, found)
    requests = {media: request_kind(media).model_validate(its) for media, its in raw["requests"].items()}
    return Declaration.model_validate({**raw, "requests": requests})


def declared_model(endpoint: Endpoint) -> str | None:
    """The model whose declaration an endpoint has: that of its first released container, which speaks for a pipeline.

    None where all containers are fixed: nobody here knows what those take.
    """
    return next(iter(declared_models(endpoint)), None)


def declared_models(endpoint: Endpoint) -> list[str]:
    """The models of all production variants, without repetition."""
    released = [variant.released for variant in endpoint.variants.values()]
    return list(dict.fromkeys(str(container.model) for container in released if container))


def _findings(raw: dict[str, Any]) -> Iterator[Finding]:
    # Requests apart: which model a request has depends on its media type.
    requests = raw.get("requests")
    apart = isinstance(requests, dict) and bool(requests)
    probe = {**raw, "requests": {"application/json": {"instance": {}}}} if apart else raw
    yield from _of(Declaration, probe, "")
    for media, its in (requests if isinstance(requests, dict) else {}).items():
        yield from _request_findings(media, its, f"requests.{media}")
    if isinstance(raw.get("prediction"), dict):
        yield from json_schema.findings(raw["prediction"], "prediction")


def _foreign(value: Any, path: str) -> Iterator[Finding]:
    """What YAML can say and JSON cannot: the API's document is JSON."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _foreign(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _foreign(inner, f"{path}.{index}")
    elif not isinstance(value, str | int | float | None) or (isinstance(value, float) and not math.isfinite(value)):
        message = "JSON has no such value: no infinity, no NaN, no date."
        yield Finding(path, str(value), "API-JSON", message, "write a finite number, or put it in quotes.", "RFC 8259")


def _example_findings(raw: dict[str, Any]) -> Iterator[Finding]:
    """Examples that its readers would copy, and be refused."""
    request, prediction = raw["requests"].get(JSON), raw.get("prediction")
    for index, example in enumerate(raw.get("examples") or []):
        for part, schema in (("request", _asked(request)), ("response", _answered(prediction))):
            if schema:
                for path, value, keyword in broken(schema, example[part], f"examples.{index}.{part}"):
                    message = f"the example is not as declared: `{keyword}`."
                    yield Finding(path, value, "API-EXAMPLE", message, "correct the example or the schema.", SOURCE)


def _asked(request: dict[str, Any] | None) -> dict[str, Any] | None:
    if request is None:
        return None
    most = request.get("max_instances", Instances.model_fields["max_instances"].default)
    instances = {"type": "array", "minItems": 1, "maxItems": most, "items": request["instance"]}
    return _closed({"instances": instances})


def _answered(prediction: dict[str, Any] | None) -> dict[str, Any] | None:
    if prediction is None:
        return None
    said = {"type": "string", "minLength": 1}
    return _closed({"predictions": {"type": "array", "items": prediction}, "variant": said, "model_package": said})


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _request_findings(media: Any, its: Any, path: str) -> Iterator[Finding]:
    if not isinstance(media, str) or not MEDIA_TYPE.fullmatch(media):
        fix = "write it in lower case without parameters, like application/json or image/*."
        yield Finding(path, media, "API-MEDIA-TYPE", "this is no media type.", fix, "RFC 9110: media type")
        return
    problems = list(_of(request_kind(media), its, path))
    yield from problems
    if problems:
        return
    if its.get("instance") is not None:
        yield from json_schema.findings(its["instance"], f"{path}.instance")
    if request_kind(media) is Table and its.get("instance") is not None:
        yield from _column_findings(its, path)


def _column_findings(its: dict[str, Any], path: str) -> Iterator[Finding]:
    """A column that the schema of a row does not know, or the other way round, could never be sent."""
    columns, properties = its["columns"], its["instance"].get("properties", {})
    if not isinstance(properties, dict) or set(columns) != set(properties) or len(set(columns)) != len(columns):
        fix = f"name each property of `instance` once: {', '.join(map(str, properties))}."
        message = "columns and the properties of `instance` are the same names."
        yield Finding(f"{path}.columns", columns, "API-COLUMNS", message, fix, SOURCE)


def _of(model: type[Settings], raw: Any, path: str) -> Iterator[Finding]:
    try:
        model.model_validate(raw)
    except ValidationError as error:
        for each in error.errors():
            said = finding(each, model)
            yield replace(said, path=".".join(part for part in (path, said.path) if part))
