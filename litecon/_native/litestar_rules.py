"""What the kernels of the drop-in take from Litestar: its settings, handler by handler, and its exceptions."""

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
    "connection_is_disconnected",
    "decoded",
    "from_json",
    "from_msgpack",
    "max_body_size",
    "socket_disconnected",
)

# the resolve_*() methods are all that 2.x has, and deprecated from 3.0 on
_RESOLVES: Final = __version__.major < 3
_NO_CODE: Final = 1005


def _disconnected() -> Exception:
    return InternalServerException("client disconnected prematurely")


def _streamed() -> Exception:
    return InternalServerException("stream consumed")


def _too_large(limit: int) -> Exception:
    return RequestEntityTooLarge()


BODY_ERRORS: Final = BodyErrors(busy=body_busy, disconnected=_disconnected, streamed=_streamed, too_large=_too_large)


def _type_decoders(connection: Any) -> Any:
    """Return the type decoders of a connection's handler; None where the router found no handler, as for a 404."""
    handler = connection.scope.get("route_handler")
    if handler is None:
        return None
    return handler.resolve_type_decoders() if _RESOLVES else handler.type_decoders


def _target(type_: Any) -> Any:
    """Return a type as Litestar's decoders take it: `Empty` for none."""
    return Empty if type_ is Any else type_


def from_json(connection: Any, data: Any, type_: Any = Any) -> Any:
    """Return what Litestar decodes of a JSON text, with the type decoders of the handler.

    Args:
        connection: Any connection of a Litestar app.
        data: A str or bytes.
        type_: What to decode into.

    Raises:
        SerializationException: It is no valid JSON, not of that type, or nests too deep.
    """
    try:
        return decode_json(data, _target(type_), type_decoders=_type_decoders(connection))
    except RecursionError:
        raise SerializationException("the JSON nests too deep") from None


def from_msgpack(connection: Any, data: Any, type_: Any = Any) -> Any:
    """Return what Litestar decodes of a MessagePack object, with the type decoders of the handler.

    Args:
        connection: Any connection of a Litestar app.
        data: Bytes.
        type_: What to decode into.

    Raises:
        SerializationException: It is no valid MessagePack, not of that type, or nests too deep.
    """
    try:
        return decode_msgpack(data, _target(type_), type_decoders=_type_decoders(connection))
    except RecursionError:
        raise SerializationException("the MessagePack nests too deep") from None


async def decoded(
    connection: Any, messages: AsyncIterable[Any], decode: Callable[[Any, Any, Any], Any], type_: Any
) -> AsyncGenerator[Any, None]:
    """Decode the messages that a WebSocket's own `iter_data()` gives.

    Args:
        connection: The WebSocket.
        messages: What it gives.
        decode: `from_json` or `from_msgpack`.
        type_: What to decode into.
    """
    async for data in messages:
        yield decode(connection, data, type_)


def max_body_size(connection: Any) -> int | None:
    """Return how many bytes of body a connection's handler accepts; None for any number.

    Args:
        connection: Any connection of a Litestar app; where the router found no handler, the app's own bound counts.
    """
    scope = connection.scope
    handler = scope.get("route_handler")
    if handler is not None:
        size = handler.resolve_request_max_body_size() if _RESOLVES else handler.request_max_body_size
    else:
        size = getattr(scope.get("litestar_app"), "request_max_body_size", None)
    # 0 is no bound, as it is for Litestar; a handler of another kind has none
    return size if isinstance(size, int) and size else None


def socket_disconnected(code: Any) -> Exception:
    """The event of the end has just arrived.

    Args:
        code: What it says, perhaps nothing.
    """
    return WebSocketDisconnect(detail="disconnect event", code=_NO_CODE if code is None else code)


def connection_is_disconnected(code: Any) -> Exception:
    """Something was asked of a connection after its end.

    Args:
        code: What the event of the end said, so that it is not lost; None where none was seen.
    """
    if code is None:
        return WebSocketDisconnect(detail="connection is disconnected")
    return WebSocketDisconnect(detail="connection is disconnected", code=code)
