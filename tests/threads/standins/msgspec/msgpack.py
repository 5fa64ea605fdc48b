from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgpack

from . import DecodeError


def decode(body: bytes, *, type: Any = Any, ext_hook: Callable[[int, memoryview], Any] | None = None) -> Any:
    import msgspec

    return msgspec.convert(Decoder(ext_hook=ext_hook).decode(body), type)


class Decoder:
    def __init__(self, type: Any = Any, *, ext_hook: Callable[[int, memoryview], Any] | None = None) -> None:
        self._ext_hook = ext_hook

    def decode(self, body: bytes, /) -> Any:
        hook: Any = msgpack.ExtType if self._ext_hook is None else self._ext_hook
        try:
            return msgpack.unpackb(body, strict_map_key=False, use_list=True, timestamp=3, ext_hook=hook)
        except Exception as error:
            raise DecodeError(str(error) or error.__class__.__name__) from None
