"""Hyperparameters and arguments: what algorithms need and allow, and how much fits into a job."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from pathlib import Path

from config import catalogue
from config.checks.candidates import algorithms, candidates, resolved
from config.checks.rule import Violation, rule
from config.schema import Platform

PAGES = "SageMaker developer guide: the algorithm's hyperparameters"
# Names of the platform's own: sagemaker_program, sagemaker_submit_directory, sagemaker_region.
TOOLKIT = 3
# The script's name, and --input-dir and --output-dir with their values.
OWN_ARGUMENTS = 5
# Below this two names are not one with a mistake in it.
ALIKE = 0.85


@rule("HYPERPARAMETER-REQUIRED", "the algorithm does not start without this hyperparameter.", PAGES)
def required_hyperparameters_are_there(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, facts in algorithms(platform):
        given = {*each.its.hyperparameters, *(each.its.tuning.ranges if each.its.tuning else ())}
        conditional = [name for name, condition in facts.required_when.items() if each.sets(condition)]
        for name in [*facts.required, *conditional]:
            if name not in given:
                causes = facts.required_when[name] if name in conditional else {}
                because = "".join(f": `{key}` is one of {', '.join(its)}" for key, its in causes.items())
                yield Violation(f"{each.path}.hyperparameters.{name}", None, f"add `{name}`{because}.")


@rule(
    "HYPERPARAMETER-KNOWN", "the algorithm has no hyperparameter of this name, but one that is nearly the same.", PAGES
)
def hyperparameters_are_spelt_right(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, facts in algorithms(platform):
        for name, value in each.its.hyperparameters.items():
            alike = difflib.get_close_matches(name, facts.hyperparameters, n=1, cutoff=ALIKE)
            if alike and name not in facts.hyperparameters:
                yield Violation(f"{each.path}.hyperparameters.{name}", value, f"did you mean `{alike[0]}`?")


@rule("HYPERPARAMETER-VALUE", "the algorithm does not take this value.", PAGES)
def hyperparameters_have_possible_values(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, facts in algorithms(platform):
        for name, raw in each.its.hyperparameters.items():
            possible, value = facts.values.get(name), resolved(each.model, raw)
            if possible and not possible.allow(value):
                yield Violation(f"{each.path}.hyperparameters.{name}", value, f"use {possible.words}.")


@rule("HYPERPARAMETER-ORDER", "one hyperparameter must not exceed another.", PAGES)
def hyperparameters_fit_each_other(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, facts in algorithms(platform):
        for name, bound in facts.not_above.items():
            value, most = each.value(name), each.value(bound)
            if isinstance(value, int | float) and isinstance(most, int | float) and value > most:
                fix = f"use at most {most:g}, which is `{bound}`."
                yield Violation(f"{each.path}.hyperparameters.{name}", value, fix)


@rule(
    "HYPERPARAMETER-COUNT",
    "a job has at most 100 hyperparameters, the platform's own included.",
    "SageMaker API: CreateTrainingJob, HyperParameters",
)
def hyperparameters_are_few_enough(platform: Platform, file: Path) -> Iterator[Violation]:
    most = catalogue.training().hyperparameters
    for each in candidates(platform):
        own = TOOLKIT if each.its.entry_point else 0
        count = len(each.its.hyperparameters) + own
        if count > most:
            yield Violation(
                f"{each.path}.hyperparameters", count, f"give at most {most - own}, or a file as a channel."
            )


@rule(
    "HYPERPARAMETER-LENGTH",
    "a hyperparameter has at most 2500 characters.",
    "SageMaker API: CreateTrainingJob, HyperParameterValue",
)
def hyperparameters_are_short_enough(platform: Platform, file: Path) -> Iterator[Violation]:
    most = catalogue.training().hyperparameter_characters
    for each in candidates(platform):
        for name, value in each.its.hyperparameters.items():
            # The toolkit reads JSON: a text has its quotes as well.
            length = len(json.dumps(value))
            if length > most:
                fix = "write it into a file of the model's folder."
                yield Violation(f"{each.path}.hyperparameters.{name}", f"{length} characters", fix)


@rule(
    "ARGUMENT-COUNT",
    "a processing job has at most 100 arguments, names, values and the platform's own.",
    "SageMaker API: AppSpecification, ContainerArguments",
)
def arguments_are_few_enough(platform: Platform, file: Path) -> Iterator[Violation]:
    most = catalogue.training().processing_arguments
    for name, model in platform.models.items():
        count = 2 * len(model.processing.arguments) + OWN_ARGUMENTS
        if count > most:
            fix = f"give at most {(most - OWN_ARGUMENTS) // 2} arguments, or a file of the model's folder."
            yield Violation(f"models.{name}.processing.arguments", count, fix)


@rule(
    "ARGUMENT-LENGTH",
    "an argument of a processing job has at most 256 characters.",
    "SageMaker API: AppSpecification, ContainerArgument",
)
def arguments_are_short_enough(platform: Platform, file: Path) -> Iterator[Violation]:
    most = catalogue.training().processing_argument_characters
    for name, model in platform.models.items():
        for argument, value in model.processing.arguments.items():
            longest = max(len(str(value)), len(argument) + len("--"))
            if longest > most:
                fix = "write it into a file of the model's folder."
                yield Violation(f"models.{name}.processing.arguments.{argument}", f"{longest} characters", fix)
