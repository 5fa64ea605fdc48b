"""Foreign code that an operation calls: a user's code, and methods of the objects in a scope or an event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, make_dataclass
from typing import Any, Final

import msgspec

from litecon import Limits

from ..helpers import body_events
from ..websocket.doubles import binary, text
from .answers import RAISING
from .operations import BY_NAME, OPERATIONS, Operation, Server


class Raise:
    """Raises the exception of a test.

    Args:
        error: It.
    """

    def __init__(self, error: BaseException) -> None:
        self.error = error
        self.was_called = False

    def __call__(self) -> Any:
        self.was_called = True
        raise self.error


@dataclass(frozen=True)
class Hook:
    """A place at which an operation calls foreign code.

    Args:
        name: Of the test.
        operations: Those that call it.
        make: Called with the side, the operation, its server and what raises; returns what is awaited.
    """

    name: str
    operations: tuple[Operation, ...]
    make: Callable[[Any, Operation, Server, Raise], Any]

    def __str__(self) -> str:
        return self.name


def _named(*names: str) -> tuple[Operation, ...]:
    """Return operations by name; `*` at the end stands for anything, as in a file name."""
    return tuple(
        operation
        for operation in OPERATIONS
        if any(operation.name == name or (name[-1] == "*" and operation.name.startswith(name[:-1])) for name in names)
    )


_LITECON = tuple(operation for operation in OPERATIONS if not operation.is_dropin)
_FIRST = tuple(operation for operation in OPERATIONS if operation.name.endswith("-first") and len(operation.calls) > 2)
_WHOLE = _named("Request.body", "Request.json", "Request.msgpack")


# of the decoders and encoders


def _decoded_into(kind: str) -> Callable[[Any, Operation, Server, Raise], Any]:
    def make(side: Any, operation: Operation, server: Server, raise_: Raise) -> Any:
        define: Any = make_dataclass if kind == "dataclass" else msgspec.defstruct
        wanted = define("Wanted", [("a", int)], namespace={"__post_init__": lambda self: raise_()})
        subject = operation.open(side, server)
        packed = "msgpack" in operation.name
        data = b"\x81\xa1a\x01" if packed else b'{"a": 1}'
        if operation.is_socket:
            server.events[-1] = binary(data) if packed else text(data.decode())
        else:
            server.events.clear()
            server.events.extend(body_events(data[:1], data[1:]))
        method = operation.name.partition(".")[2].partition("-")[0]
        return getattr(subject, method)(type=wanted)

    return make


class Unknown:
    """Nothing that an encoder knows."""


def _serialized(side: Any, operation: Operation, server: Server, raise_: Raise) -> Any:
    subject = operation.open(side, server)
    method = operation.name.rpartition(".")[2].partition("-")[0]
    return getattr(subject, method)(Unknown(), serializer=lambda value: raise_())


# of the scope, the headers and the events


class RaisingMapping(Mapping[str, Any]):
    """A mapping that is no dict, and raises once it is told to."""

    def __init__(self, items: Any) -> None:
        self._items = dict(items)
        self.raise_: Raise | None = None

    def _asked(self) -> None:
        if self.raise_ is not None:
            self.raise_()

    def __getitem__(self, key: str) -> Any:
        self._asked()
        return self._items[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._items[key] = value

    def get(self, key: str, default: Any = None) -> Any:
        self._asked()
        return self._items.get(key, default)

    def __contains__(self, key: object) -> bool:
        self._asked()
        return key in self._items

    def __iter__(self) -> Any:
        self._asked()
        return iter(self._items)

    def __len__(self) -> int:
        self._asked()
        return len(self._items)


class RaisingDict(dict[str, Any]):
    raise_: Raise | None = None

    def __getitem__(self, key: str) -> Any:
        if self.raise_ is not None:
            self.raise_()
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        if self.raise_ is not None:
            self.raise_()
        return super().get(key, default)


def _with_scope(cls: Any) -> Callable[[Any, Operation, Server, Raise], Any]:
    def make(side: Any, operation: Operation, server: Server, raise_: Raise) -> Any:
        scope = cls(operation.scope())
        subject = operation.open(side, server, scope=scope)
        scope.raise_ = raise_
        return operation.start(subject)

    return make


def _with_item(key: str) -> Callable[[Any, Operation, Server, Raise], Any]:
    """Make an operation over a scope one of whose values raises."""

    def make(side: Any, operation: Operation, server: Server, raise_: Raise) -> Any:
        scope = operation.scope()
        scope[key] = value = RaisingMapping(scope[key] if key == "extensions" else {})
        value.raise_ = raise_
        return operation.start(operation.open(side, server, scope=scope))

    return make


def _raising_pair(raise_: Raise) -> Any:
    class Pair:
        def __iter__(self) -> Any:
            return raise_()

    return [Pair()]


def _raising_text(raise_: Raise) -> Any:
    class Text:
        def encode(self, encoding: str) -> Any:
            return raise_()

    return [(b"x-name", Text())]


def _raising_headers(raise_: Raise) -> Any:
    class Headers:
        def to_header_list(self) -> Any:
            return raise_()

    return Headers()


def _raising_mapping(raise_: Raise) -> Any:
    headers = RaisingMapping({"x-name": "value"})
    headers.raise_ = raise_
    return headers


def _raising_iterable(raise_: Raise) -> Any:
    class Pairs:
        def __iter__(self) -> Any:
            return raise_()

    return Pairs()


def _raising_generator(raise_: Raise) -> Any:
    yield (b"x-name", b"value")
    raise_()


HEADERS: Final[dict[str, Callable[[Raise], Any]]] = {
    "object": _raising_headers,
    "mapping": _raising_mapping,
    "iterable": _raising_iterable,
    "generator": _raising_generator,
    "pair": _raising_pair,
    "text": _raising_text,
}


def _with_headers(headers: Callable[[Raise], Any]) -> Callable[[Any, Operation, Server, Raise], Any]:
    def make(side: Any, operation: Operation, server: Server, raise_: Raise) -> Any:
        subject = operation.open(side, server)
        return getattr(subject, operation.name.partition(".")[2])(headers=headers(raise_))

    return make


def _with_event(cls: Any, number: int) -> Callable[[Any, Operation, Server, Raise], Any]:
    """Make an operation to which an event is given that raises when it is looked at."""

    def make(side: Any, operation: Operation, server: Server, raise_: Raise) -> Any:
        subject = operation.open(side, server)
        server.events[number] = event = cls(server.events[number])
        event.raise_ = raise_
        return operation.start(subject)

    return make


# of subclasses


def _overriding(name: str, way: str) -> Callable[[Any, Operation, Server, Raise], Any]:
    """Make an operation of a subclass that has a method of its own, which raises in one of the ways of a server."""
    raising = next(raising for raising in RAISING if raising.name == way)

    def make(side: Any, operation: Operation, server: Server, raise_: Raise) -> Any:
        base = operation.base(side)
        armed = []

        def method(self: Any, *arguments: Any, **keywords: Any) -> Any:
            if not armed:
                return getattr(base, name)(self, *arguments, **keywords)
            raise_.was_called = True
            return raising.answer(raise_.error, None)

        cls = type("Overriding", (base,), {name: method})
        subject = operation.open(side, server, cls=cls)
        armed.append(True)
        return operation.start(subject)

    return make


class RaisingStream:
    """A stream of the application's, which raises in one of its methods."""

    def __init__(self, raise_: Raise, place: str) -> None:
        self.raise_ = raise_
        self.place = place

    def __aiter__(self) -> Any:
        return self.raise_() if self.place == "aiter" else self

    def __anext__(self) -> Any:
        return self.raise_() if self.place == "anext" else self


def _streaming(place: str) -> Callable[[Any, Operation, Server, Raise], Any]:
    def make(side: Any, operation: Operation, server: Server, raise_: Raise) -> Any:
        cls = type("Streaming", (operation.base(side),), {"stream": lambda self: RaisingStream(raise_, place)})
        return operation.start(operation.open(side, server, cls=cls))

    return make


class RaisingLimits:
    """Bounds that an application computes."""

    def __init__(self, raise_: Raise) -> None:
        self.raise_ = raise_

    @property
    def max_body_size(self) -> Any:
        return self.raise_()

    max_message_size = max_body_size

    def __getattr__(self, name: str) -> Any:
        return getattr(Limits(), name)


def _limited(side: Any, operation: Operation, server: Server, raise_: Raise) -> Any:
    cls = type("Limited", (operation.base(side),), {"limits": RaisingLimits(raise_)})
    return operation.start(operation.open(side, server, cls=cls))


_RECEIVES = tuple(
    operation for operation in _named("WebSocket.receive_*", "WebSocket.iter_*", "litestar.WebSocket.iter_*",
    "litestar.WebSocket.receive_*") if operation.calls
)  # fmt: skip
_SENDS = _named("WebSocket.send_*", "litestar.WebSocket.send_*")
_OVERRIDES: Final[tuple[tuple[str, Iterable[Operation]], ...]] = (
    ("receive_data", [operation for operation in _RECEIVES if ".receive_data" not in operation.name]),
    ("receive_json", _named("WebSocket.iter_json", "WebSocket.iter_json-first", "WebSocket.iter_json-asend")),
    ("receive_msgpack", _named("WebSocket.iter_msgpack", "WebSocket.iter_msgpack-first",
                               "WebSocket.iter_msgpack-asend")),
    ("send_data", [operation for operation in _SENDS if ".send_data" not in operation.name]),
    ("accept", _FIRST),
    ("body", _named("Request.json", "Request.msgpack", "Request.form-fields", "litestar.Request.json",
                    "litestar.Request.msgpack", "litestar.Request.form-fields")),
)  # fmt: skip
_BY_ITS_OWN = ("call", "coroutine", "await")

HOOKS: Final = (
    *(
        Hook(f"__post_init__-of-a-{kind}", _named("Request.json", "Request.msgpack", "WebSocket.receive_json*",
             "WebSocket.receive_msgpack*"), _decoded_into(kind))
        for kind in ("dataclass", "Struct")
    ),
    Hook("serializer", _named("WebSocket.send_json*", "litestar.WebSocket.send_json*"), _serialized),
    *(
        Hook(
            f"scope-{cls.__name__}",
            (*_WHOLE, *_named("Request.send_push_promise", "WebSocket.deny*", *more)),
            _with_scope(cls),
        )
        # of a dict subclass the reader is looked up as it was stored
        for cls, more in ((RaisingMapping, ("Request.is_disconnected",)), (RaisingDict, ()))
    ),
    Hook("headers-of-the-scope", (*_WHOLE, BY_NAME["Request.send_push_promise"]), _with_item("headers")),
    Hook("extensions", (BY_NAME["WebSocket.deny"], BY_NAME["Request.send_push_promise"]), _with_item("extensions")),
    *(
        Hook(f"headers-{name}", (BY_NAME["WebSocket.accept"], BY_NAME["WebSocket.deny"]), _with_headers(headers))
        for name, headers in HEADERS.items()
    ),
    *(
        Hook(f"event-{number}-{cls.__name__}", tuple(operation for operation in _LITECON
             if operation.calls.count("receive") > number), _with_event(cls, number))
        for number in (0, 1)
        for cls in (RaisingMapping, RaisingDict)
    ),
    *(
        Hook(f"own-{name}-{way}", tuple(operations), _overriding(name, way))
        for name, operations in _OVERRIDES
        for way in _BY_ITS_OWN
    ),
    *(
        Hook(f"own-stream-{place}", (*_WHOLE, *_named("Request.form*", *stepped)), _streaming(place))
        for place, stepped in (("aiter", ()), ("anext", ("Request.stream_form*",)))
    ),
    Hook("limits", (*_WHOLE, *(operation for operation in _RECEIVES if not operation.is_dropin)), _limited),
)  # fmt: skip
