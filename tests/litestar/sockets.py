"""Raw handlers of WebSockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated, Any

from litestar import Router, WebSocket, websocket
from litestar.datastructures import Headers, State
from litestar.di import Provide
from litestar.exceptions import NotAuthorizedException, WebSocketDisconnect, WebSocketException

from .marks import FromPath, FromQuery, NamedDependency, cookie, header
from .member_handlers import facts_of
from .models import OwnSocket, Point

Socket = WebSocket[Any, Any, Any]


def note(socket: Socket, text: str) -> None:
    """Keep what a client that is gone cannot be told."""
    socket.app.state.notes.append(f"{socket.url.path}: {text}")


@websocket("/echo")
async def echo(socket: Socket) -> None:
    await socket.accept()
    while True:
        text = await socket.receive_text()
        if text == "bye":
            break
        await socket.send_text(f"you said {text}")
    await socket.close(4001, "as you wish")


@websocket("/facts")
async def facts(socket: Socket) -> None:
    before = [facts_of(socket), socket.connection_state]
    await socket.accept()
    await socket.send_json([*before, facts_of(socket), socket.connection_state])
    await socket.close()


@websocket("/accept/{how:str}")
async def accept(socket: Socket, how: FromPath[str]) -> None:
    headers: Any = {
        "dict": {"x-one": "1", "x-two": "2"},
        "list": [(b"x-one", b"1"), (b"x-one", b"2")],
        "headers": Headers({"x-three": "3"}),
    }[how]
    await socket.accept(subprotocols="second", headers=headers)
    await socket.accept()
    await socket.send_text(how)
    await socket.close(reason="done")


@websocket("/never-accepted")
async def never_accepted(socket: Socket) -> None:
    """Receiving and sending accept where it was not done."""
    await socket.send_data("unasked")
    await socket.send_data(await socket.receive_data("text"))
    await socket.close()


@websocket("/received-first")
async def received_first(socket: Socket) -> None:
    await socket.send_json(await socket.receive_json())
    await socket.close()


@websocket("/refused")
async def refused(socket: Socket) -> None:
    await socket.close(4003, "not you")


@websocket("/fails/{when:str}/{how:str}")
async def fails(socket: Socket, when: FromPath[str], how: FromPath[str]) -> None:
    if when == "after":
        await socket.accept()
    raise {
        "websocket": WebSocketException(detail="a code of its own", code=4010),
        "http": NotAuthorizedException("not authorized"),
        "value": ValueError("anything"),
    }[how]


@websocket("/kinds")
async def kinds(socket: Socket) -> None:
    """One of each method of receiving and sending."""
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.send_text(await socket.receive_bytes())
    await socket.send_bytes(await socket.receive_bytes())
    await socket.send_bytes(await socket.receive_text())
    await socket.send_json(await socket.receive_json())
    await socket.send_json(await socket.receive_json(mode="binary"), mode="binary")
    await socket.send_msgpack(await socket.receive_msgpack())
    await socket.send_data("ü", mode="binary", encoding="latin-1")
    await socket.send_data(b"\xfc", mode="text", encoding="latin-1")
    await socket.send_text(b"\xfc", encoding="latin-1")
    await socket.send_json({"point": Point(1)}, serializer=lambda value: {"x": value.x})
    await socket.close()


@websocket("/iterate/{what:str}")
async def iterate(socket: Socket, what: FromPath[str]) -> None:
    await socket.accept()
    if what == "json":
        async for value in socket.iter_json():
            await socket.send_json({"got": value})
    elif what == "msgpack":
        async for value in socket.iter_msgpack():
            await socket.send_msgpack({"got": value})
    elif what == "binary":
        async for data in socket.iter_data("binary"):
            await socket.send_bytes(data[::-1])
    else:
        async for text in socket.iter_data():
            await socket.send_text(text[::-1])
    note(socket, f"{what} ended, {socket.connection_state}")


@websocket("/mismatch")
async def mismatch(socket: Socket) -> None:
    """A message of the other kind than was asked for."""
    await socket.accept()
    await socket.send_json(await socket.receive_text())
    await socket.send_json((await socket.receive_bytes()).decode())
    await socket.close()


@websocket("/broken-json")
async def broken_json(socket: Socket) -> None:
    await socket.accept()
    await socket.receive_json()


@websocket("/gone")
async def gone(socket: Socket) -> None:
    """What a client that is gone leaves behind, for each that asks."""
    await socket.accept()
    states = [socket.connection_state]
    try:
        await socket.receive_text()
        states.append(socket.connection_state)
        await socket.receive_text()
    except WebSocketDisconnect as error:
        states.append(socket.connection_state)
        note(socket, f"{states} {error.code} {error.detail}")
    try:
        await socket.receive_text()
    except WebSocketDisconnect as error:
        note(socket, f"again: {error.detail}")
    try:
        await socket.send_text("too late")
    except WebSocketDisconnect as error:
        note(socket, f"sending: {error.detail}")
    try:
        await socket.close(4002)
    except WebSocketDisconnect as error:
        note(socket, f"closing: {error.detail}")


@websocket("/gone-codes")
async def gone_codes(socket: Socket) -> None:
    await socket.accept()
    for _ in range(2):
        try:
            await socket.receive_text()
        except WebSocketDisconnect as error:
            note(socket, str(error.code))


@websocket("/propagates")
async def propagates(socket: Socket) -> None:
    """A disconnect that the handler lets through."""
    await socket.accept()
    while True:
        await socket.send_text(await socket.receive_text())


@websocket("/events")
async def events(socket: Socket) -> None:
    """The events themselves, through the callables of the connection."""
    seen = [socket.connection_state, (await socket.receive())["type"], socket.connection_state]
    await socket.send({"type": "websocket.accept", "subprotocol": None, "headers": []})
    message = await socket.receive()
    seen += [message["type"], message.get("text") or "", socket.connection_state]
    await socket.send({"type": "websocket.send", "text": " ".join(seen), "bytes": None})
    note(socket, f"{(await socket.receive())['type']} {socket.connection_state}")


@websocket("/parameters/{number:int}")
async def parameters(
    socket: Socket,
    number: FromPath[int],
    token: Annotated[str, header("X-Token")],
    wanted: FromQuery[list[int]],
    taste: Annotated[str | None, cookie("taste")] = None,
) -> None:
    await socket.accept()
    await socket.send_json([number, token, wanted, taste])
    await socket.close()


async def the_socket(socket: Socket) -> WebSocket:
    return socket


async def scoped(socket: Socket) -> AsyncGenerator[str, None]:
    yield socket.url.path
    note(socket, f"left in {socket.connection_state}")


@websocket("/injected", dependencies={"w": Provide(the_socket), "path": Provide(scoped)})
async def injected(w: NamedDependency[WebSocket], path: NamedDependency[str], socket: WebSocket) -> None:
    await w.accept()
    await w.send_json([w is socket, path, isinstance(w, WebSocket)])
    await socket.close()


@websocket("/own", websocket_class=OwnSocket)
async def own(socket: OwnSocket) -> None:
    await socket.accept()
    await socket.send_json(await socket.receive_json())
    await socket.send_text(await socket.receive_text())
    await socket.close()


@websocket("/state")
async def state(socket: Socket, state: State) -> None:
    socket.state.seen = 1
    await socket.accept()
    await socket.send_json([socket.state.dict(), socket.scope["state"]["seen"], "notes" in state])
    await socket.close()


@websocket("/tasks")
async def tasks(socket: Socket) -> None:
    """One task receives while another sends."""
    await socket.accept()
    queue: asyncio.Queue[str | None] = asyncio.Queue()

    async def send_all() -> None:
        while (text := await queue.get()) is not None:
            await socket.send_text(text)
            await asyncio.sleep(0)

    sending = asyncio.create_task(send_all())
    async for text in socket.iter_data():
        queue.put_nowait(f"one {text}")
        queue.put_nowait(f"two {text}")
    queue.put_nowait(None)
    await sending
    note(socket, "both ended")


RAW = Router(
    "/raw",
    route_handlers=[
        echo,
        facts,
        accept,
        never_accepted,
        received_first,
        refused,
        fails,
        kinds,
        iterate,
        mismatch,
        broken_json,
        gone,
        gone_codes,
        propagates,
        events,
        parameters,
        injected,
        own,
        state,
        tasks,
    ],
)
