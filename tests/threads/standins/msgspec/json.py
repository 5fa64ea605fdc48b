"""`msgspec.json` over the module of the standard library."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


def decode(body: bytes | str, *, type: Any = Any, **options: Any) -> Any:
    import msgspec

    try:
        value = json.loads(body)
    except json.JSONDecodeError as error:
        raise msgspec.DecodeError(f"JSON is malformed: {error.msg} (byte {error.pos})") from None
    return msgspec.convert(value, type)


def encode(value: Any, *, enc_hook: Callable[[Any], Any] | None = None, **options: Any) -> bytes:
    text = json.dumps(value, default=enc_hook, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


class Encoder:
    def __init__(self, *, enc_hook: Callable[[Any], Any] | None = None, **options: Any) -> None:
        self._hook = enc_hook

    def encode(self, value: Any) -> bytes:
        return encode(value, enc_hook=self._hook)


class Decoder:
    def __init__(self, type: Any = Any, **options: Any) -> None:
        self._type = type

    def decode(self, body: bytes | str) -> Any:
        return decode(body, type=self._type)
