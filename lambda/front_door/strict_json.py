"""JSON as RFC 8259 has it: UTF-8, finite numbers. Python's own parser also takes NaN, Infinity and 1e999."""

import json
import math
from typing import Any

DEEPEST = 64
"""Arrays and objects in each other: few enough for every interpreter's own limit."""
TOO_DEEP = "it is nested too deeply"
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class InvalidJsonError(ValueError):
    """The bytes are not JSON; the message says why, in words that quote nothing of them."""


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(number)
    return value


class _TwiceError(ValueError):
    """A name is in one object twice."""


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise _TwiceError
    return found


# Made once: json.loads makes one at each call that gives it functions.
_DECODER = json.JSONDecoder(parse_constant=_finite, parse_float=_finite)
_STRANGERS = json.JSONDecoder(parse_constant=_finite, parse_float=_finite, object_pairs_hook=_unique)
_MODELS = json.JSONDecoder(parse_constant=_finite)


def loads(data: bytes) -> Any:
    """The value in `data`. Raises InvalidJsonError."""
    return _decoded(data, _DECODER)


def loads_models(data: bytes) -> Any:
    """The value in a model's answer, which is mostly numbers. Raises InvalidJsonError.

    One that no float can hold, such as 1e999, is taken as infinite, and `schema` refuses it where a number is declared:
    to look at each here would cost as much as all the rest.
    """
    return _decoded(data, _MODELS)


def loads_strangers(data: bytes) -> Any:
    """The value in what a stranger wrote and another parser will read. Raises InvalidJsonError.

    Refuses what parsers read in more than one way: a name twice in an object, half of a surrogate pair, and more than
    DEEPEST arrays and objects in each other.
    """
    value = _decoded(data, _STRANGERS)
    if _may_be_deep(data) and _is_deep(value):
        raise InvalidJsonError(TOO_DEEP)
    if b"\\ud" in data or b"\\uD" in data:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise InvalidJsonError("half of a surrogate pair is no character") from None
    return value


def _may_be_deep(data: bytes) -> bool:
    """False of what is surely not; quick. Brackets inside a text count as well, so that it says True too often."""
    brackets = data.translate(None, _NO_BRACKETS)
    for _ in range(DEEPEST):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    return bool(brackets)


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST + 1):
        if not level:
            return False
        level = [
            inner
            for each in level
            if isinstance(each, list | dict)
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, list | dict)
        ]
    return True


def _decoded(data: bytes, decoder: json.JSONDecoder) -> Any:
    try:
        return decoder.decode(data.decode())
    except json.JSONDecodeError as error:
        raise InvalidJsonError(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except UnicodeDecodeError as error:
        raise InvalidJsonError(f"byte {error.start} is not UTF-8") from None
    except RecursionError:
        raise InvalidJsonError(TOO_DEEP) from None
    except _TwiceError:
        raise InvalidJsonError("a name is in one object twice") from None
    except ValueError:
        # _finite above, or an integer longer than Python converts (4,300 digits).
        raise InvalidJsonError("a number is not finite or too long") from None
