"""How deep bodies nest, asked before a decoder recurses into them."""

from __future__ import annotations

import re
from typing import Final

__all__ = ("measure_msgpack", "nests_deeper")

# possessive quantifiers (`*+`) keep every pattern linear: nothing is tried twice
_JSON_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?+', re.DOTALL)
_NOT_BRACKETS: Final = bytes(byte for byte in range(256) if byte not in b"[]{}")

# how a MessagePack object goes on behind its first byte: so many bytes; a length of so many bytes, then as many bytes and
# these more; a count of so many bytes, then so many times as many objects
_FIXED: Final = {0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8} | {
    0xD4 + power: 1 + 2**power for power in range(5)
}
_SIZED: Final = {0xC4: (1, 0), 0xC5: (2, 0), 0xC6: (4, 0), 0xC7: (1, 1), 0xC8: (2, 1), 0xC9: (4, 1)} | {
    0xD9: (1, 0),
    0xDA: (2, 0),
    0xDB: (4, 0),
}
_COUNTED: Final = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}


def nests_deeper(body: bytes, limit: int) -> bool:
    """Return whether JSON nests arrays and objects deeper than a limit.

    Decoders recurse on the C stack, and on a thread with a small one they crash where they should raise.

    Args:
        body: JSON, valid or not.
        limit: Levels.
    """
    if len(body) <= limit or body.count(b"[") + body.count(b"{") <= limit:
        return False
    depth = 0
    for bracket in _JSON_STRING.sub(b"", body).translate(None, _NOT_BRACKETS):
        if bracket in b"[{":
            depth += 1
            if depth > limit:
                return True
        elif depth:
            depth -= 1
    return False


def measure_msgpack(body: bytes, limit: int) -> int:
    """Return the length of the MessagePack object that a body begins with.

    Decoders recurse on the C stack, and on a thread with a small one they crash where they should raise; some ignore
    what follows the object.

    Args:
        body: MessagePack, valid or not.
        limit: How many arrays and maps may lie in each other.

    Returns:
        -1 where they nest deeper, more than there is where the body ends too early.
    """
    position = 0
    size = len(body)
    # how many objects each open array or map still lacks; the last line is the whole
    open_: list[int] = [1]
    while position <= size:
        if not open_[-1]:
            open_.pop()
            if not open_:
                return position
            continue
        if position == size:
            break
        open_[-1] -= 1
        first = body[position]
        position += 1
        count = 0
        if first < 0x80 or first >= 0xE0:
            continue
        if first < 0xA0:
            count = (first & 0x0F) * (2 if first < 0x90 else 1)
        elif first < 0xC0:
            position += first & 0x1F
            continue
        elif first in _FIXED:
            position += _FIXED[first]
            continue
        elif first in _SIZED:
            width, more = _SIZED[first]
            position += width + more + int.from_bytes(body[position : position + width], "big")
            continue
        elif first in _COUNTED:
            width, times = _COUNTED[first]
            if position + width > size:
                break
            count = times * int.from_bytes(body[position : position + width], "big")
            position += width
        else:
            continue
        if len(open_) > limit:
            return -1
        open_.append(count)
    return size + 1
