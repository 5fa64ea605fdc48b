"""JSON (msgspec) and MessagePack (ormsgpack), in and out.

Decoders raise nothing but SerializationException, whose message has no values of what was decoded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
import ormsgpack

from ._core import measure_msgpack, nests_deeper
from ._serializer import default_serializer
from .exceptions import SerializationException

__all__ = ("MAX_DEPTH", "MAX_MSGPACK_DEPTH", "decode_json", "decode_msgpack", "default_serializer", "encode_json", "encode_msgpack")

MAX_DEPTH: Final = 512
"""How deep a body may nest. msgspec does not bound its recursion, and on a thread with a stack of 256 KiB it crashes
before 1,000 levels."""

MAX_MSGPACK_DEPTH: Final = 255
"""The same for MessagePack: ormsgpack crashes there between 400 and 500 levels, and encodes no more than these."""

# messages that quote the body, perhaps with anything in it behind these words
_QUOTING: Final = ("Invalid enum value", "Invalid value", "Object contains unknown field")
_UNPACK_OPTIONS: Final = ormsgpack.OPT_NON_STR_KEYS
_PACK_OPTIONS: Final = ormsgpack.OPT_NON_STR_KEYS | ormsgpack.OPT_SERIALIZE_PYDANTIC
encode_plain_json: Callable[[Any], bytes] = msgspec.json.Encoder(enc_hook=default_serializer).encode


def decode_json(body: bytes, type: Any = Any) -> Any:
    """Return the value of a JSON text (RFC 8259); None for an empty one.

    Args:
        body: UTF-8.
        type: What to decode into; whatever msgspec validates.

    Raises:
        SerializationException: It is no valid JSON, not of that type, or nests too deep.
    """
    if not body:
        return None
    if body.__class__ is not bytes:
        body = bytes(body)
    if nests_deeper(body, MAX_DEPTH):
        raise SerializationException(f"the JSON nests deeper than {MAX_DEPTH} levels")
    try:
        return msgspec.json.decode(body) if type is Any else msgspec.json.decode(body, type=type)
    except msgspec.ValidationError as error:
        raise SerializationException(f"the JSON is not of the type expected: {_described(error)}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SerializationException(f"invalid JSON: {_described(error)}") from None
    except RecursionError:
        raise SerializationException("the JSON nests too deep") from None


def decode_msgpack(body: bytes, type: Any = Any) -> Any:
    """Return the value of a MessagePack object; None for an empty body.

    Args:
        body: One object; trailing bytes are an error.
        type: What to decode into; whatever msgspec validates.

    Raises:
        SerializationException: It is no valid MessagePack, not of that type, nests too deep or has trailing bytes.
    """
    if not body:
        return None
    if body.__class__ is not bytes:
        body = bytes(body)
    length = measure_msgpack(body, MAX_MSGPACK_DEPTH)
    if length < 0:
        raise SerializationException(f"the MessagePack nests deeper than {MAX_MSGPACK_DEPTH} levels")
    if length < len(body):
        raise SerializationException("invalid MessagePack: bytes follow after the object")
    try:
        value = ormsgpack.unpackb(body, option=_UNPACK_OPTIONS)
        return value if type is Any else msgspec.convert(value, type)
    except msgspec.ValidationError as error:
        raise SerializationException(f"the MessagePack is not of the type expected: {_described(error)}") from None
    except RecursionError:
        raise SerializationException("the MessagePack nests too deep") from None
    except (ValueError, TypeError) as error:
        raise SerializationException(f"invalid MessagePack: {_described(error)}") from None


def _described(error: Exception) -> str:
    """Return an error's message without what it quotes of the data."""
    if isinstance(error, UnicodeDecodeError):
        return f"invalid UTF-8 at byte {error.start}"
    message = str(error)
    return next((words for words in _QUOTING if message.startswith(words)), message)


def encode_json(value: Any, serializer: Any = default_serializer) -> bytes:
    """Return a value as compact JSON in UTF-8.

    Args:
        value: Built-in types, dataclasses, datetimes, UUIDs, decimals, enums, paths, sets, Structs.
        serializer: Called with what msgspec does not know.

    Raises:
        SerializationException: It cannot be encoded.
    """
    try:
        if serializer is default_serializer:
            return encode_plain_json(value)
        return msgspec.json.encode(value, enc_hook=serializer)
    except (TypeError, ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise SerializationException(f"cannot encode as JSON: {error}", status_code=500) from error


def encode_msgpack(value: Any, serializer: Any = default_serializer) -> bytes:
    """Return a value as MessagePack.

    Args:
        value: Built-in types, dataclasses, datetimes, UUIDs, decimals, enums, paths, sets, Structs.
        serializer: Called with what ormsgpack does not know.

    Raises:
        SerializationException: It cannot be encoded.
    """
    try:
        return ormsgpack.packb(value, default=serializer, option=_PACK_OPTIONS)
    except (TypeError, ValueError, RecursionError) as error:
        raise SerializationException(f"cannot encode as MessagePack: {error}", status_code=500) from error
