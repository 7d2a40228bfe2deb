"""Reads a model's answer, `{"predictions": [...], "model_package": "..."}`, and holds it to its declaration."""

import json
from collections.abc import Mapping
from typing import Any

from front_door import strict_json
from front_door.endpoint_client import Answer
from front_door.problems import MODEL_FAILED, Problem
from front_door.schema import Check, compiled
from front_door.violation import Violation

MEMBERS = ("predictions", "model_package")


def promised(prediction: Mapping[str, Any]) -> Check:
    """A function that checks a list of predictions. Compiled once: keep it."""
    return compiled({"type": "array", "items": prediction})


def read(answer: Answer, check: Check, *, instances: int | None, verbose: bool) -> str:
    """The response's JSON. `instances`: how many were asked for; None where the request is not counted.

    Raises Problem (502) if the answer is not what the API promises; `verbose` says more of it.
    """
    try:
        document = strict_json.loads_models(answer.body)
        predictions, package = document["predictions"], document["model_package"]
    except (strict_json.InvalidJsonError, TypeError, KeyError):
        raise _unusable("is not the JSON object that the API promises") from None
    try:
        check(predictions)
    except Violation as violation:
        told = f" ({violation.said})" if verbose else ""
        raise _unusable(f"is not as declared at /predictions{violation.pointer}{told}") from None
    if instances is not None and len(predictions) != instances:
        raise _unusable(f"has {len(predictions)} predictions for {instances} instances")
    if not isinstance(package, str) or not package or not answer.variant:
        raise _unusable("does not say which model package and variant gave it")
    return _written(answer, document, package)


def _written(answer: Answer, document: Mapping[str, Any], package: str) -> str:
    """With the variant, and no ARN: the name and version of a package are for everyone, the account is not.

    It is the model's own text with a new end wherever that is sure to say the same of these two members: without
    escapes, a name that occurs once is a member that occurs once. Names that a model writes twice inside a prediction
    are not looked for: they are passed on as they are. To write it all anew costs as much as all the checks.
    """
    text, shown = answer.body.decode(), package.rpartition(":model-package/")[2]
    if document.keys() == set(MEMBERS) and "\\" not in text and all(text.count(f'"{name}"') == 1 for name in MEMBERS):
        text = text.replace(f'"{package}"', f'"{shown}"')
        return f'{text.rstrip()[:-1]}, "variant": {json.dumps(answer.variant)}}}'
    anew = {"predictions": document["predictions"], "model_package": shown, "variant": answer.variant}
    try:
        return json.dumps(anew, allow_nan=False)
    except (ValueError, RecursionError):
        raise _unusable("has a number that is too large, or is nested too deeply") from None


def _unusable(fault: str) -> Problem:
    return Problem(MODEL_FAILED, f"The model's answer {fault}. Report the request id to the endpoint's owner.")
