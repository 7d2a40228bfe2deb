"""Properties that remember which of them were read, in structures and lists within them too.

A structure that is handed on, to a store for example, notes what its receiver reads of it. One that is read as a whole,
as by json.dumps, is read with all it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, SupportsIndex

# From the top: names of properties, and indexes of lists.
Path = tuple[str | int, ...]


class NotedProperties(dict[str, Any]):
    """A structure; what is within it is noted as well."""

    def __init__(self, given: Mapping[str, Any], path: Path = (), read: set[Path] | None = None) -> None:
        self._path = path
        self.read: set[Path] = set() if read is None else read
        super().__init__({name: noted(value, (*path, name), self.read) for name, value in given.items()})

    def read_and_given(self) -> Iterator[Path]:
        """What is there and was read; asking about what is not there is no reading of it."""
        for name, value in dict.items(self):
            if (*self._path, name) in self.read:
                yield (*self._path, name)
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, NotedProperties):
                    yield from item.read_and_given()

    def _note(self, names: Iterable[Any]) -> None:
        self.read.update((*self._path, name) for name in names)

    def _note_all(self) -> None:
        self._note(dict.keys(self))

    def __getitem__(self, name: str) -> Any:
        self._note([name])
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._note([name])
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._note([name])
        return super().get(name, default)

    def pop(self, name: str, *default: Any) -> Any:
        self._note([name])
        return super().pop(name, *default)

    def setdefault(self, name: str, default: Any = None) -> Any:
        self._note([name])
        return super().setdefault(name, default)

    def __iter__(self) -> Iterator[str]:
        self._note_all()
        return super().__iter__()

    def keys(self) -> Any:
        self._note_all()
        return super().keys()

    def items(self) -> Any:
        self._note_all()
        return super().items()

    def values(self) -> Any:
        self._note_all()
        return super().values()

    def copy(self) -> NotedProperties:
        """Another structure, the reading of which is noted here."""
        return self.__deepcopy__({})

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> NotedProperties:
        return NotedProperties(dict(dict.items(self)), self._path, self.read)


class _NotedList(list[Any]):
    """A list; its scalars are read with it, of its structures only what is read of them."""

    def __init__(self, given: Iterable[Any], path: Path, read: set[Path]) -> None:
        self._path, self._read = path, read
        super().__init__(noted(value, (*path, number), read) for number, value in enumerate(given))

    def copy(self) -> list[Any]:
        return self.__deepcopy__({})

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> _NotedList:
        return _NotedList(self, self._path, self._read)

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return list, (list(self),)


def noted(value: Any, path: Path, read: set[Path]) -> Any:
    """`value` as one of these, if it is a structure or a list."""
    if isinstance(value, dict):
        return NotedProperties(dict(dict.items(value)), path, read)
    return _NotedList(value, path, read) if isinstance(value, list) else value


def unread(given: Mapping[str, Any], read: set[Path], before: Mapping[str, Any] | None = None) -> Iterator[Path]:
    """What of `given` was not read; with `before`, of what differs from it. Of what was not read the top alone."""
    yield from _unread(given, read, before or {}, ())


def _unread(given: Any, read: set[Path], before: Any, path: Path) -> Iterator[Path]:
    if isinstance(given, dict):
        for name, value in dict.items(given):
            old = before.get(name) if isinstance(before, dict) else None
            if old is not None and old == value:
                continue
            here = (*path, name)
            if here not in read:
                yield here
            else:
                yield from _unread(value, read, old, here)
    elif isinstance(given, list):
        olds = before if isinstance(before, list) else []
        for number, value in enumerate(given):
            old = olds[number] if number < len(olds) else None
            yield from _unread(value, read, old, (*path, number))


def name_of(path: Path) -> str:
    """How a path is written: names with dots; lists leave no trace."""
    return ".".join(part for part in path if isinstance(part, str))
