"""Wildcards, ARNs and policy variables.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

VARIABLE = re.compile(r"\$\{([^}]*)\}")
LITERAL = {"*": "*", "?": "?", "$": "$"}
Values = Mapping[str, list[str]]

# Wildcard characters that came out of a variable are plain text: they are marked until the pattern is compiled.
_MARKS = {"*": "\ue000", "?": "\ue001"}
_UNMARKED = {mark: character for character, mark in _MARKS.items()}


@lru_cache(maxsize=50_000)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(_UNMARKED.get(c, c)) for c in pattern)
    return re.compile("".join(parts) + r"\Z", re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def like(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    """`*` any characters, also none; `?` one character."""
    return _compiled(pattern, ignore_case).match(value) is not None


def arn_like(pattern: str, value: str) -> bool:
    """Each of the six parts of an ARN by itself: a wildcard does not reach over a colon, except in the last part."""
    patterns, parts = pattern.split(":", 5), value.split(":", 5)
    return len(patterns) == len(parts) == 6 and all(map(like, patterns, parts))


def plain(pattern: str) -> str:
    """A pattern whose variables are filled in, for operators without wildcards."""
    return "".join(_UNMARKED.get(character, character) for character in pattern)


def expand(text: str, values: Values) -> str | None:
    """Policy variables filled in; None, which nothing matches, when a key has not one value and no default."""
    missing = False

    def replace(match: re.Match[str]) -> str:
        nonlocal missing
        name, _, default = match.group(1).partition(",")
        if name in LITERAL:
            return _MARKS.get(name, name)
        found = values.get(name.strip().lower(), [])
        if len(found) == 1:
            return "".join(_MARKS.get(character, character) for character in found[0])
        missing = missing or not default
        return default.strip().strip("'")

    expanded = VARIABLE.sub(replace, text)
    return None if missing else expanded
