"""Every descriptor and method of the kernels' classes, on every kind of instance, with arbitrary values."""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from types import GetSetDescriptorType, MemberDescriptorType
from typing import Any

from ..helpers import body_events, http_scope
from ..sides import load_side
from ..websocket.doubles import CONNECT, text, websocket_scope
from .isolated import HEAP_TYPE, limit_processor_time
from .operations import OPERATIONS, Server

VALUES = (None, 5, "text", b"bytes", [], {}, object(), int)
ARGUMENTS: tuple[tuple[Any, ...], ...] = ((), (None,), (5,), ("text",), (None, None), (5, 5, 5))
# these end the process, or are the interpreter's own
LEFT_OUT = frozenset({"__class__", "__init_subclass__", "__subclasshook__", "__reduce__", "__reduce_ex__", "__dir__"})


def kernel_classes(prefixes: tuple[str, ...]) -> list[type[Any]]:
    """Return all classes that the modules of the kernels define, also those that no name leads to."""
    found: dict[type[Any], None] = {}
    waiting: list[type[Any]] = [object]
    while waiting:
        cls = waiting.pop()
        for sub in type.__subclasses__(cls):
            if sub not in found and sub is not type:
                found[sub] = None
                waiting.append(sub)
    return [cls for cls in found if str(cls.__module__).startswith(prefixes)]


def instances(side: Any, classes: list[type[Any]]) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield what makes an instance, of each kind."""
    for cls in classes:
        yield f"{cls.__name__}.__new__", lambda cls=cls: cls.__new__(cls)  # type: ignore[misc]
    for kind, scope, events in (
        ("ASGIConnection", http_scope, ()),
        ("Request", http_scope, body_events(b"[1", b"]")),
        ("WebSocket", websocket_scope, (CONNECT, text("[1]"))),
    ):
        cls = getattr(side, kind)
        own = type("Own", (cls,), {})

        def make(cls: Any = cls, scope: Any = scope, events: Any = events) -> Any:
            server = Server(*events)
            return cls(scope(), server.receive, server.send)

        yield kind, make
        yield f"a subclass of {kind}", lambda own=own, make=make: make(own)  # type: ignore[misc]
        yield f"{kind}.__new__", lambda cls=cls: cls.__new__(cls)  # type: ignore[misc]
        yield f"a subclass of {kind}.__new__", lambda own=own: own.__new__(own)  # type: ignore[misc]

    for kind in ("Request", "WebSocket"):
        yield f"a used {kind}", lambda kind=kind: _used(_public_one(side, kind))  # type: ignore[misc]
    for operation in OPERATIONS:
        if operation.exists(side) and not operation.needs_loop:
            yield str(operation), lambda operation=operation: operation.start(operation.open(side, Server()))  # type: ignore[misc]
    for name in ("iter_data", "iter_json", "iter_msgpack"):
        yield name, lambda name=name: getattr(_public_one(side, "WebSocket"), name)()  # type: ignore[misc]
    yield "stream", lambda: _public_one(side, "Request").stream()
    yield "body_reader", lambda: _public_one(side, "Request").body_reader
    yield "headers", lambda: _public_one(side, "Request").headers
    yield "url", lambda: _public_one(side, "Request").url
    yield "receive", lambda: _public_one(side, "WebSocket").receive
    yield "send", lambda: _public_one(side, "WebSocket").send


def _public_one(side: Any, kind: str) -> Any:
    events = body_events(b"[1", b"]") if kind == "Request" else [CONNECT, text("[1]")]
    server = Server(*events)
    scope = http_scope() if kind == "Request" else websocket_scope()
    return getattr(side, kind)(scope, server.receive, server.send)


def _used(connection: Any) -> Any:
    """Have all cells of a connection filled."""
    for name in dir(connection):
        with contextlib.suppress(Exception):
            getattr(connection, name)
    return connection


def use(o: Any, deep: bool = True) -> None:
    """Read all that an object has, call what can be called, and drive what that returns."""
    for name in dir(type(o)):
        if name in LEFT_OUT:
            continue
        with contextlib.suppress(BaseException):
            value = getattr(o, name)
            if not callable(value) or isinstance(value, type):
                continue
            for arguments in ARGUMENTS if deep else ((),):
                _checked(lambda: drive_briefly(value(*arguments)))  # noqa: B023
    _checked(lambda: repr(o))


def drive_briefly(made: Any) -> None:
    if hasattr(type(made), "send") and hasattr(type(made), "close"):
        try:
            for _ in range(3):
                made.send(None)
        finally:
            made.close()


def _checked(act: Callable[[], object]) -> None:
    try:
        act()
    except SystemError as error:
        print(error, flush=True)
    except BaseException:
        pass


def misuse(name: str) -> None:
    """Print which instances cannot stand it, each tried in a process of its own.

    Args:
        name: Of the side.
    """
    # what fails in a finalizer has nobody to be told
    sys.unraisablehook = lambda unraisable: None
    side = load_side(name)  # type: ignore[arg-type]
    if OPERATIONS[-1].exists(side):
        # the drop-in's kernels are loaded by it; its scopes import Litestar's app, which takes each process longer than
        # all that it does
        OPERATIONS[-1].open(side, Server())
    classes = kernel_classes((f"{side.__name__}._native", f"{side.__name__}._pure"))
    # else a collection in each process would copy what they share
    gc.collect()
    gc.freeze()
    for what, make in instances(side, classes):
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            # said below; the tracebacks of many crashes are of no use
            faulthandler.disable()
            limit_processor_time(60)
            # and what waits
            signal.alarm(600)
            _misuse_one(make)
            gc.collect()
            sys.stdout.flush()
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status != 0:
            print(f"{what}: ended with {status}", flush=True)


def call_with_wrong_self(name: str) -> None:
    """Print which methods of the kernels' classes accept an object that is not an instance as self.

    Args:
        name: Of the side.
    """
    side = load_side(name)  # type: ignore[arg-type]
    if OPERATIONS[-1].exists(side):
        OPERATIONS[-1].open(side, Server())
    classes = kernel_classes((f"{side.__name__}._native",))
    others = [*VALUES, (1, 2), *(make() for what, make in instances(side, []))]
    for cls in classes:
        for member, method in vars(cls).items():
            # classes that Python code defines have functions, to which everything is an object
            if cls.__flags__ & HEAP_TYPE or member in LEFT_OUT or type(method) is staticmethod or not callable(method):
                continue
            for other in others:
                if isinstance(other, cls):
                    continue
                for arguments in ARGUMENTS:
                    try:
                        method(other, *arguments)
                    except TypeError:
                        continue
                    except SystemError as error:
                        print(error, flush=True)
                    print(f"{cls.__name__}.{member} accepts a {type(other).__name__}", flush=True)


class _Late:
    """An object whose finalizer, which the collector runs while it clears others, uses those of the kernels."""

    def __init__(self, prefixes: tuple[str, ...]) -> None:
        self.prefixes = prefixes

    def __del__(self) -> None:
        for o in gc.get_objects():
            if not str(type(o).__module__).startswith(self.prefixes) or isinstance(o, type):
                continue
            if "NoneType" in repr(o):
                print(f"{o!r} has lost what it belongs to", flush=True)
            if hasattr(type(o), "__init__") and hasattr(type(o), "scope"):
                _checked(lambda: use_again(o))  # noqa: B023
            use(o)
            if hasattr(type(o), "send") and hasattr(type(o), "close"):
                _checked(lambda: drive_briefly(o))  # noqa: B023


def use_again(connection: Any) -> None:
    """Call the constructor of a connection once more, and drive what was made before and after that."""
    names = [name for name in ("receive_text", "send_text", "accept", "body", "iter_data") if hasattr(connection, name)]
    made = [_outcome(getattr(connection, name), "text" if name == "send_text" else None) for name in names]
    connection.__init__(http_scope())
    for operation in made:
        _checked(lambda: drive_briefly(operation))  # noqa: B023


def _outcome(call: Callable[..., Any], argument: Any) -> Any:
    with contextlib.suppress(Exception):
        return call() if argument is None else call(argument)
    return None


def use_cleared(name: str) -> None:
    """Print which instances cannot stand it that a finalizer uses them after the collector has cleared them.

    Args:
        name: Of the side.
    """
    sys.unraisablehook = lambda unraisable: None
    side = load_side(name)  # type: ignore[arg-type]
    if OPERATIONS[-1].exists(side):
        OPERATIONS[-1].open(side, Server())
    prefixes = (f"{side.__name__}._native",)
    makers = list(instances(side, kernel_classes(prefixes)))
    for step in ("asend", "athrow", "aclose"):
        arguments = (None,) if step == "asend" else (ValueError(),) if step == "athrow" else ()
        for kind, method in (("Request", "stream"), ("WebSocket", "iter_data")):
            makers.append(
                (
                    f"{kind}.{method}().{step}",
                    lambda kind=kind, method=method, step=step, arguments=arguments: getattr(  # type: ignore[misc]
                        getattr(_public_one(side, kind), method)(), step
                    )(*arguments),
                )
            )
    gc.collect()
    gc.freeze()
    for what, make in makers:
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            faulthandler.disable()
            limit_processor_time(60)
            signal.alarm(600)
            _clear_one(make, prefixes)
            sys.stdout.flush()
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status != 0:
            print(f"{what}: ended with {status}", flush=True)


def _clear_one(make: Callable[[], Any], prefixes: tuple[str, ...]) -> None:
    gc.disable()
    late = _Late(prefixes)
    # the finalizer runs too late to keep what a collection of younger objects clears
    gc.collect()
    try:
        example = make()
    except TypeError:
        return
    # cleared in this order: the object, then what has the last reference to the finalizer, then what has the object
    holder: list[Any] = [late]
    holder.append(holder)
    keeper: list[Any] = [example]
    keeper.append(keeper)
    del late, example, holder, keeper
    gc.collect(0)


def _misuse_one(make: Callable[[], Any]) -> None:
    try:
        example = make()
    except TypeError:
        return
    use(example)
    descriptors = [
        descriptor
        for cls in type(example).__mro__
        for descriptor in vars(cls).values()
        if isinstance(descriptor, (GetSetDescriptorType, MemberDescriptorType, property))
    ]
    # a descriptor of another class refuses
    for descriptor in descriptors:
        one = make()
        _checked(lambda: descriptor.__delete__(one))  # noqa: B023
        _checked(lambda: descriptor.__get__(one))  # noqa: B023
        use(one, deep=False)
        _checked(lambda: descriptor.__delete__(one))  # noqa: B023
        for value in VALUES:
            one = make()
            _checked(lambda: descriptor.__set__(one, value))  # noqa: B023
            use(one, deep=False)
            _checked(lambda: descriptor.__delete__(one))  # noqa: B023
            use(one, deep=False)
