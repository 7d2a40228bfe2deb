"""Line charts of the unit square as inline SVG: no script, no style sheet, no font from elsewhere."""

from collections.abc import Mapping, Sequence
from html import escape

Point = tuple[float, float]
SIZE, LEFT, TOP, RIGHT, BOTTOM = 300, 46, 12, 12, 44
DASHES = ("", "6 3", "2 3")  # so that a line is told apart without its colour


def chart(title: str, x_axis: str, y_axis: str, lines: Mapping[str, Sequence[Point]], diagonal: bool = False) -> str:
    """One line for each name; the nth has the class `line-n`, which the page gives a colour."""
    width, height = SIZE + LEFT + RIGHT, SIZE + TOP + BOTTOM
    parts = [
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">',
        *_grid(),
        f'<text class="axis" x="{LEFT + SIZE / 2}" y="{height - 6}" text-anchor="middle">{escape(x_axis)}</text>',
        f'<text class="axis" transform="translate(12 {TOP + SIZE / 2}) rotate(-90)" text-anchor="middle">'
        f"{escape(y_axis)}</text>",
    ]
    if diagonal:
        parts.append(f'<line class="diagonal" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>')
    for number, points in enumerate(lines.values()):
        path = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)
        parts.append(f'<polyline class="line-{number}" stroke-dasharray="{DASHES[number % 3]}" points="{path}"/>')
        if diagonal:  # few points, each a measurement
            parts += [f'<circle class="dot-{number}" cx="{_x(x):.1f}" cy="{_y(y):.1f}" r="3"/>' for x, y in points]
    return "".join([*parts, "</svg>"])


def legend(names: Sequence[str]) -> str:
    """The key to the lines of all charts."""
    keys = (
        f'<span><svg class="key" viewBox="0 0 28 8"><line class="line-{number}" x1="0" y1="4" x2="28" y2="4" '
        f'stroke-dasharray="{DASHES[number % 3]}"/></svg> {escape(name)}</span>'
        for number, name in enumerate(names)
    )
    return f'<p class="legend">{" ".join(keys)}</p>'


def _grid() -> list[str]:
    parts = []
    for step in range(6):
        value = step / 5
        parts += [
            f'<line class="grid" x1="{_x(value)}" y1="{TOP}" x2="{_x(value)}" y2="{TOP + SIZE}"/>',
            f'<line class="grid" x1="{LEFT}" y1="{_y(value)}" x2="{LEFT + SIZE}" y2="{_y(value)}"/>',
            f'<text class="tick" x="{_x(value)}" y="{TOP + SIZE + 16}" text-anchor="middle">{value:.1f}</text>',
            f'<text class="tick" x="{LEFT - 6}" y="{_y(value) + 4}" text-anchor="end">{value:.1f}</text>',
        ]
    return parts


def _x(value: float) -> float:
    return LEFT + value * SIZE


def _y(value: float) -> float:
    return TOP + (1 - value) * SIZE
