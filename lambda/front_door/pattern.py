"""A declaration's pattern, which is ECMA-262's, compiled by Python.

The two differ in what `$`, `\\d`, `\\w` and `\\s` are; config/declaration/pattern.py lets nothing else through that
they read in two ways.
"""

import re

_TOKEN = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\$", re.DOTALL)
# What Python strips from a text as well: a model's own check for blanks is Python's.
_BLANK = r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"


def searching(pattern: str) -> re.Pattern[str]:
    """ASCII's digits and letters, Unicode's blanks; `$` is the end of the text, and not before its last line end."""
    return re.compile(_TOKEN.sub(_in_python, pattern), re.ASCII)


def _in_python(token: re.Match[str]) -> str:
    text = token[0]
    if text == "$":
        return r"\Z"
    if text[0] == "[":
        return re.sub(r"\\.", lambda escape: _BLANK if escape[0] == r"\s" else escape[0], text, flags=re.DOTALL)
    return {r"\s": f"[{_BLANK}]", r"\S": f"[^{_BLANK}]"}.get(text, text)
