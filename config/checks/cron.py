"""The form of a cron expression of Application Auto Scaling's: six fields, of which one says the day.

Source: Application Auto Scaling user guide, schedule recurring scaling actions using cron expressions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


@dataclass(frozen=True)
class _Field:
    """Whole numbers from `lowest` to `highest`, or the `names` that stand for them. `special`: other forms."""

    name: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()
    special: str = ""

    def takes(self, text: str) -> bool:
        """Whether the text is `*`, or entries between commas: a number, a range upwards, either with a step."""
        return all(self._entry(entry) for entry in text.split(","))

    def _entry(self, entry: str) -> bool:
        if self.special and re.fullmatch(self.special, entry):
            return True
        span, slash, step = entry.partition("/")
        if slash and not (step.isascii() and step.isdigit() and int(step) > 0):
            return False
        if span == "*":
            return True
        bounds = [self._number(part) for part in span.split("-")]
        numbers = [number for number in bounds if number is not None]
        # What would go over midnight or the weekend is two ranges: 0-7,19-23.
        return len(numbers) == len(bounds) <= 2 and numbers == sorted(numbers)

    def _number(self, text: str) -> int | None:
        if text.upper() in self.names:
            return self.lowest + self.names.index(text.upper())
        if not (text.isascii() and text.isdigit()):
            return None
        return int(text) if self.lowest <= int(text) <= self.highest else None


_FIELDS = (
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _Field("day of month", 1, 31, special=r"\?|L|LW|([1-9]|[12]\d|3[01])W"),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 1, 7, _DAYS, special=r"\?|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)?L|[1-7]#[1-5]"),
    _Field("year", 1970, 2199),
)


def fault(expression: str) -> str:
    """What is wrong with it, in words; empty when nothing is."""
    texts = expression.split(" ")
    if len(texts) != len(_FIELDS):
        return f"it needs six fields with one space between them, not {len(texts)}"
    for field, text in zip(_FIELDS, texts, strict=True):
        if not field.takes(text):
            return f"{text!r} is no {field.name}"
    if [texts[2], texts[4]].count("?") != 1:
        return "either day of month or day of week is `?`"
    return ""
