"""Regular expressions that ECMA-262 and Python read alike, and that take no time which grows out of all proportion.

JSON Schema's are ECMA-262's, and the front door's function is Python (lambda/front_door/pattern.py).
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"\\(?P<escape>.)|(?P<class>\[(?:\\.|[^\]\\])*\])|(?P<open>\((?:\?<?[:=!]|))|(?P<char>.)", re.DOTALL
)
_REPEAT = re.compile(r"([*+]|\{[0-9]+,[0-9]*\})\??")
_ESCAPES = frozenset("dDwWsSbBnrtfv0x" + "u") | frozenset("^$\\.*+?()[]{}|/-")


def repeats(pattern: str) -> bool:
    """Whether it has a quantifier without a small bound: the time of a search then grows with the text."""
    return any(_REPEAT.match(pattern, token.end()) for token in _TOKEN.finditer(pattern))


def fault(pattern: str) -> str | None:
    """Why it may not be used; None where it may."""
    try:
        re.compile(pattern)
    except re.error as error:
        return f"it is no regular expression: {error.msg}"
    inner: list[bool] = [False]
    for token in _TOKEN.finditer(pattern):
        said = _foreign(token)
        if said:
            return said
        repeated = _REPEAT.match(pattern, token.end()) is not None
        if token["open"]:
            inner.append(False)
        elif token["char"] == ")":
            held = inner.pop()
            if held and repeated:
                return "a repetition is repeated, as in (a+)+: some texts would take hours"
            inner[-1] |= held or repeated
        else:
            inner[-1] |= repeated
    return None


def _foreign(token: re.Match[str]) -> str | None:
    text = token[0]
    following = token.string[token.end() : token.end() + 1]
    if token["open"] == "(" and following == "?":
        return "a group may begin with (?:, (?=, (?!, (?<= or (?<! only"
    if token["escape"] and token["escape"] not in _ESCAPES:
        return f"{text} is not the same in ECMA-262 and in Python"
    if token["class"] and (text in ("[]", "[^]") or re.search(r"\\[SDW]", text)):
        return f"{text} is not the same in ECMA-262 and in Python"
    if text in "*+?}" and following == "+":
        return f"{text}+ is Python's alone"
    return None
