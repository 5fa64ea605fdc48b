"""The way to the decoders and encoders of `serialization`, which are loaded when they are first used."""

from __future__ import annotations

from typing import Any

__all__ = ()

_serialization: Any = None


def codecs() -> Any:
    """Return the module; an import statement in each method would cost more than the decoding of a small body."""
    global _serialization
    if _serialization is None:
        from .. import serialization

        _serialization = serialization
    return _serialization
