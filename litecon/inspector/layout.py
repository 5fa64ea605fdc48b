"""Values as indented text, with short containers on one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

__all__ = ("layout", "to_json")

_WIDTH: Final = 88
_INDENT: Final = 2


def layout(value: Any, write: Callable[[Any], str], indent: int = 0) -> str:
    """Return a plain value as text; a container that is too long for one line has a line for each item.

    Args:
        value: The value, of None, bool, int, float, str, list and dict.
        write: The callable that writes a value on one line.
        indent: The number of columns to the left of the value.
    """
    line = write(value)
    if not value or not isinstance(value, (dict, list)) or len(line) + indent <= _WIDTH or _is_pair(value):
        return line
    inner = indent + _INDENT
    if isinstance(value, dict):
        opening, closing = "{", "}"
        items = [f"{write(key)}: {layout(item, write, inner)}" for key, item in value.items()]
    else:
        opening, closing = "[", "]"
        items = [layout(item, write, inner) for item in value]
    space = " " * inner
    return f"{opening}\n{space}" + f",\n{space}".join(items) + f"\n{' ' * indent}{closing}"


def _is_pair(value: Any) -> bool:
    """Return whether a value is a pair of name and value, such as a header."""
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], str)


def to_json(value: Any) -> str:
    """Return a plain value as JSON that people can read.

    Args:
        value: The value, of None, bool, int, float, str, list and dict.
    """
    return layout(value, _write_json)


def _write_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
