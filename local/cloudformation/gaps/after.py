"""How a gap is mended: run MiniStack's handler, then apply what it left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.hooks import cloudformation as hook

Properties = dict[str, Any]
Result = tuple[str, dict[str, Any]]
Apply = Callable[[str, Properties, Properties], None]


def after(resource_type: str, apply: Apply) -> None:
    """Call `apply(physical_id, properties, previous_properties)` after each create and update of the type."""

    def wrap_create(create: hook.Create) -> hook.Create:
        def created(logical_id: str, properties: Properties, stack_name: str) -> Result:
            result = create(logical_id, properties, stack_name)
            apply(result[0], properties, {})
            return result

        return created

    def wrap_update(update: Callable[..., Result]) -> Callable[..., Result]:
        def updated(physical_id: str, old: Properties, new: Properties, *rest: Any) -> Result:
            result = update(physical_id, old, new, *rest)
            # An update that made another resource left it without what the old one had.
            apply(result[0], new, old if result[0] == physical_id else {})
            return result

        return updated

    hook.wrap_create(resource_type, wrap_create, blocking=True)
    hook.wrap_update(resource_type, wrap_update, blocking=True)


def is_true(value: Any) -> bool:
    """A CloudFormation boolean, which may be a string."""
    return str(value).lower() == "true"


def only(value: dict[str, Any], known: frozenset[str], where: str) -> dict[str, Any]:
    """`value`, after a check that it has no key but the `known` ones."""
    if unknown := sorted(set(value) - known):
        raise ValueError(f"{where}: the local cloud would ignore {', '.join(unknown)}; see docs/local.md.")
    return value
