"""Checks the request body `{"instances": [{"title": "...", "text": "..."}, ...]}` before it costs a model call."""

from typing import Any

from front_door import strict_json
from front_door.problems import INVALID_BODY, Problem, quoted

MOST_INSTANCES = 1000
EXAMPLE = '{"instances": [{"title": "Lovely", "text": "Fits well."}]}'


def count(body: bytes) -> int:
    """The number of instances in a valid body, 1 to 1000. Raises Problem (400) at the first violation."""
    try:
        document = strict_json.loads(body)
    except strict_json.InvalidJsonError as error:
        raise _invalid("", f"The body is not valid JSON: {error}. Send {EXAMPLE}.") from None
    if not isinstance(document, dict):
        raise _invalid("", f"The body must be a JSON object. Send {EXAMPLE}.")
    _refuse_unknown_keys(document, {"instances"}, "")
    instances = document.get("instances")
    if not isinstance(instances, list):
        raise _invalid("/instances", f"`instances` must be a list. Send {EXAMPLE}.")
    if not 1 <= len(instances) <= MOST_INSTANCES:
        raise _invalid("/instances", f"`instances` has {len(instances)} items. Send 1 to {MOST_INSTANCES} a request.")
    for index, instance in enumerate(instances):
        _check(instance, f"/instances/{index}")
    return len(instances)


def _check(instance: Any, pointer: str) -> None:
    if not isinstance(instance, dict):
        raise _invalid(pointer, 'An instance must be an object. Send {"title": "...", "text": "..."}.')
    _refuse_unknown_keys(instance, {"title", "text"}, pointer)
    text = instance.get("text")
    if not isinstance(text, str) or not text.strip():
        raise _invalid(f"{pointer}/text", "`text` must be a string that is not blank. Send the review's text.")
    title = instance.get("title")
    if title is not None and not isinstance(title, str):
        raise _invalid(f"{pointer}/title", "`title` must be a string or null. Send a string, or leave it out.")


def _refuse_unknown_keys(found: dict[str, Any], known: set[str], pointer: str) -> None:
    """The pointer names the object, not the key: a key can be as long as the body."""
    for key in found:
        if key not in known:
            allowed = ", ".join(f"`{name}`" for name in sorted(known))
            raise _invalid(pointer, f"The key {quoted(key)} is unknown. Remove it; allowed: {allowed}.")


def _invalid(pointer: str, detail: str) -> Problem:
    return Problem(INVALID_BODY, detail, pointer=pointer)
