"""A YAML file as a mapping, or a `ConfigurationError` that names the line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from config.errors import ConfigurationError, Finding

_MERGE = "tag:yaml.org,2002:merge"
_NOT_A_KEY = "a mapping or a list stands where a key or a value belongs (`{{NAME}}`: fill it in, or put it in quotes)"


class _UniqueKeys(yaml.SafeLoader):
    """YAML silently keeps the last of two equal keys; a configuration must not lose the first one."""


def _mapping(loader: _UniqueKeys, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        # `<<: *anchor` brings keys in that the mapping's own may override: SafeLoader does it.
        if key_node.tag == _MERGE:
            continue
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(problem=_NOT_A_KEY, problem_mark=key_node.start_mark)
        key = loader.construct_object(key_node)
        if key in seen:
            raise yaml.MarkedYAMLError(problem=f"the key {key!r} is given twice", problem_mark=key_node.start_mark)
        seen.add(key)
    return dict(loader.construct_mapping(node))


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read(file: Path) -> dict[str, Any]:
    """The file's settings, not validated."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fix = "name a readable UTF-8 YAML file."
        raise _wrong(file, Finding("", str(file), "FILE", f"cannot be read: {error}.", fix)) from None
    try:
        raw = _UniqueKeys(text).get_single_data()
    # SafeLoader lets ValueError pass for what only looks like a date or a number, such as 2026-02-30.
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        finding = Finding(where, file.name, "YAML", f"is not valid YAML: {problem}.", "correct that line.")
        raise _wrong(file, finding) from None
    if not isinstance(raw, dict):
        fix = "start from config/environments/dev.yaml."
        raise _wrong(file, Finding("", raw, "YAML", "must be a mapping of settings.", fix))
    return raw


def _wrong(file: Path, finding: Finding) -> ConfigurationError:
    return ConfigurationError(file, [finding])
