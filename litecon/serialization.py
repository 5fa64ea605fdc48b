"""Decoding and encoding of JSON (msgspec) and MessagePack (msgspec decodes it, ormsgpack encodes it).

Decoders raise only SerializationException, whose message contains no values from the data, and RequestEntityTooLarge,
before they build any value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, overload

import msgspec
import ormsgpack

from ._core import measure_json, measure_msgpack
from ._errors import too_many_items, too_many_other_keys, with_note
from ._shared.codecs import complete_serializer, default_serializer
from ._shared.scope import to_bytes
from .exceptions import SerializationException
from .limits import Limits, check_bound

if TYPE_CHECKING:
    from typing_extensions import TypeForm

__all__ = (
    "MAX_DEPTH",
    "MAX_MSGPACK_DEPTH",
    "decode_json",
    "decode_msgpack",
    "default_serializer",
    "encode_json",
    "encode_msgpack",
)

ValueT = TypeVar("ValueT")

# the decoders have a parameter of that name
_type_of: Final = type

MAX_DEPTH: Final = 512
"""How deep JSON may nest. msgspec does not bound its recursion, and crashes before 1,000 levels on a thread with a
stack of 256 KiB."""

MAX_MSGPACK_DEPTH: Final = 255
"""How deep MessagePack may nest: ormsgpack encodes no more levels."""

_DEFAULT_LIMITS: Final = Limits()
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

# prefixes of msgspec's messages that quote nothing from the data; the rest of such a message comes from the type
_SAFE_WORDS: Final = (
    "Expected `",
    "Object missing required field `",
    "Input data was truncated",
    "JSON is malformed: ",
    "Integer value out of range",
    "Number out of range",
    "Timestamp is out of range",
    "Duration is out of range",
    "Invalid RFC3339 encoded ",
    "Invalid ISO8601 duration",
    "Invalid epoch timestamp",
    "Invalid UUID",
    "Invalid decimal string",
    "Invalid base64 encoded string",
)
# prefixes of messages that quote the data; only the prefix may be shown
_QUOTING_WORDS: Final = ("Invalid enum value", "Invalid value", "Object contains unknown field")

# dataclasses are converted by msgspec, since ormsgpack omits fields whose name begins with an underscore
_PACK_OPTIONS: Final = (
    ormsgpack.OPT_NON_STR_KEYS | ormsgpack.OPT_SERIALIZE_PYDANTIC | ormsgpack.OPT_PASSTHROUGH_DATACLASS
)
_ENCODING_ERRORS: Final = (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError)

encode_plain_json: Callable[[Any], bytes] = msgspec.json.Encoder(enc_hook=default_serializer).encode


def _refuse_extension(code: int, data: memoryview) -> NoReturn:
    # msgspec converts timestamps (-1) to datetimes itself
    raise msgspec.DecodeError


decode_plain_msgpack: Callable[[bytes], Any] = msgspec.msgpack.Decoder(ext_hook=_refuse_extension).decode


@overload
def decode_json(body: bytes, type: TypeForm[ValueT], *, max_items: int | None = ...) -> ValueT: ...
@overload
def decode_json(body: bytes, type: Any = ..., *, max_items: int | None = ...) -> Any: ...
def decode_json(body: bytes, type: Any = Any, *, max_items: int | None = _DEFAULT_LIMITS.max_items) -> Any:
    """Return the value of a JSON text (RFC 8259); None for an empty one, if the type admits None.

    A byte order mark before the text is ignored (section 8.1). If a type has keys other than str, or sets of numbers, a
    client can choose values that collide: bound their number with `max_items`.

    ```python
    decode_json(b'{"id": 7}', type=dict[str, int])  # {"id": 7}
    ```

    Args:
        body: The JSON text, as bytes in UTF-8.
        type: The type to decode into, any that msgspec supports.
        max_items: The number of values that the text may have, containers and keys included; None for any number.

    Raises:
        SerializationException: The text is not valid JSON, is not of that type, nests too deep, or is empty and the
            type does not admit None.
        RequestEntityTooLarge: The text has more values than `max_items`.
        ValueError: A bound is negative or not an integer.
    """
    if max_items is not None and (_type_of(max_items) is not int or max_items < 0):
        check_bound("max_items", max_items)
    if not body:
        return _decode_empty("JSON", type)
    if body.__class__ is not bytes:
        body = to_bytes(body)
    if body.startswith(_BYTE_ORDER_MARK):
        body = body[3:]
    verdict = measure_json(body, MAX_DEPTH, max_items)
    if verdict == -1:
        raise SerializationException(f"the JSON nests deeper than {MAX_DEPTH} levels")
    if verdict == -2:
        raise too_many_items(max_items)
    try:
        return msgspec.json.decode(body) if type is Any else msgspec.json.decode(body, type=type)
    except UnicodeDecodeError:
        detail, cause = f"invalid JSON: invalid UTF-8 at byte {_start_of_broken_utf8(body)}", None
    except TypeError as error:
        _raise_unless_unhashable(error, msgspec.json.Decoder, type)
        detail, cause = _failure("JSON", error)
    except (msgspec.MsgspecError, RecursionError) as error:
        detail, cause = _failure("JSON", error)
    # raised outside of the except block, since the decoder's error holds the body and must not be the context
    raise SerializationException(detail) from cause


@overload
def decode_msgpack(
    body: bytes, type: TypeForm[ValueT], *, max_items: int | None = ..., max_other_keys: int | None = ...
) -> ValueT: ...
@overload
def decode_msgpack(
    body: bytes, type: Any = ..., *, max_items: int | None = ..., max_other_keys: int | None = ...
) -> Any: ...
def decode_msgpack(
    body: bytes,
    type: Any = Any,
    *,
    max_items: int | None = _DEFAULT_LIMITS.max_items,
    max_other_keys: int | None = _DEFAULT_LIMITS.max_other_keys,
) -> Any:
    """Return the value of a MessagePack object; None for an empty body, if the type admits None.

    A timestamp becomes an aware datetime, in UTC, rounded to microseconds.

    ```python
    decode_msgpack(b"\x81\xa2id\x07", type=dict[str, int])  # {"id": 7}
    ```

    Args:
        body: The bytes of one object; trailing bytes are an error.
        type: The type to decode into, any that msgspec supports.
        max_items: The number of values that the object may have, containers and keys included; None for any number.
        max_other_keys: The number of keys that may be neither str nor bytes, which a client can choose so that they
            collide; None for any number. If the type has such keys, as `dict[int, str]` does, only `max_items` bounds
            them.

    Raises:
        SerializationException: The body is not valid MessagePack, is not of that type, nests too deep, has trailing
            bytes, or is empty and the type does not admit None.
        RequestEntityTooLarge: The object has more values than `max_items`, or more such keys than `max_other_keys`.
        ValueError: A bound is negative or not an integer.
    """
    if max_items is not None and (_type_of(max_items) is not int or max_items < 0):
        check_bound("max_items", max_items)
    if max_other_keys is not None and (_type_of(max_other_keys) is not int or max_other_keys < 0):
        check_bound("max_other_keys", max_other_keys)
    if not body:
        return _decode_empty("MessagePack", type)
    if body.__class__ is not bytes:
        body = to_bytes(body)
    length = measure_msgpack(body, MAX_MSGPACK_DEPTH, max_items, max_other_keys)
    if length == -3 and type is not Any and _has_other_keys(type):
        length = measure_msgpack(body, MAX_MSGPACK_DEPTH, max_items, None)
    if length == -1:
        raise SerializationException(f"the MessagePack nests deeper than {MAX_MSGPACK_DEPTH} levels")
    if length == -2:
        raise too_many_items(max_items)
    if length == -3:
        raise too_many_other_keys(max_other_keys)
    if length != len(body):
        raise SerializationException(
            "invalid MessagePack: "
            + ("the object ends too early" if length > len(body) else "bytes follow after the object")
        )
    try:
        if type is Any:
            return decode_plain_msgpack(body)
        return msgspec.msgpack.decode(body, type=type, ext_hook=_refuse_extension)
    except RecursionError as error:
        detail, cause = _failure("MessagePack", error)
    except msgspec.ValidationError as error:
        # without a type, only a malformed timestamp raises this
        detail, cause = ("invalid MessagePack", None) if type is Any else _failure("MessagePack", error)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        # the message does not say where the body is malformed
        detail, cause = "invalid MessagePack", None
    except TypeError as error:
        _raise_unless_unhashable(error, msgspec.msgpack.Decoder, type)
        detail, cause = _failure("MessagePack", error)
    except (ValueError, OverflowError) as error:
        # a timestamp that is out of the range of datetime
        detail, cause = "invalid MessagePack", _without_own_frame(error)
    raise SerializationException(detail) from cause


def _decode_empty(kind: str, type: Any) -> Any:
    """Return None, the value of an empty body; raise SerializationException if the type does not admit None."""
    if type is Any:
        return None
    try:
        return msgspec.convert(None, type)
    except msgspec.ValidationError:
        pass
    raise SerializationException(f"the data is empty, expected {kind}")


def _failure(kind: str, error: Exception) -> tuple[str, BaseException | None]:
    """Return the message for a decoder's error, and its cause: the exception that code of the type raised, or None."""
    if isinstance(error, RecursionError):
        return f"the {kind} nests too deep", None
    if isinstance(error, TypeError):
        detail = f"the {kind} is not of the type expected: an item of a set or a key cannot be hashed"
        return detail, _without_own_frame(error)
    if isinstance(error, msgspec.ValidationError):
        return _sentence(f"the {kind} is not of the type expected", _describe(error)), error.__cause__
    return _sentence(f"invalid {kind}", _describe(error)), None


def _without_own_frame(error: Exception) -> Exception:
    """Return an error whose traceback omits the frame that caught it: that frame refers to the error, as its cause."""
    traceback = error.__traceback__
    return error.with_traceback(None if traceback is None else traceback.tb_next)


def _raise_unless_unhashable(error: TypeError, make_decoder: Callable[[Any], object], type: Any) -> None:
    """Raise a decoder's TypeError again, unless the client caused it with a value that cannot be hashed."""
    if "hash" not in str(error):
        raise error
    # raises TypeError if msgspec does not support the type
    make_decoder(type)


def _start_of_broken_utf8(body: bytes) -> int:
    """Return the position of the first byte that is not UTF-8; a decoder's error has the position in one string."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _sentence(beginning: str, end: str) -> str:
    return f"{beginning}: {end}" if end else beginning


def _describe(error: Exception) -> str:
    """Return the part of an error's message that cannot come from the data or from code that has seen the data."""
    if error.__cause__ is not None:
        return ""
    message = str(error)
    if message.startswith(_SAFE_WORDS):
        return message
    return next((words for words in _QUOTING_WORDS if message.startswith(words)), "")


def _has_other_keys(type_: Any) -> bool:
    """Return whether a type has a dict, at any depth, whose keys are neither str nor bytes."""
    from msgspec import inspect

    try:
        left: list[Any] = [inspect.type_info(type_)]
    except Exception:
        # decoding into an invalid type raises the proper error
        return False
    seen = set()
    while left:
        info = left.pop()
        if isinstance(info, (list, tuple)):
            left.extend(info)
        elif isinstance(info, (inspect.Type, inspect.Field)) and id(info) not in seen:
            seen.add(id(info))
            if isinstance(info, inspect.DictType) and _takes_others(info.key_type):
                return True
            left.extend(getattr(info, name) for name in info.__struct_fields__)
    return False


def _takes_others(key: Any) -> bool:
    from msgspec import inspect

    if isinstance(key, inspect.UnionType):
        return any(_takes_others(option) for option in key.types)
    if isinstance(key, inspect.Metadata):
        return _takes_others(key.type)
    if isinstance(key, inspect.LiteralType):
        return not all(isinstance(value, str) for value in key.values)
    if isinstance(key, inspect.EnumType):
        return not all(isinstance(member.value, str) for member in key.cls)
    # a type that takes any keys does not require such keys
    return not isinstance(
        key, (inspect.AnyType, inspect.StrType, inspect.BytesType, inspect.UUIDType, inspect.DecimalType)
    )


def encode_json(value: Any, serializer: Any = default_serializer) -> bytes:
    """Return a value as compact JSON in UTF-8.

    Args:
        value: An object of a built-in type or a subclass of one, a dataclass, datetime, UUID, decimal, enum, path, set,
            Struct, attrs object or pydantic model.
        serializer: The callable that converts objects of other types.

    Raises:
        SerializationException: The value cannot be encoded.
    """
    try:
        if serializer is default_serializer:
            return encode_plain_json(value)
        return msgspec.json.encode(value, enc_hook=complete_serializer(serializer))
    except _ENCODING_ERRORS as error:
        raise _cannot_encode("JSON", error) from error


def encode_msgpack(value: Any, serializer: Any = default_serializer) -> bytes:
    """Return a value as MessagePack.

    Args:
        value: An object of a built-in type or a subclass of one, a dataclass, datetime, UUID, decimal, enum, path, set,
            Struct, attrs object or pydantic model.
        serializer: The callable that converts objects of other types.

    Raises:
        SerializationException: The value cannot be encoded.
    """
    serializer = complete_serializer(serializer)
    try:
        return ormsgpack.packb(value, default=serializer, option=_PACK_OPTIONS)
    except _ENCODING_ERRORS:
        pass
    try:
        # ormsgpack does not call the serializer for keys, nor for every value that it refuses
        plain = msgspec.to_builtins(value, enc_hook=serializer, builtin_types=(bytes, bytearray, memoryview))
        return ormsgpack.packb(plain, default=serializer, option=_PACK_OPTIONS)
    except _ENCODING_ERRORS as error:
        raise _cannot_encode("MessagePack", error) from error


def _cannot_encode(kind: str, error: Exception) -> SerializationException:
    return with_note(SerializationException(f"the data cannot be encoded as {kind}", status_code=500), str(error)[:500])
