"""JSON and MessagePack: measuring a body before a decoder builds any value, and calling the decoders."""

from __future__ import annotations

import re
import sys
from itertools import islice
from typing import Any, Final

__all__ = ("measure_json", "measure_msgpack")

_serialization: Any = None

# possessive quantifiers (`*+`) keep every pattern linear: nothing is tried twice
_STRING: Final = rb'"(?:[^"\\]++|\\.?+)*+"?+'
_JSON_STRING: Final = re.compile(_STRING, re.DOTALL)
# the number of strings per step is bounded, since removing them holds an object for the text between each two
_JSON_PIECE: Final = re.compile(rb'(?:[^"]++|' + _STRING + rb"){1,2000}+", re.DOTALL)
_JSON_VALUE: Final = re.compile(_STRING + rb'|[\[{]|[^"\[{\]},: \t\n\r]++', re.DOTALL)
_NOT_BRACKETS: Final = bytes(byte for byte in range(256) if byte not in b"[]{}")

# what follows the first byte of a MessagePack object, by that byte. _FIXED: the number of bytes. _SIZED: the number of
# bytes of a length field, and the number of bytes beyond that length. _COUNTED: the number of bytes of a count field,
# and the number of objects per count
_FIXED: Final = {0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8} | {
    0xD4 + power: 1 + 2**power for power in range(5)
}
_SIZED: Final = {0xC4: (1, 0), 0xC5: (2, 0), 0xC6: (4, 0), 0xC7: (1, 1), 0xC8: (2, 1), 0xC9: (4, 1)} | {
    0xD9: (1, 0),
    0xDA: (2, 0),
    0xDB: (4, 0),
}
_COUNTED: Final = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}
_TEXT_OR_BYTES: Final = frozenset([*range(0xA0, 0xC0), 0xC4, 0xC5, 0xC6, 0xD9, 0xDA, 0xDB])


def _fixed_length(first: int) -> int | None:
    if 0xA0 <= first < 0xC0:
        return first & 0x1F
    if 0x80 <= first < 0xA0 or first in _SIZED or first in _COUNTED:
        return None
    return 0 if first not in _FIXED else _FIXED[first]


# the number of bytes after the first byte, by that byte; None if the following bytes determine it
_LENGTHS: Final = tuple(_fixed_length(first) for first in range(256))


def measure_json(body: bytes, max_depth: int, max_items: int | None) -> int:
    """Return 0 if a JSON text is within bounds, before any value is built.

    Decoders recurse on the C stack, so on a thread with a small one they crash instead of raising; and they can turn
    one received byte into a hundred in memory.

    Args:
        body: The JSON text, valid or not.
        max_depth: The number of levels to which arrays and objects may nest.
        max_items: The number of values that the text may have, containers and keys included; None for any number.

    Returns:
        -1 if the text nests deeper, else -2 if it has more values, else 0.
    """
    is_long = max_items is not None and len(body) > max_items
    # neither the depth nor the number of values exceeds the length
    if len(body) <= max_depth and not is_long:
        return 0
    openings = body.count(b"[") + body.count(b"{")
    if openings > max_depth and _nests_deeper(body, max_depth):
        return -1
    # in valid JSON each value is the first, or follows one of these
    if is_long and 1 + openings + body.count(b",") + body.count(b":") > max_items:  # type: ignore[operator]
        return -2 if next(islice(_JSON_VALUE.finditer(body), max_items, None), None) is not None else 0
    return 0


def _nests_deeper(body: bytes, max_depth: int) -> bool:
    depth = 0
    for piece in _JSON_PIECE.finditer(body):
        for bracket in _JSON_STRING.sub(b"", piece.group()).translate(None, _NOT_BRACKETS):
            if bracket in b"[{":
                depth += 1
                if depth > max_depth:
                    return True
            elif depth:
                depth -= 1
    return False


def measure_msgpack(body: bytes, max_depth: int, max_items: int | None, max_other_keys: int | None) -> int:
    """Return the length of the MessagePack object at the beginning of a body, before any value is built.

    Decoders recurse on the C stack, so on a thread with a small one they crash instead of raising; some ignore bytes
    after the object; and they can turn one received byte into a hundred in memory. Keys that a client chose to collide
    in a dict take quadratic time, except str and bytes, for which that is impossible.

    Args:
        body: The MessagePack, valid or not.
        max_depth: The number of levels to which arrays and maps may nest.
        max_items: The number of objects that the body may have, containers and keys included; None for any number.
        max_other_keys: The number of keys that may be neither str nor bytes; None for any number.

    Returns:
        The length of the object; a number greater than the length of the body if the body ends too early; or, whichever
        is found first, -1 if the body nests deeper, -2 if it has more objects, -3 if it has more such keys.
    """
    size = len(body)
    if not size:
        return 1
    if max_items == 0:
        return -2
    max_items = sys.maxsize if max_items is None else max_items
    max_other_keys = sys.maxsize if max_other_keys is None else max_other_keys
    position = other_keys = 0
    items = missing = 1
    is_map = False
    # for each enclosing array or map: the number of objects that it lacks, and whether it is a map
    enclosing: list[tuple[int, bool]] = []
    while True:
        while not missing:
            if not enclosing:
                return position
            missing, is_map = enclosing.pop()
        if position >= size:
            return size + 1
        first = body[position]
        position += 1
        # a map lacks an even number of objects before a key
        if is_map and not missing & 1 and first not in _TEXT_OR_BYTES:
            other_keys += 1
            if other_keys > max_other_keys:
                return -3
        missing -= 1
        length = _LENGTHS[first]
        if length is not None:
            position += length
            if position > size:
                return size + 1
            continue
        if first < 0xA0:
            times = 2 if first < 0x90 else 1
            count = (first & 0x0F) * times
        elif first in _SIZED:
            width, extra = _SIZED[first]
            position += width + extra + int.from_bytes(body[position : position + width], "big")
            if position > size:
                return size + 1
            continue
        else:
            width, times = _COUNTED[first]
            if position + width > size:
                return size + 1
            count = times * int.from_bytes(body[position : position + width], "big")
            position += width
        if len(enclosing) >= max_depth:
            return -1
        # each object has at least one byte
        if count > size - position:
            return size + 1
        items += count
        if items > max_items:
            return -2
        enclosing.append((missing, is_map))
        missing, is_map = count, times == 2


def load_serialization() -> Any:
    """Return `litecon.serialization`; an import statement in each method would cost more than decoding a small body."""
    global _serialization
    if _serialization is None:
        from .. import serialization

        _serialization = serialization
    return _serialization


def from_json(body: Any, type_: Any, connection: Any) -> Any:
    """Return the value of a JSON text, within the limits of the connection's class."""
    return load_serialization().decode_json(body, type_, max_items=type(connection).limits.max_items)


def from_msgpack(body: Any, type_: Any, connection: Any) -> Any:
    """Return the value of a MessagePack object, within the limits of the connection's class."""
    limits = type(connection).limits
    return load_serialization().decode_msgpack(
        body, type_, max_items=limits.max_items, max_other_keys=limits.max_other_keys
    )
