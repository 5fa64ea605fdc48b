"""A small application on litecon, alone and with middleware of OpenTelemetry and Sentry around it and inside."""

from __future__ import annotations

import os
from typing import Any

from litecon import ClientException, Request, WebSocket, WebSocketDisconnect
from litecon.types import ASGIApp, Receive, Scope, Send


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await _answer(Request(scope, receive, send))
    elif scope["type"] == "websocket":
        await _echo(WebSocket(scope, receive, send))
    else:
        await _live(receive, send)


async def _answer(request: Request) -> None:
    status, text = 200, ""
    try:
        if request.url.path == "/error":
            raise ZeroDivisionError("as asked")
        if request.url.path == "/stream":
            text = str(sum([len(chunk) async for chunk in request.stream()]))
        elif request.url.path == "/process":
            text = str(os.getpid())
        else:
            text = f"{await request.json()} {await request.is_disconnected()}"
    except ClientException as error:
        status, text = error.status_code, error.detail
    await request.send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
    await request.send({"type": "http.response.body", "body": text.encode()})


async def _echo(socket: WebSocket) -> None:
    try:
        await socket.accept()
        async for text in socket.iter_data():
            await socket.send_text(text.upper())
    except WebSocketDisconnect:
        pass


async def _live(receive: Receive, send: Send) -> None:
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return


def signed(inner: ASGIApp) -> ASGIApp:
    """A middleware on litecon, which looks at the body and hands it on."""

    async def checking(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await inner(scope, receive, send)
            return
        request = Request(scope, receive, send)
        scope["state"] = {"size": len(await request.body())}
        await inner(scope, request.replay(), send)

    return checking


def opentelemetry(inner: ASGIApp) -> ASGIApp:
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

    untyped: Any = OpenTelemetryMiddleware
    return untyped(inner)  # type: ignore[no-any-return]


def sentry(inner: ASGIApp) -> ASGIApp:
    import sentry_sdk
    from sentry_sdk.integrations.asgi import SentryAsgiMiddleware

    # the integrations that it finds by itself patch frameworks, Litestar among them, for the rest of the process
    sentry_sdk.init(dsn=None, auto_enabling_integrations=False)
    untyped: Any = SentryAsgiMiddleware
    return untyped(inner)  # type: ignore[no-any-return]


MIDDLEWARE = {"opentelemetry": opentelemetry, "sentry": sentry}


def wrapped(kind: str, place: str) -> ASGIApp:
    """Return the application with a middleware around it, or inside one that is on litecon."""
    middle = MIDDLEWARE[kind]
    return middle(app) if place == "around" else signed(middle(signed(app)))
