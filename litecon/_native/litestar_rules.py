"""Litestar's decoders, the settings of its handlers, and its exceptions, for the kernels of the drop-in."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Callable
from typing import Any, Final

from litestar import __version__
from litestar.exceptions import InternalServerException, SerializationException, WebSocketDisconnect
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.serialization import decode_json, decode_msgpack
from litestar.types import Empty

from .._errors import BodyErrors, body_busy

__all__ = (
    "BODY_ERRORS",
    "disconnected_error",
    "decode_messages",
    "from_json",
    "from_msgpack",
    "max_body_size",
    "disconnect_event_error",
)

# Litestar 2.x has only the resolve_*() methods, which are deprecated from 3.0 on
_HAS_RESOLVERS: Final = __version__.major < 3
_NO_CODE: Final = 1005


def _disconnected() -> Exception:
    return InternalServerException("client disconnected prematurely")


def _streamed() -> Exception:
    return InternalServerException("stream consumed")


def _too_large(limit: int) -> Exception:
    return RequestEntityTooLarge()


BODY_ERRORS: Final = BodyErrors(busy=body_busy, disconnected=_disconnected, streamed=_streamed, too_large=_too_large)


def _type_decoders(connection: Any) -> Any:
    """Return the type decoders of a connection's handler; None if the router found no handler, as for a 404."""
    handler = connection.scope.get("route_handler")
    if handler is None:
        return None
    return handler.resolve_type_decoders() if _HAS_RESOLVERS else handler.type_decoders


def _litestar_type(type_: Any) -> Any:
    """Return a type as Litestar's decoders take it: `Empty` for any type."""
    return Empty if type_ is Any else type_


def from_json(connection: Any, data: Any, type_: Any = Any) -> Any:
    """Return the value of a JSON text, decoded by Litestar with the type decoders of the handler.

    Args:
        connection: Any connection of a Litestar app.
        data: The JSON text, a str or bytes.
        type_: The type to decode into.

    Raises:
        SerializationException: The text is not valid JSON, is not of that type, or nests too deep.
    """
    try:
        return decode_json(data, _litestar_type(type_), type_decoders=_type_decoders(connection))
    except RecursionError:
        raise SerializationException("the JSON nests too deep") from None


def from_msgpack(connection: Any, data: Any, type_: Any = Any) -> Any:
    """Return the value of a MessagePack object, decoded by Litestar with the type decoders of the handler.

    Args:
        connection: Any connection of a Litestar app.
        data: The MessagePack object, in bytes.
        type_: The type to decode into.

    Raises:
        SerializationException: The object is not valid MessagePack, is not of that type, or nests too deep.
    """
    try:
        return decode_msgpack(data, _litestar_type(type_), type_decoders=_type_decoders(connection))
    except RecursionError:
        raise SerializationException("the MessagePack nests too deep") from None


async def decode_messages(
    connection: Any, messages: AsyncIterable[Any], decode: Callable[[Any, Any, Any], Any], type_: Any
) -> AsyncGenerator[Any, None]:
    """Yield the decoded messages of a WebSocket whose class overrides `iter_data()`.

    Args:
        connection: The WebSocket.
        messages: The messages that `iter_data()` yields.
        decode: The decoder, `from_json` or `from_msgpack`.
        type_: The type to decode into.
    """
    async for data in messages:
        yield decode(connection, data, type_)


def max_body_size(connection: Any) -> int | None:
    """Return the number of bytes of a body that a connection's handler accepts; None for any number.

    Args:
        connection: Any connection of a Litestar app; if the router found no handler, the bound of the app is used.
    """
    scope = connection.scope
    handler = scope.get("route_handler")
    if handler is not None:
        size = handler.resolve_request_max_body_size() if _HAS_RESOLVERS else handler.request_max_body_size
    else:
        size = getattr(scope.get("litestar_app"), "request_max_body_size", None)
    # 0 is no bound, as for Litestar; a handler of another kind has no bound
    return max(size, 0) if isinstance(size, int) and size else None


def disconnect_event_error(code: Any) -> Exception:
    """Return the exception for a disconnect event that has just arrived.

    Args:
        code: The close code in the event; None if it has none.
    """
    return WebSocketDisconnect(detail="disconnect event", code=_NO_CODE if code is None else code)


def disconnected_error(code: Any) -> Exception:
    """Return the exception for a call after the end of the connection.

    Args:
        code: The close code of the disconnect event, so that it is not lost; None if there was no such event.
    """
    if code is None:
        return WebSocketDisconnect(detail="connection is disconnected")
    return WebSocketDisconnect(detail="connection is disconnected", code=code)
