"""A client that calls an application in this process, without a server."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, overload

from .._errors import quoted, with_note
from ..datastructures import Headers
from ..exceptions import WebSocketDisconnect, WebSocketMessageTypeError
from ..types import ASGIApp, Event, HeaderPairs, Receive
from .factories import RequestFactory, WebSocketFactory
from .running import Running, new_signal, running
from .scopes import Query

if TYPE_CHECKING:
    from typing_extensions import TypeForm

__all__ = ("Client", "ClientSocket", "HandshakeRefused", "Response")

ValueT = TypeVar("ValueT")

_NO_STATUS_RECEIVED: Final = 1005
_DENIAL: Final = "websocket.http.response"


class Response:
    """A response of an application.

    Args:
        status: The status code.
        headers: The raw headers, pairs of bytes.
        body: The whole body.
        events: All events that the application sent.
    """

    __slots__ = ("body", "events", "headers", "status")

    def __init__(self, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes, events: list[Event]) -> None:
        self.status: int = status
        self.headers: Headers = Headers(list(headers))
        self.body: bytes = body
        self.events: list[Event] = events

    @property
    def text(self) -> str:
        """The body decoded from UTF-8; malformed bytes are replaced."""
        return self.body.decode("utf-8", "replace")

    @overload
    def json(self, type: TypeForm[ValueT]) -> ValueT: ...
    @overload
    def json(self, type: Any = ...) -> Any: ...
    def json(self, type: Any = Any) -> Any:
        """Return the body, decoded as JSON.

        Args:
            type: The type to decode into, any that msgspec supports.

        Raises:
            SerializationException: The body is not valid JSON, or not of that type.
        """
        from ..serialization import decode_json

        return decode_json(self.body, type, max_items=None)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status}, {len(self.body)} bytes>"


class HandshakeRefused(Exception):
    """The application did not accept a WebSocket.

    Args:
        response: The response to the handshake; a 403 if the application closed the WebSocket without one.
    """

    def __init__(self, response: Response) -> None:
        # the argument of the constructor, so that `copy` and `pickle` can call it
        super().__init__(response)
        self.response: Response = response

    def __str__(self) -> str:
        return f"the application refused the WebSocket with a {self.response.status}"


class ClientSocket:
    """The client's end of a WebSocket, which `Client.websocket()` opens."""

    __slots__ = ("_disconnect", "_running", "headers", "subprotocol")

    def __init__(self, started: Running) -> None:
        self._running = started
        self._disconnect: WebSocketDisconnect | None = None
        self.subprotocol: str | None = None
        """The subprotocol that the application chose; None for none."""
        self.headers: Headers = Headers([])
        """The headers of the response to the handshake."""

    async def send_text(self, data: str) -> None:
        """Send a text message.

        Args:
            data: The content of the message.
        """
        self._running.received.put({"type": "websocket.receive", "text": data})

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary message.

        Args:
            data: The content of the message.
        """
        self._running.received.put({"type": "websocket.receive", "bytes": data})

    async def send_json(self, value: Any) -> None:
        """Send a value as JSON, in a text message.

        Args:
            value: The value, as for `WebSocket.send_json()`.
        """
        from ..serialization import encode_json

        await self.send_text(encode_json(value).decode())

    async def receive_text(self) -> str:
        """Wait for the next message of the application, and return its text.

        Raises:
            WebSocketDisconnect: The application closed the connection, or ended.
            WebSocketMessageTypeError: The message is a binary one.
        """
        return await self._receive("text", "bytes")  # type: ignore[no-any-return]

    async def receive_bytes(self) -> bytes:
        """Wait for the next message of the application, and return its bytes.

        Raises:
            WebSocketDisconnect: The application closed the connection, or ended.
            WebSocketMessageTypeError: The message is a text message.
        """
        return await self._receive("bytes", "text")  # type: ignore[no-any-return]

    @overload
    async def receive_json(self, type: TypeForm[ValueT]) -> ValueT: ...
    @overload
    async def receive_json(self, type: Any = ...) -> Any: ...
    async def receive_json(self, type: Any = Any) -> Any:
        """Wait for the next message of the application, a text message, and return its value as JSON.

        Args:
            type: The type to decode into, any that msgspec supports.

        Raises:
            SerializationException: The message is not valid JSON, or not of that type.
            WebSocketDisconnect: The application closed the connection, or ended.
            WebSocketMessageTypeError: The message is a binary one.
        """
        from ..serialization import decode_json

        return decode_json((await self.receive_text()).encode(), type, max_items=None)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection, as a client does; the end of the block does so too.

        Args:
            code: The close code that the application receives.
            reason: The reason that the application receives.
        """
        self._running.received.put({"type": "websocket.disconnect", "code": code, "reason": reason})

    async def _receive(self, wanted: str, other: str) -> Any:
        if self._disconnect is None:
            event = await self._running.sent.get()
            if event is not None and event["type"] == "websocket.send":
                if event.get(wanted) is None:
                    raise WebSocketMessageTypeError(f"the message is {other}, not {wanted}", data=event.get(other))
                return event[wanted]
            self._disconnect = _disconnect(event)
            if event is None and self._running.error is not None:
                with_note(self._disconnect, f"the application raised {quoted(self._running.error)}")
        raise self._disconnect

    async def _open(self) -> None:
        """Perform the handshake."""
        self._running.received.put({"type": "websocket.connect"})
        event = await self._running.sent.get()
        if event is None and self._running.error is not None:
            # the exception of the application is raised at the end of the block
            return
        if event is None or event["type"] != "websocket.accept":
            raise HandshakeRefused(await self._refusal(event))
        self.subprotocol = event.get("subprotocol")
        self.headers = Headers(list(event.get("headers") or ()))

    async def _refusal(self, event: Event | None) -> Response:
        events: list[Event] = []
        while event is not None and event["type"].startswith(_DENIAL):
            events.append(event)
            if len(events) > 1 and not event.get("more_body"):
                break
            event = await self._running.sent.get()
        if not events:
            return Response(403, [], b"", [] if event is None else [event])
        body = b"".join(event.get("body", b"") for event in events)
        return Response(events[0]["status"], events[0].get("headers") or (), body, events)


def _disconnect(event: Event | None) -> WebSocketDisconnect:
    if event is None or event["type"] != "websocket.close":
        return WebSocketDisconnect("the application ended without closing it", code=1006)
    return WebSocketDisconnect(event.get("reason") or "", code=event.get("code", _NO_STATUS_RECEIVED))


class Client:
    """Sends requests to an application and opens WebSockets, under asyncio and trio, without a server or a socket.

    Exceptions of the application are raised. `async with Client(app) as client:` runs its lifespan around the block.

    ```python
    response = await Client(app).post("/users", json={"name": "Ada"})
    async with Client(app).websocket("/ws") as socket:
        await socket.send_text("hello")
    ```

    Args:
        app: The ASGI application.
        headers: The headers of all requests that have none of the same name.
        cookies: The cookies of all requests that have none of the same name; those that the application sets are not
            kept.
        **scope: Further arguments of `http_scope()` and `websocket_scope()`, for all requests.
    """

    __slots__ = ("_app", "_lifespan", "_requests", "_sockets", "_state")

    def __init__(
        self, app: ASGIApp, *, headers: HeaderPairs = (), cookies: Mapping[str, str] | None = None, **scope: Any
    ) -> None:
        self._app = app
        headers = headers if isinstance(headers, Mapping) else list(headers)
        self._requests = RequestFactory(headers=headers, cookies=cookies, **scope)
        scope.setdefault("extensions", {_DENIAL: {}})
        self._sockets = WebSocketFactory(headers=headers, cookies=cookies, **scope)
        self._state: dict[str, Any] | None = None
        self._lifespan: AsyncExitStack | None = None

    async def __aenter__(self) -> Self:
        self._lifespan = AsyncExitStack()
        await self._lifespan.enter_async_context(self._live())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._lifespan is not None:
            await self._lifespan.__aexit__(kind, error, traceback)

    @asynccontextmanager
    async def _live(self) -> AsyncGenerator[None, None]:
        state: dict[str, Any] = {}
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": state}
        async with running(self._app, scope, {"type": "lifespan.shutdown"}) as started:
            started.received.put({"type": "lifespan.startup"})
            event = await started.sent.get()
            if event is None:
                # an application without a lifespan raises or returns
                started.error = None
            elif event["type"] != "lifespan.startup.complete":
                raise RuntimeError(f"the application did not start: {event.get('message', '')}")
            else:
                self._state = state
            yield
        event = await started.sent.get()
        if event is not None and event["type"] == "lifespan.shutdown.failed":
            raise RuntimeError(f"the application did not shut down: {event.get('message', '')}")

    async def request(self, method: str, path: str = "/", **options: Any) -> Response:
        """Send a request, and return the response once it is complete and the application has ended.

        Args:
            method: The method, in upper case.
            path: The path, decoded, without a query.
            **options: Further arguments of `RequestFactory.request()`: json, content, form, files, headers, cookies,
                query, and those of the scope.

        Raises:
            RuntimeError: The application ended without a complete response.
            Exception: The application raised it.
        """
        request = self._requests.request(method, path, **self._with_state(options))
        answer = _Answer(request.receive)
        await self._app(request.scope, answer.receive, answer.send)
        return answer.response()

    async def get(self, path: str = "/", **options: Any) -> Response:
        """Send a GET request, as `request()` does.

        Args:
            path: The path, decoded, without a query.
            **options: Further arguments of `request()`.
        """
        return await self.request("GET", path, **options)

    async def post(self, path: str = "/", **options: Any) -> Response:
        """Send a POST request, as `request()` does.

        Args:
            path: The path, decoded, without a query.
            **options: Further arguments of `request()`.
        """
        return await self.request("POST", path, **options)

    @asynccontextmanager
    async def websocket(
        self, path: str = "/", *, query: Query = b"", subprotocols: Iterable[str] = (), **options: Any
    ) -> AsyncGenerator[ClientSocket, None]:
        """Open a WebSocket for the block of an `async with` statement, and close it at the end of the block.

        Args:
            path: The path, decoded, without a query.
            query: The query string, percent-encoded, or the parameters to encode.
            subprotocols: The subprotocols that the client offers.
            **options: headers, cookies, and further arguments of `websocket_scope()`.

        Raises:
            HandshakeRefused: The application did not accept the WebSocket.
            TimeoutError: The application did not end in time.
            Exception: The application raised it.
        """
        options = self._with_state(options)
        scope = self._sockets.connect(path, query=query, subprotocols=subprotocols, **options).scope
        last_event = {"type": "websocket.disconnect", "code": 1000, "reason": ""}
        started: Running | None = None
        try:
            async with running(self._app, scope, last_event) as started:
                socket = ClientSocket(started)
                await socket._open()
                if started.error is None:
                    yield socket
        except (HandshakeRefused, WebSocketDisconnect):
            # they are what the client sees of an exception of the application
            if started is None or started.error is None:
                raise
            context = started.error.__context__
            try:
                raise started.error
            finally:
                started.error.__context__ = context

    def _with_state(self, options: dict[str, Any]) -> dict[str, Any]:
        # each connection gets a copy of the state of the lifespan (ASGI, lifespan state)
        return options if self._state is None else {"state": dict(self._state), **options}


class _Answer:
    """The `receive` and `send` of a request, which keep the events of the response.

    Args:
        receive: The callable that returns the events of the request's body, and then a disconnect.
    """

    __slots__ = ("_complete", "_events", "_receive")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._events: list[Event] = []
        self._complete = new_signal()

    async def receive(self) -> Event:
        event = await self._receive()
        if event["type"] == "http.disconnect":
            # a client disconnects when it has its response
            await self._complete.wait()
        return event

    async def send(self, event: Event) -> None:
        self._events.append(event)
        if event["type"] == "http.response.body" and not event.get("more_body"):
            self._complete.set()

    def response(self) -> Response:
        start = next((event for event in self._events if event["type"] == "http.response.start"), None)
        if start is None or not self._complete.is_set():
            raise RuntimeError("the application ended without a complete response")
        body = b"".join(event.get("body", b"") for event in self._events if event["type"] == "http.response.body")
        return Response(start["status"], start.get("headers") or (), body, self._events)
