"""Calls of an application without a server, which record every event that it sends."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any
from urllib.parse import unquote

from litestar import Litestar

from .scripts import HOST, Answer, Call, Conversation, Exchange, Hear, Jar, Leave, Say, settled

SECONDS = 5
"""How long the application may take for one answer, or the end of one conversation."""

TOO_LONG = "no answer"


suspends: ContextVar[bool] = ContextVar("suspends", default=False)
"""Whether nothing that an application waits for is there at once."""


def record(app: Litestar, scripts: Iterable[Exchange | Conversation], *, suspend: bool = False) -> dict[str, Any]:
    """Return what the application answers, by the name of the script.

    Args:
        app: The application, which is started and stopped.
        scripts: What it is asked, one after another.
        suspend: Whether receiving and sending give way to other tasks each time.
    """

    async def main() -> dict[str, Any]:
        suspends.set(suspend)
        recorded: dict[str, Any] = {}
        async with app.lifespan():
            for script in scripts:
                act = exchange if isinstance(script, Exchange) else converse
                recorded[script.name] = await act(app, script)  # type: ignore[arg-type]
        return recorded

    return asyncio.run(main())


async def exchange(app: Litestar, script: Exchange) -> list[Answer]:
    jar = Jar()
    return [await answer(app, call, jar) for call in script.calls]


async def answer(app: Litestar, call: Call, jar: Jar) -> Answer:
    """Return the events of an answer, what went wrong inside, and the exception if one came out."""
    pieces = jar.body_for(call)
    headers = jar.headers_for(call)
    if len(pieces) == 1:
        headers.append((b"content-length", b"%d" % len(pieces[0])))
    elif pieces:
        headers.append((b"transfer-encoding", b"chunked"))
    causes: list[str] = []
    scope = {
        **_scope(call.target, headers),
        "type": "http",
        "method": call.method,
        "scheme": "http",
        "causes": causes,
        **call.scope,
    }
    events = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces[:-1]]
    last = pieces[-1] if pieces else b""
    events.append({"type": "http.request", "body": last, "more_body": call.leaves})
    sent: list[dict[str, Any]] = []
    ended = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await _give_way()
        if events:
            return events.pop(0)
        # a client stays until it has the whole answer
        if not call.leaves:
            await ended.wait()
        return {"type": "http.disconnect"}

    async def send(event: Any) -> None:
        await _give_way()
        sent.append(_kept(event))
        if event["type"] == "http.response.body" and not event.get("more_body"):
            ended.set()

    error = await _outcome(app(scope, receive, send))  # type: ignore[arg-type]
    for event in sent:
        if event["type"] == "http.response.start":
            jar.keep(event["headers"])
    return {"events": sent, "causes": causes, "error": error}


async def converse(app: Litestar, script: Conversation) -> dict[str, Any]:
    """Return what a WebSocket was sent and what went wrong, the answers to calls meanwhile, the notes left behind."""
    jar = Jar()
    call = Call("GET", script.target, script.headers)
    causes: list[str] = []
    scope = {
        **_scope(script.target, jar.headers_for(call)),
        "causes": causes,
        "type": "websocket",
        "scheme": "ws",
        "subprotocols": list(script.subprotocols),
        **script.scope,
    }
    sent: list[dict[str, Any]] = []
    answers: list[Any] = []
    heard = asyncio.Condition()
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    events.put_nowait({"type": "websocket.connect"})

    async def receive() -> dict[str, Any]:
        await _give_way()
        return await events.get()

    async def send(event: Any) -> None:
        await _give_way()
        async with heard:
            sent.append(_kept(event))
            heard.notify_all()

    async def until(count: int, kind: str) -> None:
        async with heard:
            await heard.wait_for(lambda: sum(event["type"] == kind for event in sent) >= count)

    async def play() -> None:
        await until(1, "websocket.accept")
        expected = 0
        for act in script.acts:
            if isinstance(act, Say):
                key = "text" if isinstance(act.data, str) else "bytes"
                events.put_nowait({"type": "websocket.receive", key: act.data})
            elif isinstance(act, Hear):
                expected += act.count
                await until(expected, "websocket.send")
            elif isinstance(act, Leave):
                events.put_nowait({"type": "websocket.disconnect", "code": act.code, "reason": ""})
            else:
                answers.append(await answer(app, act, jar))
        await until(1, "websocket.close")
        events.put_nowait({"type": "websocket.disconnect", "code": sent[-1]["code"], "reason": ""})

    playing = asyncio.create_task(play())
    try:
        error = await _outcome(app(scope, receive, send))  # type: ignore[arg-type]
    finally:
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
    notes = await answer(app, Call("GET", f"/notes?count={script.notes}"), Jar())
    said = notes["events"][-1]["body"]
    return {"events": sent, "causes": causes, "error": error, "answers": answers, "notes": said}


async def _give_way() -> None:
    if suspends.get():
        await asyncio.sleep(0)


async def _outcome(running: Any) -> str | None:
    try:
        async with asyncio.timeout(SECONDS) as limit:
            await running
    except Exception as error:
        if limit.expired():
            return TOO_LONG
        cause = error.__cause__
        return f"{type(error).__name__}: {error}" + (f" from {type(cause).__name__}: {cause}" if cause else "")
    return None


def _scope(target: str, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    path, _, query = target.partition("?")
    return {
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": "1.1",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("192.0.2.1", 50000),
        "server": (HOST, 8000),
        "extensions": {},
    }


def _kept(event: dict[str, Any]) -> dict[str, Any]:
    kept = copy.deepcopy(event)
    if "headers" in kept:
        kept["headers"] = settled(kept["headers"])
    if kept["type"] == "http.response.push":
        # Litestar takes these headers from a set
        kept["headers"].sort()
    return kept
