"""No property is dropped silently: one that nobody reads fails the resource, wherever it is in the structure.

MiniStack's handlers read the properties they know and ignore the rest, so a template could ask for encryption and get a
bucket without it. Each handler gets properties that note what is read (noted.py). What was given, was not read, and is
not listed in supported.py is an error that names it. For a change the same holds for what differs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from local.cloudformation import supported
from local.cloudformation.noted import NotedProperties, Path, name_of, unread
from local.hooks import cloudformation as hook

Properties = dict[str, Any]
Result = tuple[str, dict[str, Any]]
_log = logging.getLogger("ashlar.local.audit")


class UnsupportedPropertyError(Exception):
    """A property that would have no effect in the local cloud."""


def _refuse(resource_type: str, ignored: Iterable[Path]) -> set[str]:
    """Raise UnsupportedPropertyError for what is not listed; returns what the ignored properties are listed as."""
    listed = supported.not_read_at_once(resource_type)
    names = {name_of(path) for path in ignored}
    if unlisted := {name for name in names if not any(supported.covers(entry, name) for entry in listed)}:
        raise UnsupportedPropertyError(
            f"{resource_type}: the local cloud would ignore {', '.join(sorted(unlisted))}. "
            "Properties without effect are listed in docs/local.md and local/cloudformation/supported.py."
        )
    return {entry for entry in listed for name in names if supported.covers(entry, name)}


def _warn_of_needless(resource_type: str, noted: NotedProperties, needed: set[str]) -> None:
    """Tell what is listed without need: it would hide what is dropped one day. A test fails on these lines."""
    for entry in supported.not_read_at_once(resource_type) - needed:
        if any(supported.covers(entry, name_of(path)) for path in noted.read_and_given()):
            _log.warning("%s: %s is listed in supported.py, but it is read.", resource_type, entry)


def _audited_create(resource_type: str) -> Callable[[hook.Create], hook.Create]:
    remove = hook.delete_of(resource_type)

    def wrap(create: hook.Create) -> hook.Create:
        def audited(logical_id: str, properties: Properties, stack_name: str) -> Result:
            noted = NotedProperties(properties)
            physical_id, attributes = create(logical_id, noted, stack_name)
            try:
                needed = _refuse(resource_type, unread(properties, noted.read))
            except UnsupportedPropertyError:
                if remove:
                    remove(physical_id, properties)
                raise
            _warn_of_needless(resource_type, noted, needed)
            return physical_id, attributes

        return audited

    return wrap


def _audited_update(resource_type: str) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    def wrap(update: Callable[..., Result]) -> Callable[..., Result]:
        def audited(physical_id: str, old: Properties, new: Properties, *rest: Any) -> Result:
            noted = NotedProperties(new)
            result = update(physical_id, old, noted, *rest)
            _refuse(resource_type, unread(new, noted.read, old))
            return result

        return audited

    return wrap


def install() -> None:
    """Audit every type but CloudFormation's own."""
    for resource_type in supported.MINISTACK | supported.OURS:
        hook.wrap_create(resource_type, _audited_create(resource_type), blocking=False)
        hook.wrap_update(resource_type, _audited_update(resource_type), blocking=False)
