"""A WebSocket application with a handler for each path; `/seen?id=...` reports over HTTP what a connection has seen."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Literal

from litecon import Limits, Request, RequestEntityTooLarge, WebSocket, WebSocketDisconnect

Socket = WebSocket[Any, Any, Any]
Report = list[Any]

BIG = bytes(1 << 18)
MAX_SIZE = 1000

SEEN: dict[str, Report] = defaultdict(list)
"""By the id in the query: what the handler reported, and "ended" behind it."""

GATES: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
"""By the id in the query: what a handler waits for, until `/open?id=...` is asked for."""


class Deliberate(Exception):
    """What a handler raises that is to fail."""


class LimitedSocket(WebSocket[Any, Any, Any]):
    limits = Limits(max_message_size=MAX_SIZE)


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await answer(Request(scope, receive, send))
    elif scope["type"] == "websocket":
        kind = LimitedSocket if scope["path"] == "/limited" else WebSocket
        socket: Socket = kind(scope, receive, send)
        report = SEEN[name_of(socket)]
        try:
            await HANDLERS[socket.url.path](socket, report)
        finally:
            report.append("ended")
    else:
        raise NotImplementedError


async def answer(request: Request[Any, Any, Any]) -> None:
    name = request.query_params.get("id", "")
    if request.url.path == "/open":
        GATES[name].set()
    body = json.dumps(SEEN[name]).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await request.send({"type": "http.response.start", "status": 200, "headers": headers})
    await request.send({"type": "http.response.body", "body": body})


def name_of(socket: Socket) -> str:
    return socket.query_params.get("id", "")


def mode_of(socket: Socket) -> Literal["text", "binary"]:
    return "binary" if socket.query_params.get("mode") == "binary" else "text"


async def report_end(socket: Socket, report: Report) -> None:
    """Ask in every way how the connection has ended; one answer is reported where all say the same."""
    asked: tuple[Callable[[], Awaitable[Any]], ...] = (
        socket.receive_text,
        socket.receive_bytes,
        socket.receive_json,
        socket.receive_msgpack,
        socket.receive,
        socket.accept,
        socket.deny,
        partial(socket.send_text, "x"),
        partial(socket.send_msgpack, [1]),
        partial(socket.send, {"type": "websocket.send", "text": "x"}),
    )
    answers: list[Any] = []
    for ask in asked * 2:
        try:
            answers.append(["returned", repr(await ask())])
        except WebSocketDisconnect as error:
            answers.append([error.code, error.reason])
    messages = [message async for message in socket.iter_data()]
    await socket.close(4999)
    if messages or socket.connection_state != "disconnect":
        answers.append([messages, socket.connection_state])
    report.append(["disconnect", *answers[0]] if answers == [answers[0]] * len(answers) else ["differs", answers])


# messages


async def echo(socket: Socket, report: Report) -> None:
    mode = mode_of(socket)
    async for message in socket.iter_data(mode):
        await socket.send_data(message, mode)


async def echo_events(socket: Socket, report: Report) -> None:
    await socket.accept()
    while (event := await socket.receive())["type"] == "websocket.receive":
        data = {key: event[key] for key in ("text", "bytes") if event.get(key) is not None}
        await socket.send({"type": "websocket.send", **data})


async def echo_json(socket: Socket, report: Report) -> None:
    mode = mode_of(socket)
    async for value in socket.iter_json(mode):
        await socket.send_json(value, mode)


async def echo_msgpack(socket: Socket, report: Report) -> None:
    async for value in socket.iter_msgpack():
        await socket.send_msgpack(value)


async def limited(socket: Socket, report: Report) -> None:
    try:
        while True:
            try:
                await socket.send_text(await socket.receive_text())
            except RequestEntityTooLarge:
                await socket.send_text("too large")
    except WebSocketDisconnect:
        pass


async def stream(socket: Socket, report: Report) -> None:
    """Send and receive so many numbers, both at once."""
    count = int(socket.query_params["count"])
    await socket.accept()

    async def send_all() -> None:
        for number in range(count):
            await socket.send_text(f"{number:100}")
            if not number % 8:
                # sends that do not wait would all come before the first receive
                await asyncio.sleep(0)

    sending = asyncio.create_task(send_all())
    received = [int(await socket.receive_text()) for _ in range(count)]
    await sending
    report.append(received == list(range(count)))
    await wait(socket, report)


async def impatient(socket: Socket, report: Report) -> None:
    """Give up receiving, again and again; tell the client so, and echo what then arrives."""
    await socket.accept()
    given_up = 0
    while given_up < 5:
        try:
            async with asyncio.timeout(0.001):
                await socket.receive_text()
        except TimeoutError:
            given_up += 1
    await socket.send_text("given up")
    try:
        for patience in itertools.cycle((0, 0.0003, 0.002)):
            try:
                async with asyncio.timeout(patience):
                    message = await socket.receive_text()
            except TimeoutError:
                pass
            else:
                await socket.send_text(message)
    except WebSocketDisconnect:
        await report_end(socket, report)


# the handshake


async def about(socket: Socket, report: Report) -> None:
    """Accept with the subprotocol and headers that the query asks for, and send what the handshake had."""
    query = socket.query_params
    headers: list[tuple[str | bytes, str | bytes]] = []
    if "headers" in query:
        headers = [("x-app", "litecon"), ("set-cookie", "a=1"), (b"set-cookie", b"b=2")]
    await socket.accept(query.get("subprotocol"), headers or None)
    await socket.send_json(
        {
            "path": socket.url.path,
            "scheme": socket.url.scheme,
            "query": list(query.multi_items()),
            "cookies": socket.cookies,
            "headers": socket.headers.getall("x-test", []),
            "subprotocols": list(socket.scope["subprotocols"]),
            "denial": "websocket.http.response" in (socket.scope.get("extensions") or ()),
            "state": socket.connection_state,
        }
    )
    await wait(socket, report)


async def deny(socket: Socket, report: Report) -> None:
    if "plainly" in socket.query_params:
        # as with a server that does not offer it
        socket.scope["extensions"] = {}
    status = int(socket.query_params["status"])
    await socket.deny(status, {"content-type": "text/plain", "x-why": "test"}, b"denied: \xc3\xa9")
    await report_end(socket, report)


async def refuse(socket: Socket, report: Report) -> None:
    await socket.close(4003, "no")
    await report_end(socket, report)


# endings


async def wait(socket: Socket, report: Report) -> None:
    """Echo text until the connection ends, and report how it does."""
    if socket.connection_state == "init":
        await socket.accept()
    report.append("waiting")
    try:
        while True:
            await socket.send_text(await socket.receive_text())
    except WebSocketDisconnect:
        await report_end(socket, report)


async def close(socket: Socket, report: Report) -> None:
    query = socket.query_params
    await socket.accept()
    await socket.receive_text()
    code, reason = query.get("code"), query.get("reason")
    await (socket.close(int(code), reason) if code else socket.close())
    await report_end(socket, report)


async def idle(socket: Socket, report: Report) -> None:
    """Give up on a client that says nothing: close, or return."""
    await socket.accept()
    try:
        async with asyncio.timeout(0.05):
            await socket.receive_text()
    except TimeoutError:
        if "close" in socket.query_params:
            await socket.close(4001, "idle")
            await report_end(socket, report)


async def crossed(socket: Socket, report: Report) -> None:
    """Close while another task receives."""
    await socket.accept()
    receiving = asyncio.create_task(socket.receive_text())
    await asyncio.sleep(0)
    await socket.close(4001, "why")
    try:
        await receiving
    except WebSocketDisconnect:
        await report_end(socket, report)


async def undecided(socket: Socket, report: Report) -> None:
    """Wait for the end without having accepted."""
    report.append((await socket.receive())["type"])
    report.append((await socket.receive())["type"])
    await report_end(socket, report)


async def late(socket: Socket, report: Report) -> None:
    """Accept when the gate opens."""
    report.append((await socket.receive())["type"])
    await GATES[name_of(socket)].wait()
    try:
        await socket.accept()
        await socket.receive_text()
    except WebSocketDisconnect:
        await report_end(socket, report)


async def busy(socket: Socket, report: Report) -> None:
    """Receive when the gate opens."""
    await socket.accept()
    report.append("accepted")
    await GATES[name_of(socket)].wait()
    try:
        await socket.receive_text()
    except WebSocketDisconnect:
        await report_end(socket, report)


async def flood(socket: Socket, report: Report) -> None:
    """Send more than a connection can hold."""
    await socket.accept()
    try:
        for _ in range(200):
            await socket.send_bytes(BIG)
            # a send that does not wait would starve the server of its own work
            await asyncio.sleep(0)
    except WebSocketDisconnect as error:
        report.append(["sending failed", isinstance(error.__cause__, OSError)])
    else:
        report.append(["sending did not fail", None])
        try:
            await socket.receive_text()
        except WebSocketDisconnect:
            pass
    await report_end(socket, report)


async def fail(socket: Socket, report: Report) -> None:
    """Raise an exception before the connection is accepted, or after the first message."""
    if "early" not in socket.query_params:
        await socket.receive_text()
    raise Deliberate


HANDLERS: dict[str, Callable[[Socket, Report], Awaitable[None]]] = {
    "/about": about,
    "/about/é b": about,
    "/busy": busy,
    "/close": close,
    "/crossed": crossed,
    "/deny": deny,
    "/echo": echo,
    "/events": echo_events,
    "/fail": fail,
    "/flood": flood,
    "/idle": idle,
    "/impatient": impatient,
    "/json": echo_json,
    "/late": late,
    "/limited": limited,
    "/msgpack": echo_msgpack,
    "/refuse": refuse,
    "/stream": stream,
    "/undecided": undecided,
    "/wait": wait,
}
