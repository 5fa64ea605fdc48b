"""WebSockets whose handlers have no receiving loop: listeners, streams, channels."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Router, WebSocket, websocket, websocket_listener
from litestar.channels import ChannelsPlugin
from litestar.di import Provide
from litestar.exceptions import WebSocketDisconnect, WebSocketException
from litestar.handlers import WebsocketListener, send_websocket_stream, websocket_stream

from .marks import FromPath, FromQuery, NamedDependency
from .models import Person, PersonDTO
from .sockets import Socket, note, the_socket


def accepted(socket: Socket) -> None:
    note(socket, f"accepted in {socket.connection_state}")


async def disconnected(socket: Socket) -> None:
    note(socket, f"disconnected in {socket.connection_state}")


@websocket_listener("/text", on_accept=accepted, on_disconnect=disconnected)
async def listen_text(data: str) -> str:
    return f"heard {data}"


@websocket_listener("/thread")
def listen_in_thread(data: str, socket: Socket) -> str:
    return f"{socket.url.path} {data}"


@websocket_listener("/bytes", receive_mode="binary", send_mode="binary")
async def listen_bytes(data: bytes) -> bytes:
    return data[::-1]


@websocket_listener("/json")
async def listen_json(data: dict[str, Any], socket: Socket) -> dict[str, Any]:
    return {"state": socket.connection_state, **data}


@websocket_listener("/injected", dependencies={"w": Provide(the_socket)})
async def listen_injected(data: list[int], w: NamedDependency[WebSocket]) -> list[Any]:
    return [*data, w.url.path]


@websocket_listener("/dto", dto=PersonDTO)
async def listen_dto(data: Person) -> Person:
    return Person(data.name.upper(), 1, data.tags)


@websocket_listener("/silent")
async def listen_silent(data: str, socket: Socket) -> None:
    note(socket, data)


async def accept_with_header(socket: WebSocket) -> None:
    await socket.accept(headers={"x-accepted": "so"})


@websocket_listener("/accepting", connection_accept_handler=accept_with_header)
async def listen_accepting(data: str) -> str:
    return data


@asynccontextmanager
async def lifespan(socket: Socket) -> AsyncGenerator[None, None]:
    await socket.accept()
    await socket.send_text("first")
    try:
        yield
    except WebSocketDisconnect as error:
        note(socket, f"lifespan saw {error.code}")


@websocket_listener("/lifespan", connection_lifespan=lifespan)
async def listen_lifespan(data: str) -> str:
    return data


@websocket_listener("/failing")
async def listen_failing(data: str) -> str:
    if data == "close":
        raise WebSocketException(detail="enough", code=4321)
    raise ValueError(data)


@websocket_listener("/closing")
async def listen_closing(data: str, socket: Socket) -> None:
    await socket.close(4005, data)


class Listener(WebsocketListener):
    path = "/class"

    async def on_accept(self, socket: Socket) -> None:
        await socket.send_json({"hello": socket.headers.get("x-name", "nobody")})

    def on_disconnect(self, socket: Socket) -> None:
        note(socket, "the class was left")

    async def on_receive(self, data: dict[str, int], socket: Socket) -> dict[str, int]:
        return {name: number + 1 for name, number in data.items()}


LISTENERS = Router(
    "/listen",
    route_handlers=[
        listen_text,
        listen_in_thread,
        listen_bytes,
        listen_json,
        listen_injected,
        listen_dto,
        listen_silent,
        listen_accepting,
        listen_lifespan,
        listen_failing,
        listen_closing,
        Listener,
    ],
)


# streams


@websocket_stream("/count", warn_on_data_discard=False)
async def stream_count(upto: FromQuery[int]) -> AsyncGenerator[int, None]:
    for index in range(upto):
        yield index
        await asyncio.sleep(0)


@websocket_stream("/socket", mode="binary")
async def stream_of_socket(socket: Socket) -> AsyncGenerator[dict[str, Any], None]:
    yield {"path": socket.url.path, "state": socket.connection_state}
    yield {"agent": socket.headers.get("x-name")}


@websocket_stream("/dto", return_dto=PersonDTO)
async def stream_dto() -> AsyncGenerator[Person, None]:
    yield Person("one", 1)
    yield Person("two", 2)


@websocket_stream("/deaf", listen_for_disconnect=False)
async def stream_deaf() -> AsyncGenerator[bytes, None]:
    yield b"a"
    yield b"b"


@websocket_stream("/endless")
async def stream_endless(socket: Socket) -> AsyncGenerator[str, None]:
    try:
        yield "started"
        await asyncio.sleep(60)
    finally:
        note(socket, f"stream stopped in {socket.connection_state}")


@websocket("/by-hand")
async def stream_by_hand(socket: Socket) -> None:
    """A stream goes out while the handler reads."""
    await socket.accept()

    async def generate() -> AsyncGenerator[str, None]:
        for index in range(3):
            yield f"stream {index}"
            await asyncio.sleep(0)

    await send_websocket_stream(socket, generate(), close=False)
    await socket.send_text(f"then {await socket.receive_text()}")
    await socket.close()


STREAMS = Router(
    "/stream",
    route_handlers=[stream_count, stream_of_socket, stream_dto, stream_deaf, stream_endless, stream_by_hand],
)


# channels


@websocket("/subscribed/{channel:str}")
async def subscribed(socket: Socket, channel: FromPath[str], channels: NamedDependency[ChannelsPlugin]) -> None:
    await socket.accept()
    async with channels.start_subscription(channel) as subscriber, subscriber.run_in_background(socket.send_text):
        await socket.send_text("subscribed")
        await socket.receive_text()
    await socket.close()


LISTENING = [LISTENERS, STREAMS, subscribed]
