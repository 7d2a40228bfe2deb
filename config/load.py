"""From a YAML file to a checked `Platform`, or a `ConfigurationError` with every finding."""

from __future__ import annotations

import difflib
import types
import typing
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from config.checks import check
from config.errors import ConfigurationError, Finding
from config.schema import Platform

ENVIRONMENTS = Path(__file__).parent / "environments"


def environment_names() -> list[str]:
    """The environments that have a file, sorted."""
    return sorted(path.stem for path in ENVIRONMENTS.glob("*.yaml"))


def load_environment(name: str) -> Platform:
    """The settings of one environment by its name; an unknown name lists the known ones."""
    if name not in environment_names():
        known = ", ".join(environment_names())
        finding = Finding(
            "environment",
            name,
            "ENVIRONMENT",
            "there is no such environment.",
            f"use one of: {known} (-c env=NAME, ENV=NAME).",
        )
        raise ConfigurationError(ENVIRONMENTS / f"{name}.yaml", [finding])
    return load(ENVIRONMENTS / f"{name}.yaml")


def load_all() -> dict[str, Platform]:
    """Every environment by its name, sorted."""
    return {name: load_environment(name) for name in environment_names()}


def load(file: Path) -> Platform:
    """Read, validate and check one file."""
    raw = _read(file)
    try:
        platform = Platform.model_validate(raw)
    except ValidationError as error:
        raise ConfigurationError(file, [_finding(e, raw) for e in error.errors()]) from None
    findings = list(check(platform, file))
    if findings:
        raise ConfigurationError(file, findings)
    return platform


class _UniqueKeys(yaml.SafeLoader):
    """YAML silently keeps the last of two equal keys; a configuration must not lose the first one."""


def _mapping(loader: _UniqueKeys, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        if key in seen:
            raise yaml.MarkedYAMLError(problem=f"the key {key!r} is given twice", problem_mark=key_node.start_mark)
        seen.add(key)
    return dict(loader.construct_mapping(node))


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _read(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            file, [Finding("", str(file), "FILE", f"cannot be read: {error}.", "name a readable UTF-8 YAML file.")]
        ) from None
    try:
        raw = _UniqueKeys(text).get_single_data()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        finding = Finding(where, file.name, "YAML", f"is not valid YAML: {problem}.", "correct that line.")
        raise ConfigurationError(file, [finding]) from None
    if not isinstance(raw, dict):
        finding = Finding("", raw, "YAML", "must be a mapping of settings.", "start from config/environments/dev.yaml.")
        raise ConfigurationError(file, [finding])
    return raw


def _finding(error: Any, raw: dict[str, Any]) -> Finding:
    location = tuple(part for part in error["loc"] if part != "[key]")
    path = ".".join(str(part) for part in location)
    if error["type"] == "extra_forbidden":
        known = _keys_at(location[:-1])
        close = difflib.get_close_matches(str(location[-1]), known, n=1)
        fix = f"did you mean `{close[0]}`?" if close else "remove it."
        fix += f" Known here: {', '.join(known)}."
        return Finding(path, error["input"], "UNKNOWN-KEY", "this key is unknown.", fix)
    if error["type"] == "missing":
        return Finding(path, None, "REQUIRED", "this setting is required.", f"add `{location[-1]}`.")
    if error["type"] == "broken_rule":
        said = error["ctx"]
        return Finding(path, error["input"], said["rule"], said["text"], said["fix"], said["source"])
    return Finding(path, error["input"], "SCHEMA", f"{error['msg']}.", _fix(error))


def _fix(error: Any) -> str:
    allowed = {k: str(v) for k, v in error.get("ctx", {}).items() if k != "error"}
    if not allowed:
        return "see `python -m config schema` for what is allowed."
    return "allowed: " + ", ".join(f"{key} {value}" for key, value in sorted(allowed.items())) + "."


def _keys_at(location: tuple[str | int, ...]) -> list[str]:
    """The keys that the schema knows at a place in the file."""
    current: Any = Platform
    for part in location:
        if isinstance(current, type) and issubclass(current, BaseModel):
            current = _inner(current.model_fields[str(part)].annotation)
        else:
            current = _inner(typing.get_args(current)[-1])
    if not (isinstance(current, type) and issubclass(current, BaseModel)):
        return []
    return sorted(field.alias or name for name, field in current.model_fields.items())


def _inner(annotation: Any) -> Any:
    """`X` from `X | None`; other annotations as they are."""
    if isinstance(annotation, types.UnionType):
        return next(a for a in typing.get_args(annotation) if a is not type(None))
    return annotation
