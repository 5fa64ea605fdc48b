"""The part of ormsgpack that tests of threads need, for interpreters without a build of it; it uses msgpack."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import msgpack

__version__ = "0.0-standin"

# like ormsgpack's, each is a bit; the stand-in has their effect always
(
    OPT_DATETIME_AS_TIMESTAMP_EXT,
    OPT_NAIVE_UTC,
    OPT_NON_STR_KEYS,
    OPT_OMIT_MICROSECONDS,
    OPT_PASSTHROUGH_BIG_INT,
    OPT_PASSTHROUGH_DATACLASS,
    OPT_PASSTHROUGH_DATETIME,
    OPT_PASSTHROUGH_ENUM,
    OPT_PASSTHROUGH_SUBCLASS,
    OPT_PASSTHROUGH_TUPLE,
    OPT_PASSTHROUGH_UUID,
    OPT_REPLACE_SURROGATES,
    OPT_SERIALIZE_NUMPY,
    OPT_SERIALIZE_PYDANTIC,
    OPT_SORT_KEYS,
    OPT_UTC_Z,
) = (1 << bit for bit in range(16))


class MsgpackDecodeError(ValueError):
    pass


class MsgpackEncodeError(TypeError):
    pass


def unpackb(body: bytes, /, ext_hook: Any = None, option: int | None = None) -> Any:
    try:
        return msgpack.unpackb(body, strict_map_key=False, use_list=True, timestamp=3)
    except Exception as error:
        raise MsgpackDecodeError(str(error) or error.__class__.__name__) from None


def packb(value: Any, /, default: Callable[[Any], Any] | None = None, option: int | None = None) -> bytes:
    def known(unknown: Any) -> Any:
        if isinstance(unknown, datetime.datetime):
            return unknown.isoformat()
        if default is None:
            raise TypeError(f"Type is not msgpack serializable: {unknown.__class__.__name__}")
        return default(unknown)

    try:
        return msgpack.packb(value, default=known)
    except (TypeError, ValueError, OverflowError) as error:
        raise MsgpackEncodeError(str(error)) from error
