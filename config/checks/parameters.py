"""Parameters of a model's pipeline, and the places that name them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from config.checks.rule import Violation, rule
from config.nearest import nearest
from config.schema import Model, Platform

PARAMETERS = "SageMaker developer guide: pipeline parameters"
NAMED = re.compile(r"\{([a-z][a-z0-9_]*)\}")
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "float": (float, int),
    "boolean": (bool,),
}


def _values(platform: Platform) -> Iterator[tuple[str, Model, str]]:
    """Every text in which `{name}` may stand, with its path in the file and its model."""
    for name, model in platform.models.items():
        places = {f"models.{name}.processing.arguments": model.processing.arguments}
        for candidate, settings in model.candidates.items():
            places[f"models.{name}.candidates.{candidate}.hyperparameters"] = settings.hyperparameters
        for path, arguments in places.items():
            yield from ((f"{path}.{key}", model, value) for key, value in arguments.items() if isinstance(value, str))


@rule("PARAMETER-KNOWN", "the model's pipeline has no such parameter.", PARAMETERS)
def named_parameters_exist(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, model, value in _values(platform):
        match = NAMED.fullmatch(value)
        if match and match[1] not in model.parameters:
            guess, name = nearest(match[1], model.parameters), match[1]
            fix = f"{guess}add it: `parameters: {{{name}: {{type: ..., default: ...}}}}`."
            yield Violation(path, value, fix)


@rule(
    "PARAMETER-WHOLE", "a parameter is a whole value: inside of a text it would reach the script as it is.", PARAMETERS
)
def parameters_are_whole_values(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, model, value in _values(platform):
        inside = [name for name in NAMED.findall(value) if name in model.parameters]
        if inside and not NAMED.fullmatch(value):
            yield Violation(path, value, f'write "{{{inside[0]}}}" alone, and put the text together in the script.')


@rule("PARAMETER-USED", "nothing names this parameter: setting it would change nothing.", "docs/models.md")
def parameters_are_used(platform: Platform, file: Path) -> Iterator[Violation]:
    used: dict[int, set[str]] = {}
    for _, model, value in _values(platform):
        used.setdefault(id(model), set()).update(NAMED.findall(value))
    for name, model in platform.models.items():
        for parameter in model.parameters:
            if parameter not in used.get(id(model), ()):
                fix = f'remove it, or write "{{{parameter}}}" where it belongs: a hyperparameter, an argument.'
                yield Violation(f"models.{name}.parameters.{parameter}", parameter, fix)


@rule("PARAMETER-DEFAULT", "the default is of another type than the parameter.", PARAMETERS)
def defaults_have_the_parameters_type(platform: Platform, file: Path) -> Iterator[Violation]:
    for name, model in platform.models.items():
        for parameter, settings in model.parameters.items():
            value = settings.default
            fits = isinstance(value, TYPES[settings.type]) and (settings.type == "boolean") == isinstance(value, bool)
            if not fits:
                fix = f"write {_article(settings.type)}, or another `type`."
                yield Violation(f"models.{name}.parameters.{parameter}.default", value, fix)


def _article(type_: str) -> str:
    return {"string": "a text, in quotes", "integer": "a whole number", "float": "a number"}.get(
        type_, "`true` or `false`"
    )
