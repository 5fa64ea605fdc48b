"""The README's picture of a committed result: bars for litecon and Litestar, as multiples of hand-written code."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any, Final, NamedTuple

from .contestants import FLOOR

__all__ = ("draw_charts",)


class Theme(NamedTuple):
    """The colours of a picture.

    Args:
        name: The name that the picture's file contains.
        text: The colour of words and of the line.
        muted: The colour of Litestar's bars.
        accent: The colour of litecon's bars.
    """

    name: str
    text: str
    muted: str
    accent: str


_THEMES: Final = (Theme("light", "#1f2328", "#afb8c1", "#0969da"), Theme("dark", "#e6edf3", "#545d68", "#4493f8"))
_TASKS: Final = {
    "headers-and-cookies": "3 headers, cookies",
    "query": "2 query parameters",
    "accept": "accept, 3 offers",
    "body-200B": "body, 200 B",
    "json-200B": "JSON, 200 B",
    "form-10-fields": "form, 10 fields",
    "multipart-10-fields": "multipart, 10 fields",
    "typical": "typical request",
    "ws-echo-text": "WebSocket echo",
}
_OTHER: Final = "litestar"
_ROW: Final = 34
_BAR: Final = 12
_LEFT: Final = 150
_UNIT: Final = 90
"""The width of the floor's bar, in pixels."""
_WIDTH: Final = 720


def draw_charts(result: Path, directory: Path) -> list[Path]:
    """Write a picture for light pages and one for dark pages, and return their paths.

    Args:
        result: The JSON file of a run with `--instructions`.
        directory: The directory for the pictures.

    Raises:
        ValueError: The result has none of the tasks.
    """
    found: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    counts = {task["name"]: task["counts"] for task in found["tasks"]}
    rows = [
        (title, counts[name]["compiled"] / counts[name][FLOOR], counts[name].get(_OTHER, 0) / counts[name][FLOOR])
        for name, title in _TASKS.items()
        if {"compiled", FLOOR} <= counts.get(name, {}).keys()
    ]
    if not rows:
        raise ValueError(f"{result} has no task that is drawn")
    paths = []
    for theme in _THEMES:
        path = directory / f"speed-{theme.name}.svg"
        path.write_text(_picture(rows, found["python"], found["contestants"].get(_OTHER, ""), theme), encoding="utf-8")
        paths.append(path)
    return paths


def _picture(rows: list[tuple[str, float, float]], python: str, version: str, theme: Theme) -> str:
    height = _ROW * len(rows) + 40
    title = f"Instructions on {python}, as a multiple of code written by hand"
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}"'
            f' viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="12" fill="{theme.text}">'
        ),
        f"<title>{escape(title)}</title>",
        f'<text x="0" y="14" font-weight="bold">{escape(title)}</text>',
    ]
    for number, (name, own, other) in enumerate(rows):
        top = 28 + number * _ROW
        parts.append(f'<text x="{_LEFT - 8}" y="{top + (16 if other else 10)}" text-anchor="end">{escape(name)}</text>')
        parts += _bar(top, own, theme.accent, f"litecon {own:.2f}")
        if other:
            parts += _bar(top + _BAR + 2, other, theme.muted, f"Litestar {version} {other:.2f}")
    line = _LEFT + _UNIT
    parts.append(f'<path d="M{line} 22V{height - 12}" stroke="{theme.text}" stroke-dasharray="3 3"/>')
    parts.append(f'<text x="{line}" y="{height - 1}" text-anchor="middle">by hand</text>')
    return "\n".join([*parts, "</svg>", ""])


def _bar(top: int, ratio: float, colour: str, label: str) -> list[str]:
    width = min(ratio * _UNIT, _WIDTH - _LEFT - 120)
    return [
        f'<rect x="{_LEFT}" y="{top}" width="{width:.1f}" height="{_BAR}" fill="{colour}"/>',
        # the label must not cover the line of the floor
        f'<text x="{_LEFT + max(width, _UNIT) + 6:.1f}" y="{top + 10}">{escape(label)}</text>',
    ]
