"""The Litestar app that both contestants serve, with typical handlers that do no more than their task needs.

The handlers are written against Litestar's own classes, like those of an app to which the plugin is added in one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from litestar import Litestar, MediaType, Request, WebSocket, get, post, websocket, websocket_listener
from litestar.connection import ASGIConnection
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import WebSocketDisconnect
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.middleware.session.server_side import ServerSideSessionConfig
from litestar.params import Body, Parameter
from litestar.plugins import PluginProtocol

__all__ = ("make_app",)

_MAX_BODY: int = 10_000_000


class _Authentication(AbstractAuthenticationMiddleware):
    """Finds the user by a header and a cookie."""

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        user = connection.cookies["theme"]
        return AuthenticationResult(user=user, auth=connection.headers["x-request-id"])


def make_app(plugins: Sequence[PluginProtocol] = ()) -> Litestar:
    """Return a new app with all handlers.

    Args:
        plugins: The plugin of the drop-in, or none.
    """
    return Litestar([*_http_handlers(), *_websocket_handlers()], plugins=plugins, openapi_config=None)


def _http_handlers() -> list[Any]:
    @get("/plain", media_type=MediaType.TEXT)
    async def plain() -> str:
        return "plain"

    @get("/read")
    async def read(request: Request[Any, Any, Any]) -> list[str]:
        query = request.query_params
        return [request.headers["x-request-id"], request.cookies["session"], query["page"], query["order"]]

    @get("/declared")
    async def declared(
        request_id: Annotated[str, Parameter(header="x-request-id")],
        session_id: Annotated[str, Parameter(cookie="session")],
        page: int,
        order: str,
    ) -> list[Any]:
        return [request_id, session_id, page, order]

    @get("/url")
    async def url(request: Request[Any, Any, Any]) -> list[str]:
        return [str(request.url), request.url.path]

    @post("/json-data", status_code=200)
    async def json_data(data: dict[str, Any]) -> dict[str, Any]:
        return data

    @post("/json-request", status_code=200)
    async def json_request(request: Request[Any, Any, Any]) -> Any:
        return await request.json()

    @post("/form-data", status_code=200)
    async def form_data(
        data: Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> dict[str, str]:
        return data

    @post("/form-request", status_code=200)
    async def form_request(request: Request[Any, Any, Any]) -> dict[str, Any]:
        return dict((await request.form()).items())

    @post("/multipart-data", status_code=200)
    async def multipart_data(
        data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
    ) -> list[Any]:
        return [data["subject"], data["file"].filename, len(await data["file"].read())]

    @post("/multipart-request", status_code=200)
    async def multipart_request(request: Request[Any, Any, Any]) -> list[Any]:
        form = await request.form()
        file: UploadFile = form["file"]
        return [form["subject"], file.filename, len(await file.read())]

    @post("/stream", status_code=200, request_max_body_size=_MAX_BODY)
    async def stream(request: Request[Any, Any, Any]) -> int:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
        return size

    session = ServerSideSessionConfig().middleware

    @get("/session", middleware=[session])
    async def in_session(request: Request[Any, Any, Any]) -> str:
        user: str = request.session.setdefault("user", "ada")
        return user

    @get("/authenticated", middleware=[session, _Authentication])
    async def authenticated(request: Request[Any, Any, Any]) -> list[str]:
        return [request.user, request.auth, request.session.setdefault("user", "ada")]

    return [
        plain,
        read,
        declared,
        url,
        json_data,
        json_request,
        form_data,
        form_request,
        multipart_data,
        multipart_request,
        stream,
        in_session,
        authenticated,
    ]


def _websocket_handlers() -> list[Any]:
    @websocket("/ws-text")
    async def text(socket: WebSocket[Any, Any, Any]) -> None:
        await socket.accept()
        async for message in socket.iter_data("text"):
            await socket.send_text(message)

    @websocket("/ws-json")
    async def json(socket: WebSocket[Any, Any, Any]) -> None:
        await socket.accept()
        try:
            while True:
                await socket.send_json(await socket.receive_json())
        except WebSocketDisconnect:
            pass

    @websocket_listener("/ws-listener-text")
    async def listener_text(data: str) -> str:
        return data

    @websocket_listener("/ws-listener-json")
    async def listener_json(data: dict[str, Any]) -> dict[str, Any]:
        return data

    @websocket("/ws-connect")
    async def connect(socket: WebSocket[Any, Any, Any]) -> None:
        await socket.accept()
        await socket.close()

    return [text, json, listener_text, listener_json, connect]
