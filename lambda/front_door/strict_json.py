"""JSON as RFC 8259 has it: UTF-8, finite numbers. Python's own parser also takes NaN, Infinity and 1e999."""

import json
import math
from typing import Any


class InvalidJsonError(ValueError):
    """The bytes are not JSON; the message says why, in words that quote nothing of them."""


def loads(data: bytes) -> Any:
    """The value in `data`. Raises InvalidJsonError."""
    try:
        return json.loads(data.decode(), parse_constant=_finite, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise InvalidJsonError(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except UnicodeDecodeError as error:
        raise InvalidJsonError(f"byte {error.start} is not UTF-8") from None
    except RecursionError:
        raise InvalidJsonError("it is nested too deeply") from None
    except ValueError:
        # _finite below, or an integer longer than Python converts (4,300 digits).
        raise InvalidJsonError("a number is not finite or too long") from None


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(number)
    return value
