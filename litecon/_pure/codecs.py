"""The decoders and encoders of `serialization`, which are loaded on first use."""

from __future__ import annotations

from typing import Any

__all__ = ()

_serialization: Any = None


def codecs() -> Any:
    """Return the module; an import statement in each method would cost more than decoding a small body."""
    global _serialization
    if _serialization is None:
        from .. import serialization

        _serialization = serialization
    return _serialization


def from_json(body: Any, type_: Any, connection: Any) -> Any:
    """Return the value of a JSON text, within the limits of the connection's class."""
    return codecs().decode_json(body, type_, max_items=type(connection).limits.max_items)


def from_msgpack(body: Any, type_: Any, connection: Any) -> Any:
    """Return the value of a MessagePack object, within the limits of the connection's class."""
    limits = type(connection).limits
    return codecs().decode_msgpack(body, type_, max_items=limits.max_items, max_other_keys=limits.max_other_keys)
