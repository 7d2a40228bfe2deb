"""The functions inside a definition's values: Get, Std:Join and Std:JsonGet, and the references they make.

Schema: https://aws-sagemaker-mlops.github.io/sagemaker-model-building-pipeline-definition-JSON-schema/
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.sagemaker.errors import unsupported, validation

EXECUTION_VARIABLES = (
    *("PipelineExecutionId", "PipelineExecutionArn", "PipelineName", "PipelineArn"),
    *("StartDateTime", "CurrentDateTime"),
)
_FUNCTIONS = ("Get", "Std:Join", "Std:JsonGet")
_TOKEN = re.compile(r"""\.?([A-Za-z_][\w\-]*)|\[(\d+)\]|\[['"]([^'"]+)['"]\]""")
_NAME_FIELDS = ("OutputName", "InputName", "ChannelName", "MetricName", "Name")


class UnresolvableError(Exception):
    """A reference or function that has no value in this execution; `str()` says which."""


def function_of(value: Any) -> str | None:
    """Return the function's name where `value` is a call: an object with one key, such as {"Get": ...}."""
    if isinstance(value, dict) and len(value) == 1:
        name = next(iter(value))
        if name in _FUNCTIONS:
            return str(name)
        if name.startswith("Std:"):
            raise unsupported(f"The pipeline function {name}", f"Supported: {', '.join(_FUNCTIONS)}.")
    return None


def references(value: Any) -> Iterator[str]:
    """Yield the target of every Get within `value`, such as `Steps.Train.ModelArtifacts.S3ModelArtifacts`."""
    if function_of(value) == "Get":
        target = value["Get"]
        if not isinstance(target, str):
            raise validation(f"Get must name its target by a string, not {target!r}.")
        yield target
    elif isinstance(value, dict):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def path_tokens(path: str) -> list[str | int]:
    """Return the keys and positions of a path such as `Outputs['train'].S3Output.S3Uri` or `metrics[0].value`."""
    tokens: list[str | int] = []
    position = 0
    while position < len(path):
        match = _TOKEN.match(path, position)
        if match is None:
            raise validation(f"The path {path!r} cannot be read from {path[position:]!r} on.")
        name, index, key = match.groups()
        tokens.append(int(index) if index is not None else name if name is not None else key)
        position = match.end()
    return tokens


def follow(value: Any, path: str) -> Any:
    """Return what `path` finds in `value`; a list is entered by position or by the name of its entry."""
    for token in path_tokens(path):
        try:
            value = _named(value, token) if isinstance(value, list) and isinstance(token, str) else value[token]
        except (KeyError, IndexError, TypeError) as error:
            raise UnresolvableError(f"{path!r} has no value: {token!r} is missing") from error
    return value


def _named(entries: list[Any], name: str) -> Any:
    for entry in entries:
        if any(entry.get(field) == name for field in _NAME_FIELDS):
            return entry
    raise KeyError(name)


@dataclass
class Scope:
    """What references mean within one execution.

    `steps` holds the Describe answer of each finished step; `read_property_file(step, file)` returns a file's text.
    """

    parameters: Mapping[str, Any]
    execution: Callable[[str], str]
    steps: Mapping[str, Any]
    read_property_file: Callable[[str, str], str]

    def evaluate(self, value: Any) -> Any:
        """Return `value` with every function replaced by its result."""
        match function_of(value):
            case "Get":
                return self._get(value["Get"])
            case "Std:Join":
                joined = value["Std:Join"]
                return str(joined["On"]).join(_text(self.evaluate(item)) for item in joined["Values"])
            case "Std:JsonGet":
                return self._json_get(value["Std:JsonGet"])
        if isinstance(value, dict):
            return {key: self.evaluate(item) for key, item in value.items()}
        return [self.evaluate(item) for item in value] if isinstance(value, list) else value

    def _get(self, target: str) -> Any:
        kind, _, rest = target.partition(".")
        if kind == "Parameters":
            return self.parameters[rest]
        if kind == "Execution":
            return self.execution(rest)
        step, path = split_step_reference(target)
        if step not in self.steps:
            raise UnresolvableError(f"{target}: step {step} has no properties")
        return follow(self.steps[step], path)

    def _json_get(self, arguments: Mapping[str, Any]) -> Any:
        step, path = split_step_reference(arguments["PropertyFile"]["Get"])
        name = str(path_tokens(path)[-1])
        text = self.read_property_file(step, name)
        try:
            content = json.loads(text)
        except ValueError as error:
            raise UnresolvableError(f"PropertyFile {name} of step {step} is not JSON: {error}") from error
        return follow(content, self.evaluate(arguments["Path"]))


def split_step_reference(target: str) -> tuple[str, str]:
    """Return the step and the path of `Steps.<step>.<path>`."""
    match = re.fullmatch(r"Steps\.([A-Za-z0-9\-_]+)\.?(.*)", target)
    if match is None:
        raise validation(f"{target!r} is not a reference to a step's property.")
    return match[1], match[2]


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool | list | dict) else str(value)
