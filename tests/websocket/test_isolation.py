"""A WebSocket is freed by reference counting and keeps nothing, and no object crashes, however it was made."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from typing import Any

import pytest

import litecon

from ..helpers import check_python, drive
from .doubles import CONNECT, at, binary, disconnect, error_of, text

pytestmark = pytest.mark.slow

PRELUDE = """
import asyncio, gc, sys, tracemalloc, weakref
from litecon import WebSocket, ImproperlyConfiguredException, Limits, SerializationException, WebSocketDisconnect

def scope(**changes):
    return {
        "type": "websocket", "scheme": "ws", "path": "/p", "root_path": "", "query_string": b"a=1",
        "headers": [(b"host", b"h"), (b"cookie", b"c=d")], "client": ("192.0.2.1", 1), "server": ("192.0.2.2", 2),
        "subprotocols": [], "extensions": {"websocket.http.response": {}}, **changes,
    }

CONNECT = {"type": "websocket.connect"}

def text(data):
    return {"type": "websocket.receive", "text": data}

def binary(data):
    return {"type": "websocket.receive", "bytes": data}

def receiver(*events, then_waits=False):
    events = [CONNECT, *events]
    async def receive():
        await asyncio.sleep(0)
        if events:
            return events.pop(0)
        if then_waits:
            await asyncio.sleep(100)
        return {"type": "websocket.disconnect", "code": 1001, "reason": "why"}
    return receive

async def send(event):
    await asyncio.sleep(0)
"""

REFERENCES = """
gc.disable()
references = []

class Own(WebSocket):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.extra = object()

class Slotted(WebSocket):
    __slots__ = ("extra",)

class Wrapped(WebSocket):
    def receive_wrapper(self, receive):
        inner = super().receive_wrapper(receive)
        async def wrapped():
            return await inner()
        return wrapped
    def send_wrapper(self, send):
        inner = super().send_wrapper(send)
        async def wrapped(event):
            await inner(event)
        return wrapped

class Overridden(WebSocket):
    async def accept(self, subprotocols=None, headers=None):
        await super().accept("chat", headers)
    async def receive_data(self, mode):
        return await super().receive_data(mode)
    async def send_data(self, data, mode="text", encoding="utf-8"):
        await super().send_data(data, mode, encoding)

def make(cls, *events, **options):
    socket = cls(scope(), receiver(*events, **options), send)
    references.append(weakref.ref(socket))
    return socket

async def used(cls):
    socket = make(cls, text("a"), binary(b"b"), text("[1]"), binary(b"\\x91\\x01"))
    str(socket.url), socket.headers, socket.cookies, socket.state, socket.query_params
    assert await socket.receive_text() == "a"
    assert await socket.receive_bytes() == b"b"
    assert await socket.receive_json() == [1]
    assert await socket.receive_msgpack() == [1]
    await socket.send_text("a")
    await socket.send_bytes(b"a")
    await socket.send_json({})
    await socket.send_msgpack({})
    await socket.close()

async def left_open(cls):
    socket = make(cls, text("a"))
    await socket.receive_text()

async def iterated(cls):
    socket = make(cls, text("1"), text("2"))
    assert [item async for item in socket.iter_json()] == [1, 2]

async def left_iterating(cls):
    socket = make(cls, text("a"), text("b"))
    async for item in socket.iter_data():
        break

async def handler_fails(cls):
    socket = make(cls, text("a"))
    await socket.receive_text()
    raise LookupError("in the handler")

async def handler_fails_in_a_loop(cls):
    socket = make(cls, text("a"))
    async for item in socket.iter_data():
        raise LookupError("in the handler")

async def disconnected(cls):
    socket = make(cls)
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect as error:
        assert error.code == 1001
    try:
        await socket.send_text("a")
    except WebSocketDisconnect:
        pass

async def broken(cls):
    async def failing(event):
        raise OSError
    socket = cls(scope(), receiver(), failing)
    references.append(weakref.ref(socket))
    try:
        await socket.accept()
    except WebSocketDisconnect:
        pass
    await socket.close()

async def refused(cls):
    socket = make(cls, text("["), binary(b"a"))
    for work in (
        socket.receive_json, socket.receive_text, socket.accept, lambda: socket.close(1), lambda: socket.send(5),
    ):
        try:
            await work()
        except Exception:
            pass

async def cancelled(cls):
    socket = make(cls, then_waits=True)
    await socket.accept()
    for work in (socket.receive_text, socket.iter_data().__anext__, socket.receive):
        try:
            await asyncio.wait_for(work(), 0.001)
        except TimeoutError:
            pass

async def cancelled_task(cls):
    socket = make(cls, then_waits=True)
    async def receive():
        async for item in socket.iter_data():
            pass
    task = asyncio.create_task(receive())
    for _ in range(5):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])

async def cancelled_with_futures(cls):
    futures = []
    def receive():
        futures.append(asyncio.get_running_loop().create_future())
        return futures[-1]
    socket = cls(scope(), receive, send)
    references.append(weakref.ref(socket))
    for _ in range(2):
        try:
            await asyncio.wait_for(socket.accept(), 0.001)
        except TimeoutError:
            pass

async def callables_read(cls):
    socket = make(cls, text("a"))
    receive, send = socket.receive, socket.send
    await receive()
    await send({"type": "websocket.accept"})
    assert await receive() == text("a")
    del socket
    await asyncio.sleep(0)
    if cls is not Wrapped:
        # they keep the state, not the socket
        assert references[-1]() is None
    await send({"type": "websocket.close"})

async def denied(cls):
    socket = make(cls)
    await socket.deny(404, {"a": "b"}, b"no")

async def closed_half_way(cls):
    socket = make(cls, text("a"))
    for work in (socket.accept, socket.close, socket.receive_text, lambda: socket.send_text("a"), socket.receive):
        operation = work()
        operation.close()
        operation = work()
        try:
            operation.send(None)
        except (Exception, StopIteration):
            pass
        operation.close()

async def iterator_outlives(cls):
    iterator = make(cls, text("a"), text("b")).iter_data()
    # the iterator keeps its socket
    assert references[-1]() is not None
    assert [item async for item in iterator] == ["a", "b"]
    await iterator.aclose()

async def main():
    for cls in (WebSocket, Own, Slotted, Overridden, Wrapped, WebSocket[int, int, int]):
        for handler in (
            used, left_open, iterated, left_iterating, handler_fails, handler_fails_in_a_loop, disconnected, broken,
            refused, cancelled, cancelled_task, cancelled_with_futures, callables_read, denied, closed_half_way,
            iterator_outlives,
        ):
            try:
                await handler(cls)
            except LookupError:
                pass
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert references[-1]() is None, (cls, handler.__name__)

asyncio.run(main())
assert len(references) == 96
"""


def test_a_socket_is_freed_by_reference_count() -> None:
    check_python(PRELUDE + REFERENCES)


MEMORY = """
def work(start, count):
    async def main():
        for index in range(start, start + count):
            mark = str(index)
            socket = WebSocket(
                scope(path="/" + mark, headers=[(b"host", b"h" + mark.encode())]),
                receiver(
                    text("message" + mark), binary(b"message" + mark.encode()),
                    text('{"key%s": "value%s"}' % (mark, mark)),
                    text("[" + mark), text("wrong kind" + mark),
                ),
                send,
            )
            await socket.accept("chat" + mark, {"x-" + mark: mark})
            assert await socket.receive_text() == "message" + mark
            await socket.receive_bytes()
            await socket.receive_json(type=dict[str, str])
            for work in (socket.receive_json, socket.receive_bytes, socket.receive_text):
                try:
                    await work()
                except Exception:
                    pass
                else:
                    raise SystemExit("no error")
            try:
                await socket.send_text("reply" + mark)
            except WebSocketDisconnect:
                pass
    asyncio.run(main())

work(0, 2_000)
gc.collect()
tracemalloc.start()
work(2_000, 2_000)
gc.collect()
before = tracemalloc.get_traced_memory()[0]
work(4_000, 10_000)
gc.collect()
grown = tracemalloc.get_traced_memory()[0] - before
assert grown < 50_000, grown
"""


def test_10_000_different_sockets_leave_nothing() -> None:
    check_python(PRELUDE + MEMORY)


def test_100_000_messages_leave_nothing() -> None:
    code = """
count = 0

async def receive():
    global count
    count += 1
    return CONNECT if count == 1 else text("message %d" % count)

async def work(socket, messages):
    iterator, json = socket.iter_data(), socket.iter_json()
    for index in range(messages):
        await socket.receive_text()
        await iterator.__anext__()
        try:
            await json.__anext__()
        except SerializationException:
            pass
        await socket.send_text("reply %d" % index)
        await socket.send_json({"reply": index})

async def sink(event):
    pass

async def main():
    socket = WebSocket(scope(), receive, sink)
    await work(socket, 500)
    gc.collect()
    tracemalloc.start()
    await work(socket, 500)
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    await work(socket, 20_000)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    assert grown < 20_000, grown

asyncio.run(main())
"""
    check_python(PRELUDE + code)


def test_no_references_leak() -> None:
    # native code counts by hand: what goes in must come out as often
    code = """
objects = {
    "text": "some text%d" % 1, "bytes": b"some bytes%d" % 1, "type": "websocket.receive", "reason": "why%d" % 1,
    "send": send, "connect": CONNECT, "key": "text", "encoding": "utf-%d" % 8, "none": {"type": None},
}

def drive(operation):
    try:
        while True:
            operation.send(None)
    except StopIteration as stop:
        return stop.value

def make(*events):
    events = [objects["connect"], *events]
    async def receive():
        return events.pop(0)
    async def sink(event):
        pass
    return WebSocket(scope(), receive, sink)

def work():
    for _ in range(500):
        socket = make(
            {"type": objects["type"], "text": objects["text"]}, {"type": objects["type"], "bytes": objects["bytes"]},
            {"type": objects["type"], "bytes": objects["bytes"]}, {"type": objects["type"], "text": objects["text"]},
            {"type": objects["type"], "text": objects["text"]}, {"type": objects["type"]}, objects["none"],
            {"type": "websocket.disconnect", "code": 1000, "reason": objects["reason"]},
        )
        for name in (
            "accept", "receive_text", "receive_bytes", "receive_text", "receive_bytes", "receive_json", "receive_text",
            "receive_text", "receive_text", "receive_text", "accept", "deny",
        ):
            try:
                drive(getattr(socket, name)())
            except Exception:
                pass
        socket = make({"type": objects["type"], "text": objects["text"]})
        iterator = socket.iter_data()
        drive(iterator.__anext__())
        for data in (objects["text"], objects["bytes"]):
            drive(socket.send_text(data, objects["encoding"]))
            drive(socket.send_bytes(data, objects["encoding"]))
            drive(socket.send({"type": "websocket.send", "text": objects["text"]}))
        for event in (objects["none"], {"type": "websocket.send", "text": objects["bytes"]}, objects["text"]):
            try:
                drive(socket.send(event))
            except ImproperlyConfiguredException:
                pass
        socket.receive = socket.send = objects["send"]
        del socket.receive, socket.send
        drive(socket.close(1000, objects["reason"]))
        for name in ("receive_text", "receive_json", "receive"):
            try:
                drive(getattr(socket, name)())
            except WebSocketDisconnect:
                pass
        never = socket.receive_text()
        never.close()

work()
before = {key: sys.getrefcount(value) for key, value in objects.items()}
none = sys.getrefcount(None)
work()
for key, value in objects.items():
    assert abs(sys.getrefcount(value) - before[key]) < 10, key
assert abs(sys.getrefcount(None) - none) < 250
"""
    check_python(PRELUDE + code)


NEW = """
import faulthandler
faulthandler.enable()

CALLS = {
    "accept": (), "close": (), "deny": (), "receive_data": ("text",), "receive_text": (), "receive_bytes": (),
    "receive_json": (), "receive_msgpack": (), "send_data": ("a",), "send_text": ("a",), "send_bytes": ("a",),
    "send_json": ("a",), "send_msgpack": ("a",),
}
WORDS = (
    "scope receive send connection_state url base_url headers cookies query_params path_params client app "
    "route_handler auth user session state limits"
).split()

def attempt(work):
    try:
        return work()
    except Exception:
        return None

def drive(operation):
    for _ in range(3):
        operation.send(None)

class Own(WebSocket):
    def __init__(self):
        pass

class Wrapped(WebSocket):
    def receive_wrapper(self, receive):
        return super().receive_wrapper(receive)
    async def receive_data(self, mode):
        return await super().receive_data(mode)

async def server_receive():
    return CONNECT

async def server_send(event):
    pass

count = 0
for make in (lambda: WebSocket.__new__(WebSocket), Own, lambda: Wrapped.__new__(Wrapped)):
    socket = make()
    repr(socket), hash(socket), socket == socket, weakref.ref(socket)
    for word in WORDS:
        attempt(lambda: getattr(make(), word))
    for name, arguments in CALLS.items():
        for socket in (make(), make()):
            attempt(lambda: drive(getattr(socket, name)(*arguments)))
            count += 1
    for name in ("iter_data", "iter_json", "iter_msgpack"):
        iterator = attempt(getattr(make(), name))
        for step in ("__anext__", "aclose", "asend", "athrow", "__anext__"):
            arguments = {"asend": (None,), "athrow": (KeyError,)}.get(step, ())
            attempt(lambda: drive(getattr(iterator, step)(*arguments)))
    for name, argument in (
        ("receive_wrapper", server_receive), ("send_wrapper", server_send), ("receive_wrapper", None),
    ):
        wrapped = attempt(lambda: getattr(make(), name)(argument))
        attempt(lambda: drive(wrapped()))
        attempt(lambda: drive(wrapped({"type": "websocket.close"})))
        attempt(lambda: drive(wrapped(None)))
    socket = make()
    for word in ("scope", "receive", "send", "connection_state"):
        attempt(lambda: delattr(socket, word))
        attempt(lambda: getattr(socket, word))
        attempt(lambda: setattr(socket, word, None))
        attempt(lambda: delattr(socket, word))
    for name, arguments in CALLS.items():
        attempt(lambda: drive(getattr(socket, name)(*arguments)))
    # what is constructed late works as any other
    socket = make()
    WebSocket.__init__(socket, scope(), server_receive, server_send)
    attempt(lambda: drive(socket.accept()))
    assert socket.connection_state == "connect", socket.connection_state
    del socket
    gc.collect()

# the parts that can be reached
parts = [type(WebSocket(scope()).receive), type(WebSocket(scope()).send), type(WebSocket(scope()).iter_data())]
parts += [type(work) for work in (WebSocket(scope()).iter_json(), WebSocket(scope()).iter_msgpack())]
for part in parts:
    made = attempt(lambda: part.__new__(part))
    if made is not None:
        repr(made)
        for work in (lambda: made(), lambda: made(CONNECT), lambda: made.__anext__(), lambda: made.aclose()):
            attempt(lambda: drive(work()))
    attempt(lambda: part())
    attempt(lambda: part(None, None))
    attempt(lambda: part(None, None, None))
    gc.collect()
print(count)
"""


def test_an_object_made_by_new_alone_crashes_on_nothing() -> None:
    # in a process of its own, which a crash would end
    assert check_python(PRELUDE + NEW, "-W", "ignore::RuntimeWarning").strip() == "78"


TYPICAL = """
def expect(found, expected):
    # -O leaves out assert statements
    if found != expected:
        raise SystemExit(f"{found!r} is not {expected!r}")

async def main():
    # what a busy machine is late with is no warning of ours
    asyncio.get_running_loop().slow_callback_duration = 60
    for _ in range(3):
        socket = WebSocket(scope(), receiver(text("a"), binary(b"b"), text("[1]"), text("["), text("end")), send)
        expect(socket.connection_state, "init")
        expect(await socket.receive_text(), "a")
        expect(await socket.receive_bytes(), b"b")
        expect(await socket.receive_json(type=list[int]), [1])
        try:
            await socket.receive_json()
        except SerializationException as error:
            expect("JSON" in str(error), True)
        else:
            raise SystemExit("no error")
        expect([item async for item in socket.iter_data()], ["end"])
        try:
            await socket.send_text("a")
        except WebSocketDisconnect as error:
            expect((error.code, error.reason), (1001, "why"))
        else:
            raise SystemExit("no error")
        for work in (lambda: socket.close(1), lambda: socket.accept("a b"), lambda: socket.deny(1)):
            try:
                await work()
            except ImproperlyConfiguredException:
                pass
            else:
                raise SystemExit("no error")

asyncio.run(main())
print("done")
"""


@pytest.mark.parametrize(
    "options", [("-O",), ("-OO",), ("-W", "error"), ("-X", "dev", "-W", "error"), ("-bb",)], ids=" ".join
)
def test_interpreter_options(options: tuple[str, ...]) -> None:
    assert check_python(PRELUDE + TYPICAL, *options) == "done\n"


def test_asyncio_debug_mode() -> None:
    assert check_python(PRELUDE + TYPICAL, env={"PYTHONASYNCIODEBUG": "1"}) == "done\n"


def test_in_many_threads() -> None:
    code = """
import threading
errors = []

async def talk():
    for _ in range(50):
        socket = WebSocket(scope(), receiver(*[text(str(number)) for number in range(10)]), send)
        received = []
        async for item in socket.iter_data():
            received.append(item)
            if socket.connection_state != "disconnect":
                await socket.send_text(item)
        assert received == [str(number) for number in range(10)]

def work():
    try:
        asyncio.run(talk())
    except BaseException as error:
        errors.append(error)

threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not errors, errors
"""
    check_python(PRELUDE + code)


@pytest.mark.skipif(not litecon.COMPILED, reason="the bound is the compiled side's")
def test_memory_of_an_idle_socket() -> None:
    code = """
scopes = [scope() for _ in range(1000)]
sockets = [None] * 1000
tracemalloc.start()
before = tracemalloc.get_traced_memory()[0]
for index in range(1000):
    sockets[index] = WebSocket(scopes[index])
size = (tracemalloc.get_traced_memory()[0] - before) / 1000
assert size <= 400, size
"""
    check_python(PRELUDE + code)


class TestTheNextOneIsPristine:
    def test_what_was_received_is_the_callers(self, side: Any) -> None:
        def read() -> list[Any]:
            socket, _ = at(side, "accepted", text('{"a":[1]}'), binary(b"\x81\xa1a\x91\x01"))
            return [drive(socket.receive_json()), drive(socket.receive_msgpack())]

        expected = read()
        for value in read():
            value["a"].append("spoiled")
            value["b"] = "spoiled"
        assert read() == expected == [{"a": [1]}, {"a": [1]}]

    def test_events_that_are_sent(self, side: Any) -> None:
        def send() -> list[Any]:
            socket, server = at(side, "init", CONNECT)
            drive(socket.accept())
            drive(socket.send_text("a"))
            drive(socket.close())
            events: list[Any] = server.sent
            return events

        before = [dict(event) for event in send()]
        for event in send():
            if "headers" in event:
                event["headers"].append((b"spoiled", b"yes"))
            event["spoiled"] = True
        assert send() == before

    def test_state_is_not_shared(self, side: Any) -> None:
        first, _ = at(side, "closed")
        second, server = at(side, "init", CONNECT, text("a"))
        assert first.connection_state == "disconnect"
        assert drive(second.receive_text()) == "a"
        assert error_of(first.receive_text()).code == 4001  # type: ignore[attr-defined]
        drive(second.send_text("b"))
        assert len(server.sent) == 2


class TestObject:
    def test_weak_references(self, side: Any) -> None:
        gc.disable()
        try:
            socket, _ = at(side, "open")
            iterator = socket.iter_data()
            references = [weakref.ref(socket), weakref.ref(iterator)]
            del socket
            assert references[0]() is not None
            del iterator
            assert [reference() for reference in references] == [None, None]
        finally:
            gc.enable()

    def test_a_cycle_is_collected(self, side: Any) -> None:
        socket, _ = at(side, "open")
        reference = weakref.ref(socket)
        socket.scope["socket"] = socket
        socket.scope["iterator"] = socket.iter_data()
        socket.receive = socket.receive_text
        del socket
        gc.collect()
        assert reference() is None

    @pytest.mark.parametrize("work", [copy.copy, copy.deepcopy, pickle.dumps], ids=lambda work: work.__name__)
    def test_no_copies(self, side: Any, work: Any) -> None:
        for socket in (at(side, "init")[0], at(side, "open")[0]):
            with pytest.raises(TypeError, match="WebSocket"):
                work(socket)

    def test_identity(self, side: Any) -> None:
        first, _ = at(side, "init")
        second = side.WebSocket(first.scope, first.receive, first.send)
        assert first == first and first != second
        assert len({first, second}) == 2

    def test_repr(self, side: Any) -> None:
        socket, _ = at(side, "init", headers=[(b"cookie", b"secret"), (b"authorization", b"secret")], path="/chat")
        assert repr(socket) == "<WebSocket websocket '/chat'>"
        drive(socket.close(1000, "secret"))
        for thing in (socket, socket.receive, socket.send, socket.iter_data()):
            assert "secret" not in repr(thing)

    def test_messages_of_errors_have_no_data(self, side: Any) -> None:
        secret = "secret" * 20
        errors = []
        for state, event, call in (
            ("accepted", text(secret), lambda socket: socket.receive_bytes()),
            ("accepted", binary(secret.encode()), lambda socket: socket.receive_text()),
            ("accepted", text(f'["{secret}"'), lambda socket: socket.receive_json()),
            ("accepted", text(f'["{secret}"]'), lambda socket: socket.receive_json(type=list[int])),
            ("accepted", text(secret), lambda socket: socket.receive_json()),
            ("accepted", binary(b"\xd9" + secret.encode()), lambda socket: socket.receive_msgpack()),
            ("accepted", {"type": "websocket.receive", "text": [secret]}, lambda socket: socket.receive_text()),
            ("accepted", {"type": "other", "reason": secret}, lambda socket: socket.receive_text()),
            ("accepted", [secret], lambda socket: socket.receive_text()),
            ("connect", None, lambda socket: socket.send_text(secret)),
            ("connect", None, lambda socket: socket.accept(headers={"cookie": f"{secret}\r\n"})),
            ("open", None, lambda socket: socket.send_text(object())),
            ("open", None, lambda socket: socket.send({"type": "websocket.send", "text": secret.encode()})),
            ("open", None, lambda socket: socket.send({"type": "websocket.close", "reason": secret * 3})),
            ("open", None, lambda socket: socket.close(1000, secret * 3)),
            ("open", None, lambda socket: socket.accept()),
        ):
            socket, _ = at(side, state, *([] if event is None else [event]))
            errors.append(error_of(call(socket)))
        for error in errors:
            assert "secret" not in str(error) and "secret" not in repr(error), repr(error)
            assert len(str(error)) < 400

    def test_a_reason_is_kept_apart_from_other_exceptions(self, side: Any) -> None:
        socket, _ = at(side, "accepted", disconnect(code=4000, reason="secret"))
        error = error_of(socket.receive_text())
        assert (error.code, error.reason, error.detail) == (4000, "secret", "secret")  # type: ignore[attr-defined]
        state_error = error_of(at(side, "connect")[0].receive_text())
        assert "secret" not in str(state_error)


CLEARED = (
    PRELUDE
    + """
import sys

def use(socket, receive, send, number):
    uses = (
        lambda: socket.connection_state, lambda: setattr(socket, "connection_state", "connect"),
        lambda: socket.receive, lambda: setattr(socket, "receive", None), lambda: delattr(socket, "receive"),
        lambda: socket.send, lambda: setattr(socket, "send", None), lambda: delattr(socket, "send"),
        lambda: receive().send(None), lambda: send({"type": "websocket.close"}).send(None),
        lambda: socket.receive_wrapper(None), lambda: socket.send_wrapper(None), lambda: socket.__init__(scope()),
        lambda: socket.accept().send(None), lambda: socket.receive_text().send(None),
    )
    if number < len(uses):
        try:
            uses[number]()
        except Exception:
            pass

class Waiting:
    def __await__(self): return self
    def __iter__(self): return self
    def __next__(self): return None
    def close(self):
        # called as the operation is freed, when its socket was cleared
        if hasattr(self, "seen"):
            print("used")
            use(*self.seen)

async def send(event): pass

def make(number):
    events = [CONNECT]
    waiting = []
    async def connected(): return events.pop()
    socket = WebSocket(scope(), lambda: connected() if events else waiting.pop(), send)
    try:
        socket.accept().send(None)
    except StopIteration:
        pass
    # the collector clears the older first
    holder = []
    last = Waiting()
    waiting.append(last)
    last.seen = (socket, socket.receive, socket.send, number)
    last.holder = holder
    operation = socket.receive_text()
    operation.send(None)
    holder.append(operation)

for number in range(15):
    make(number)
    gc.collect()
print("still here")
"""
)


def test_what_the_collector_frees_may_use_a_socket_that_it_has_cleared() -> None:
    assert check_python(CLEARED, "-W", "ignore").split("\n")[:16] == ["used"] * 15 + ["still here"]
