"""The operations on a class with the API of `litestar.connection.WebSocket`, for the contestants with such a class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..data import DOCUMENT, TEXT
from . import defined_in

__all__ = ("iterate_text", "operations")


async def iterate_text(socket: Any, count: int) -> Any:
    """Return the last of all messages: the `ws_iterate_text` operation for a socket with the API of Starlette's."""
    async for text in socket.iter_text():
        pass
    return text


def operations(WebSocket: Any) -> dict[str, Callable[..., Any]]:
    """Return the operations.

    Args:
        WebSocket: The class; if it lacks a member, the contestant must leave out the operation that needs it, or
            replace it.
    """

    def ws_construct(scope: Any, receive: Any, send: Any) -> Any:
        return WebSocket(scope, receive, send)

    async def ws_accept(scopes: Any, receive: Any, send: Any) -> Any:
        for scope in scopes:
            socket = WebSocket(scope, receive, send)
            await socket.accept()
        return socket

    async def ws_receive_text(socket: Any, count: int) -> Any:
        for _ in range(count):
            text = await socket.receive_text()
        return text

    async def ws_iterate_text(socket: Any, count: int) -> Any:
        async for text in socket.iter_data():
            pass
        return text

    async def ws_send_text(socket: Any, count: int) -> Any:
        text = TEXT
        for _ in range(count):
            await socket.send_text(text)

    async def ws_send_json(socket: Any, count: int) -> Any:
        document = DOCUMENT
        for _ in range(count):
            await socket.send_json(document)

    async def ws_echo_text(socket: Any, count: int) -> Any:
        for _ in range(count):
            await socket.send_text(await socket.receive_text())

    async def ws_receive_bytes(socket: Any, count: int) -> Any:
        for _ in range(count):
            data = await socket.receive_bytes()
        return data

    async def ws_receive_json(socket: Any, count: int) -> Any:
        for _ in range(count):
            document = await socket.receive_json()
        return document

    async def ws_iterate_json(socket: Any, count: int) -> Any:
        async for document in socket.iter_json():
            pass
        return document

    async def ws_echo_json(socket: Any, count: int) -> Any:
        for _ in range(count):
            await socket.send_json(await socket.receive_json())

    return defined_in(locals())
