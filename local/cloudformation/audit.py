"""No property is dropped silently: one that the type's handler never reads fails the resource.

MiniStack's handlers read the properties they know and ignore the rest, so a template could ask for encryption and get a
bucket without it. Each handler gets properties that note what is read. What was given, was not read, and is not listed
in supported.RECORDED_ONLY is an error that names it. For a change of properties the same holds for those that differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from local.cloudformation import supported
from local.hooks import cloudformation as hook

Properties = dict[str, Any]
Result = tuple[str, dict[str, Any]]


class UnsupportedPropertyError(Exception):
    """A property that would have no effect in the local cloud."""


class NotedProperties(dict[str, Any]):
    """Properties that remember which of them were read; reading them as a whole reads each."""

    def __init__(self, properties: Mapping[str, Any]) -> None:
        super().__init__(properties)
        self.read: set[str] = set()

    def _read_all(self) -> None:
        self.read.update(dict.keys(self))

    def __getitem__(self, name: str) -> Any:
        self.read.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.read.add(str(name))
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.read.add(name)
        return super().get(name, default)

    def pop(self, name: str, *default: Any) -> Any:
        self.read.add(name)
        return super().pop(name, *default)

    def __iter__(self) -> Iterator[str]:
        self._read_all()
        return super().__iter__()

    def keys(self) -> Any:
        self._read_all()
        return super().keys()

    def items(self) -> Any:
        self._read_all()
        return super().items()

    def values(self) -> Any:
        self._read_all()
        return super().values()

    def copy(self) -> dict[str, Any]:
        self._read_all()
        return super().copy()


def _refuse(resource_type: str, given: Iterable[str], noted: NotedProperties) -> None:
    unread = set(given) - noted.read
    for without_effect_now in (supported.RECORDED_ONLY, supported.READ_AT_DELETION):
        unread -= without_effect_now.get(resource_type, frozenset())
    if unread:
        raise UnsupportedPropertyError(
            f"{resource_type}: the local cloud would ignore {', '.join(sorted(unread))}. "
            "Properties without effect are listed in docs/local.md and local/cloudformation/supported.py."
        )


def _audited_create(resource_type: str) -> Callable[[hook.Create], hook.Create]:
    remove = hook.delete_of(resource_type)

    def wrap(create: hook.Create) -> hook.Create:
        def audited(logical_id: str, properties: Properties, stack_name: str) -> Result:
            noted = NotedProperties(properties)
            physical_id, attributes = create(logical_id, noted, stack_name)
            try:
                _refuse(resource_type, properties, noted)
            except UnsupportedPropertyError:
                if remove:
                    remove(physical_id, properties)
                raise
            return physical_id, attributes

        return audited

    return wrap


def _audited_update(resource_type: str) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    def wrap(update: Callable[..., Result]) -> Callable[..., Result]:
        def audited(physical_id: str, old: Properties, new: Properties, *rest: Any) -> Result:
            noted = NotedProperties(new)
            result = update(physical_id, old, noted, *rest)
            _refuse(resource_type, (name for name in new if new[name] != old.get(name)), noted)
            return result

        return audited

    return wrap


def install() -> None:
    """Audit every type of MiniStack's that the local cloud keeps."""
    for resource_type in supported.MINISTACK:
        hook.wrap_create(resource_type, _audited_create(resource_type), blocking=False)
        hook.wrap_update(resource_type, _audited_update(resource_type), blocking=False)
