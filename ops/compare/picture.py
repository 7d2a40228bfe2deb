"""The interval over time as one SVG file, which needs nothing else to be shown."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from ops.compare.comparison import Comparison, Look

WIDTH, HEIGHT = 800, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 50, 60
TICKS = 4


def picture(comparison: Comparison, title: str) -> str:
    """A band between the interval's ends after each labelled request, and the line of no difference."""
    looks = comparison.looks
    scale = _Scale(looks)
    band = [*_points(looks, scale, "high"), *reversed(_points(looks, scale, "low"))]
    verdict = f"{comparison.challenger.variant} is {comparison.verdict}"
    if comparison.verdict == "not yet":
        verdict = "no verdict yet"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            'font-family="sans-serif" font-size="12">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
            _text(LEFT, 22, title, size=15),
            _text(LEFT, 40, f"{verdict}; the interval holds with probability {1 - comparison.alpha:g} at every look"),
            f'<polygon points="{" ".join(band)}" fill="#9ecae1" stroke="#3182bd"/>' if band else "",
            *_values(scale),
            *_times(looks),
            "</svg>\n",
        ]
    )


class _Scale:
    """From requests and differences to pixels; the vertical range always holds the line of no difference."""

    def __init__(self, looks: Iterable[Look]) -> None:
        looks = list(looks)
        # The first looks know nothing and would flatten the rest: the last half of them sets the range.
        late = looks[len(looks) // 2 :]
        self.low = min([0.0, *(look.interval.low for look in late)]) if late else -1.0
        self.high = max([0.0, *(look.interval.high for look in late)]) if late else 1.0
        self._requests = looks[-1].requests if looks else 1

    def x(self, requests: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * requests / self._requests

    def y(self, difference: float) -> float:
        inside = min(max(difference, self.low), self.high)
        share = (self.high - inside) / ((self.high - self.low) or 1)
        return TOP + (HEIGHT - TOP - BOTTOM) * share


def _points(looks: Iterable[Look], scale: _Scale, end: str) -> list[str]:
    return [f"{scale.x(look.requests):.1f},{scale.y(getattr(look.interval, end)):.1f}" for look in looks]


def _values(scale: _Scale) -> list[str]:
    """The vertical axis, and the line of no difference."""
    lines = []
    for index in range(TICKS + 1):
        value = scale.low + (scale.high - scale.low) * index / TICKS
        lines.append(_text(LEFT - 8, scale.y(value) + 4, f"{value:+.3f}", anchor="end"))
    zero, end, foot = scale.y(0), WIDTH - RIGHT, HEIGHT - BOTTOM
    return [
        *lines,
        f'<line x1="{LEFT}" x2="{end}" y1="{zero:.1f}" y2="{zero:.1f}" stroke="#c00" stroke-dasharray="4 3"/>',
        f'<line x1="{LEFT}" x2="{LEFT}" y1="{TOP}" y2="{foot}" stroke="#444"/>',
    ]


def _times(looks: Iterable[Look]) -> list[str]:
    """The horizontal axis: labelled requests, and when the first and the last of them were complete."""
    looks = list(looks)
    if not looks:
        return [_text(WIDTH / 2, HEIGHT / 2, "no labelled request yet", anchor="middle")]
    ends = [(LEFT, looks[0], "start"), (WIDTH - RIGHT, looks[-1], "end")]
    return [
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{HEIGHT - BOTTOM}" y2="{HEIGHT - BOTTOM}" stroke="#444"/>',
        *(_text(x, HEIGHT - 38, f"{look.requests}", anchor=anchor) for x, look, anchor in ends),
        *(_text(x, HEIGHT - 22, f"{look.time:%Y-%m-%d %H:%M}", anchor=anchor) for x, look, anchor in ends),
        _text(WIDTH / 2, HEIGHT - 8, "labelled requests of both variants, as they became complete", anchor="middle"),
    ]


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'
