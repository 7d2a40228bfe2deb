"""A pipeline definition, read and checked: parameters, and the steps as a graph.

Everything that can be known before an execution is refused when the definition is stored, with the step's name.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from local.sagemaker.errors import unsupported, validation
from local.sagemaker.pipelines.caching import expire_after
from local.sagemaker.pipelines.conditions import conditions_of
from local.sagemaker.pipelines.expressions import EXECUTION_VARIABLES, path_tokens, references, split_step_reference
from local.sagemaker.pipelines.retries import RetryPolicy, policies_of

Json = dict[str, Any]
STEP_TYPES = (
    *("Processing", "Training", "Tuning", "Transform", "Model", "RegisterModel", "Lambda", "Condition", "Fail"),
)
_BRANCHES = ("IfSteps", "ElseSteps")
_PARAMETER_TYPES: Mapping[str, type] = {"String": str, "Integer": int, "Float": float, "Boolean": bool}
_STEP_FIELDS = frozenset(
    {
        *("Name", "Type", "Arguments", "DependsOn", "PropertyFiles", "DisplayName", "Description"),
        *("CacheConfig", "RetryPolicies"),
    }
)
_LAMBDA_FIELDS = frozenset({"FunctionArn", "OutputParameters"})
_OUTPUT_TYPES = ("String", "Integer", "Boolean", "Float")


@dataclass(frozen=True)
class Step:
    """One step, with the steps it waits for and, inside a Condition, the branch it belongs to."""

    name: str
    type: str
    arguments: Json
    waits_for: frozenset[str]
    property_files: Mapping[str, Json]
    branch: tuple[str, bool] | None
    display_name: str | None = None
    description: str | None = None
    function: str | None = None
    outputs: tuple[Json, ...] = ()
    retries: tuple[RetryPolicy, ...] = ()
    cached_for: dt.timedelta | None = None


@dataclass(frozen=True)
class Definition:
    """A definition that was found sound."""

    parameters: Mapping[str, Json]
    steps: Mapping[str, Step]

    def bind(self, given: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """Return every parameter's value in an execution that is started with `given`."""
        values = {entry["Name"]: entry["Value"] for entry in given}
        unknown = sorted(set(values) - set(self.parameters))
        if unknown:
            raise validation(f"Unknown pipeline parameter(s): {', '.join(unknown)}.")
        bound = {}
        for name, declared in self.parameters.items():
            value = values.get(name, declared.get("DefaultValue"))
            if value is None:
                raise validation(f"Parameter {name} has no default value: give it at the start of the execution.")
            bound[name] = _typed(name, declared, value)
        return bound


def parse(text: str) -> Definition:
    """Return the definition, or raise ValidationException that says what is wrong with it."""
    try:
        content = json.loads(text)
    except ValueError as error:
        raise validation(f"Unable to parse pipeline definition. Invalid JSON: {error}") from error
    if not isinstance(content, dict) or content.get("Version") != "2020-12-01":
        raise validation('Unable to parse pipeline definition. Version must be "2020-12-01".')
    parameters = {entry["Name"]: entry for entry in content.get("Parameters") or []}
    for name, declared in parameters.items():
        if declared.get("Type") not in _PARAMETER_TYPES:
            raise validation(f"Parameter {name}: unknown type {declared.get('Type')!r}.")
    steps: dict[str, Step] = {}
    for step in _steps(content.get("Steps") or [], None):
        if step.name in steps:
            raise validation(f"Step names must be unique, and {step.name} is used twice.")
        steps[step.name] = step
    if not steps:
        raise validation("Unable to parse pipeline definition. It has no steps.")
    definition = Definition(parameters, steps)
    _check(definition)
    return definition


def _steps(entries: Sequence[Json], branch: tuple[str, bool] | None) -> Iterator[Step]:
    for entry in entries:
        step = _step(entry, branch)
        yield step
        for field in _BRANCHES if step.type == "Condition" else ():
            if branch:
                raise validation(f"Step {step.name}: a Condition step inside another Condition step is not supported.")
            yield from _steps(step.arguments.get(field) or [], (step.name, field == "IfSteps"))


def _step(entry: Json, branch: tuple[str, bool] | None) -> Step:
    name, kind, arguments = entry.get("Name"), entry.get("Type"), entry.get("Arguments") or {}
    if not isinstance(name, str) or kind not in STEP_TYPES:
        raise unsupported(f"Step {name}: type {kind}", f"Supported: {', '.join(STEP_TYPES)}.")
    honoured = _STEP_FIELDS | (_LAMBDA_FIELDS if kind == "Lambda" else frozenset())
    for field, value in entry.items():
        if field not in honoured and value:
            raise unsupported(f"Step {name}: {field}", "Leave it out for the environment `local`.")
    own = {k: v for k, v in arguments.items() if k not in _BRANCHES} if kind == "Condition" else arguments
    waits_for = {split_step_reference(target)[0] for target in references(own) if target.startswith("Steps.")}
    files = {file["PropertyFileName"]: file for file in entry.get("PropertyFiles") or []}
    return Step(
        name=name,
        type=str(kind),
        arguments=arguments,
        waits_for=frozenset(waits_for | set(entry.get("DependsOn") or []) | ({branch[0]} if branch else set())),
        property_files=files,
        branch=branch,
        display_name=entry.get("DisplayName"),
        description=entry.get("Description"),
        function=entry.get("FunctionArn"),
        outputs=_outputs(name, entry),
        retries=policies_of(name, str(kind), entry.get("RetryPolicies") or []),
        cached_for=expire_after(name, str(kind), entry.get("CacheConfig")),
    )


def _outputs(name: str, entry: Json) -> tuple[Json, ...]:
    """Return what a Lambda step declares that its function answers."""
    outputs = tuple(entry.get("OutputParameters") or ())
    for output in outputs:
        if not output.get("OutputName") or output.get("OutputType") not in _OUTPUT_TYPES:
            raise validation(
                f"Step {name}: an output parameter needs an OutputName and an OutputType of {', '.join(_OUTPUT_TYPES)}."
            )
    return outputs


def _check(definition: Definition) -> None:
    for step in definition.steps.values():
        for name in step.waits_for - set(definition.steps):
            raise validation(f"Step {step.name} refers to step {name}, which does not exist.")
        for target in references(step.arguments):
            _check_reference(definition, step, target)
        if step.type == "Condition":
            conditions_of(step.name, step.arguments)
        if step.type == "Lambda" and not step.function:
            raise validation(f"Step {step.name}: a Lambda step needs FunctionArn.")
        if step.type == "Fail" and "ErrorMessage" not in step.arguments:
            raise validation(f"Step {step.name}: a Fail step needs Arguments.ErrorMessage.")
    try:
        TopologicalSorter({step.name: step.waits_for for step in definition.steps.values()}).prepare()
    except CycleError as error:
        raise validation(f"The steps wait for each other in a circle: {' -> '.join(error.args[1])}.") from error


def _check_reference(definition: Definition, step: Step, target: str) -> None:
    kind, _, rest = target.partition(".")
    if kind == "Parameters" and rest in definition.parameters:
        return
    if kind == "Execution" and rest in EXECUTION_VARIABLES:
        return
    if kind == "Steps":
        name, path = split_step_reference(target)
        other = definition.steps.get(name)
        tokens = path_tokens(path)
        if other and tokens and (tokens[0] != "PropertyFiles" or tokens[-1] in other.property_files):
            return
    raise validation(f"Step {step.name} refers to {target}, which does not exist.")


def _boolean(value: Any) -> bool:
    if str(value).lower() not in ("true", "false"):
        raise ValueError(value)
    return str(value).lower() == "true"


def _typed(name: str, declared: Json, value: Any) -> Any:
    kind = _PARAMETER_TYPES[declared["Type"]]
    try:
        typed = _boolean(value) if kind is bool else kind(value)
    except (TypeError, ValueError) as error:
        raise validation(f"Parameter {name}: {value!r} is not of type {declared['Type']}.") from error
    if declared.get("EnumValues") and typed not in declared["EnumValues"]:
        raise validation(f"Parameter {name}: {value!r} is not one of {declared['EnumValues']}.")
    return typed
