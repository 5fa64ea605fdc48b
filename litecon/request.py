"""`Request`, an HTTP request."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, Final

from ._core import RequestBase, read_form, with_fast_constructor
from ._errors import misconfigured, quoted
from ._shared.body import Replay, poll_disconnected, skip_body
from ._shared.scope import exact_bytes, exact_str, offers_extension
from .connection import ASGIConnection, AuthT, StateT, UserT, with_public_names
from .exceptions import LiteconException, LiteconWarning
from .types import Receive

if TYPE_CHECKING:
    from .forms import FormAwaitable, FormStream

__all__ = ("Request",)

_PUSH: Final = "http.response.push"
_EARLY_HINT: Final = "http.response.early_hint"
# RFC 9113 section 8.3.1: the path and the query
_PATH: Final = re.compile(r"/[!-\"$-~]*")
_FORBIDDEN: Final = re.compile(rb"[\r\n\0]")
_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_LINK_VALUE: Final = (
    rb"<[!-;=?-~]*>(?:[ \t]*;[ \t]*"
    + _TOKEN
    + rb"(?:[ \t]*=[ \t]*(?:"
    + _TOKEN
    + rb'|"(?:[\t !#-\[\]-~]|\\[\t -~])*"))?)*'
)
_LINK: Final = re.compile(_LINK_VALUE + rb"(?:[ \t]*,[ \t]*" + _LINK_VALUE + rb")*")
_PUSH_HEADERS: Final = frozenset({b"accept", b"accept-encoding", b"accept-language", b"cache-control", b"user-agent"})

_forms: Any = None


def _load_forms() -> Any:
    # PERF: not at import, since most processes read no forms; and once, since an import statement in a method is slow
    global _forms
    if _forms is None:
        from . import forms

        _forms = forms
    return _forms


@with_public_names
@with_fast_constructor
class Request(RequestBase, ASGIConnection[Any, UserT, AuthT, StateT]):
    """An HTTP request (ASGI 3, HTTP message format 2.5).

    The constructor stores its arguments and reads nothing. Two requests over one scope are different objects that share
    what was received: the body is read once.

    ```python
    request = Request(scope, receive, send)
    order = await request.json(type=Order)
    ```

    Args:
        scope: The scope of an HTTP request; a dict or another mapping.
        receive: The server's callable that returns the next event.
        send: The server's callable that takes an event.
    """

    __slots__ = ()

    @property
    def supports_push_promise(self) -> bool:
        """Whether the server offers the `http.response.push` extension."""
        return offers_extension(self.scope, _PUSH)

    async def is_disconnected(self) -> bool:
        """Return whether the client disconnected, at once, even if no event is available.

        Events that arrive are buffered for the body. If none is available, a receive stays under way, in a task of its
        own, and the next read of any connection over the scope takes its event. An inner application that does not use
        litecon must therefore be called with `replay()`, not with `receive`.

        ```python
        while not await request.is_disconnected():
            await send_progress(request)
        ```

        Raises:
            ImproperlyConfiguredException: The server's events break the ASGI specification.
        """
        return await poll_disconnected(self.body_reader, self.receive)

    def replay(self) -> Receive:
        """Return a `receive` for an inner application, which returns the received part of the body once more.

        Then it returns the server's events. After `body()` each replay returns the whole body. If the body was not read
        to its end, a replay consumes the rest, as `stream()` does: chunks that a stream has yielded are not kept, so
        they are missing, and `body()` raises StreamConsumed after a replay has returned a part. Cancelling a replay
        loses no event, and a receive that `is_disconnected()` has started is continued. Connections over the same scope
        may read through the replay.

        ```python
        if not await request.is_disconnected():
            await app(request.scope, request.replay(), request.send)
        ```
        """
        return Replay(self.body_reader, self.receive)

    async def drain(self, max_size: int | None = None) -> None:
        """Receive the rest of the body and drop it, together with the buffered part.

        A client that is still sending may not see an early response, such as a 413, since some servers reset the
        connection. This returns at the end of the body, when the client disconnected, or when `max_size` is exceeded. A
        body that was read as a whole is kept.

        ```python
        except RequestEntityTooLarge:
            await request.drain(max_size=100 * 1024 * 1024)
        ```

        Args:
            max_size: The number of bytes after which receiving stops; None for any number.

        Raises:
            RuntimeError: Another task is reading the body.
            ImproperlyConfiguredException: The server's events break the ASGI specification.
        """
        await skip_body(self.body_reader, self.receive, max_size)

    def form(self) -> FormAwaitable:
        """Return the form, a `FormMultiDict`, when awaited; `async with` closes its files at the end.

        Both encodings are read, `multipart/form-data` (RFC 7578) and `application/x-www-form-urlencoded`; for any other
        content type the form is empty. A second call returns the same form.

        ```python
        async with request.form() as form:
            print(form["name"], await form["file"].read())
        ```

        Raises:
            ClientException: When awaited: the form is malformed, a field cannot be decoded, or the boundary is missing.
            RequestEntityTooLarge: When awaited: a bound of `limits` is exceeded.
            ClientDisconnect: When awaited: the client disconnected before the end.
            StreamConsumed: When awaited: a stream has yielded a part of the body.
            RuntimeError: When awaited: another task is reading the body.
        """
        return read_form(self, _load_forms().read_parts)

    def stream_form(self) -> FormStream:
        """Return an asynchronous iterator over the parts of a form as they arrive, in constant memory.

        A part is read by `await part.read()`, `async for chunk in part.stream()` or `await part.save_to(path)`; one
        that is not read is skipped. For any other content type the iterator is empty.

        ```python
        async for part in request.stream_form():
            size = await part.save_to(uploads / str(uuid4()))
        ```

        Raises:
            ClientException: While iterating: the form is malformed, or the boundary is missing.
            RequestEntityTooLarge: While iterating: a bound of `limits` is exceeded.
            ClientDisconnect: While iterating: the client disconnected before the end.
            StreamConsumed: While iterating: the body was streamed before.
            RuntimeError: While iterating: another task is reading the body.
        """
        return _load_forms().FormStream(self, type(self).limits)  # type: ignore[no-any-return]

    @property
    def supports_early_hints(self) -> bool:
        """Whether the server offers the `http.response.early_hint` extension."""
        return offers_extension(self.scope, _EARLY_HINT)

    async def send_early_hints(self, *links: str | bytes, raise_if_unavailable: bool = False) -> None:
        """Send a 103 response (RFC 8297), which tells the client what it will need; without links, send nothing.

        ```python
        await request.send_early_hints("</style.css>; rel=preload; as=style")
        ```

        Args:
            *links: The values of Link header fields (RFC 8288 section 3), as str or bytes.
            raise_if_unavailable: Whether to raise instead of warn if the server does not offer the extension.

        Raises:
            LiteconException: The server does not offer the extension, and `raise_if_unavailable` is true.
            ImproperlyConfiguredException: A link is not a valid value of a Link header field.
        """
        checked = [_link(link) for link in links]
        if not self.supports_early_hints:
            _unavailable("the server does not offer early hints: ask supports_early_hints before", raise_if_unavailable)
        elif checked:
            await self.send({"type": _EARLY_HINT, "links": checked})

    async def send_push_promise(self, path: str, raise_if_unavailable: bool = False) -> None:
        """Ask the server to push a resource (ASGI's `http.response.push` extension, RFC 9113 section 8.4).

        The promise carries this request's accept, accept-encoding, accept-language, cache-control and user-agent.

        Args:
            path: The path and query of the resource, percent-encoded, starting with a slash.
            raise_if_unavailable: Whether to raise instead of warn if the server does not offer the extension.

        Raises:
            LiteconException: The server does not offer the extension, and `raise_if_unavailable` is true.
            ImproperlyConfiguredException: The path is malformed, a copied header has a CR, LF or NUL, or the headers of
                the scope are not pairs of bytes.
        """
        if not isinstance(path, str) or not _PATH.fullmatch(path):
            raise misconfigured(
                f"the path is {quoted(path)}, "
                "expected a str of visible ASCII characters that begins with '/' and has no '#'"
            )
        if not self.supports_push_promise:
            _unavailable(
                "the server does not offer server push: ask supports_push_promise before", raise_if_unavailable
            )
            return
        pairs = [(exact_bytes(name).lower(), exact_bytes(value)) for name, value in self.headers.to_header_list()]
        headers = [(name, value) for name, value in pairs if name in _PUSH_HEADERS]
        for name, value in headers:
            if _FORBIDDEN.search(value):
                raise misconfigured(f"the header {quoted(name)} has a CR, LF or NUL in its value, which cannot be sent")
        await self.send({"type": _PUSH, "path": exact_str(path), "headers": headers})


def _unavailable(message: str, must_raise: bool) -> None:
    if must_raise:
        raise LiteconException(message)
    # the warning names the line that awaits the method
    warnings.warn(message, LiteconWarning, stacklevel=3)


def _link(link: Any) -> bytes:
    # the object that is checked is the one that is sent
    value = str.encode(link, "utf-8", "surrogatepass") if isinstance(link, str) else link
    if not isinstance(value, bytes) or not _LINK.fullmatch(value):
        raise misconfigured(
            f"the link is {quoted(link)}, expected a Link header field such as '</style.css>; rel=preload; as=style'"
        )
    return exact_bytes(value)
