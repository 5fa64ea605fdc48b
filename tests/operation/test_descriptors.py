"""Nothing that Python code does to a kernel's object crashes, even before the object is initialised."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from .isolated import isolated
from .running import ends_the_process, takes_long

pytestmark = [pytest.mark.slow, ends_the_process]


@pytest.mark.skipif(sys.platform == "win32", reason="each object is tried in a process that is forked")
@takes_long
def test_descriptors_of_the_kernels_do_not_crash(side: Any) -> None:
    """Each is deleted, set to anything and read, on what was constructed and on what `__new__` alone has made."""
    if not side.COMPILED:
        pytest.skip("Python code does not crash")
    printed = isolated("misuse('compiled')", "isolated_descriptors")
    assert printed == ""


@takes_long
def test_methods_of_the_kernels_check_self(side: Any) -> None:
    """As those of built-in classes do, they raise TypeError for an object that is not an instance."""
    if not side.COMPILED:
        pytest.skip("Python code takes any object as self")
    assert isolated("call_with_wrong_self('compiled')", "isolated_descriptors") == ""


@pytest.mark.skipif(sys.platform == "win32", reason="each object is tried in a process that is forked")
@takes_long
def test_what_the_collector_has_cleared_does_not_crash(side: Any) -> None:
    """A finalizer that the collector runs finds objects that it has cleared already, and uses them."""
    if not side.COMPILED:
        pytest.skip("Python code does not crash")
    assert isolated("use_cleared('compiled')", "isolated_descriptors") == ""


CALLABLES = ("scope", "receive", "send")


def said_of(cls: Any, base: Any, name: str) -> list[str]:
    """Return what is said by the descriptors of a class where one is deleted and read, on an object of another."""

    async def receive() -> Any: ...

    async def send(event: Any) -> None: ...

    scope: dict[str, Any] = {"type": "http", "headers": []}
    connection = cls(scope, receive, send)
    descriptor = vars(base)[name]
    said = []
    for act in (
        lambda: descriptor.__get__(connection) is not None,
        lambda: descriptor.__delete__(connection),
        lambda: descriptor.__get__(connection) is not None,
        lambda: descriptor.__delete__(connection),
        lambda: descriptor.__set__(connection, scope),
        lambda: descriptor.__get__(connection) is not None,
    ):
        try:
            said.append(repr(act()))
        except Exception as error:
            said.append(type(error).__name__)
    return said


@pytest.mark.parametrize("kind", ["ASGIConnection", "Request"])
@pytest.mark.parametrize("name", CALLABLES)
def test_a_deleted_member_is_missing(side: Any, kind: str, name: str) -> None:
    """As with a slot, reading it raises AttributeError, and so does deleting it again."""
    said = said_of(getattr(side, kind), side._core.ConnectionBase, name)
    assert said == ["True", "None", "AttributeError", "AttributeError", "None", "True"]


@pytest.mark.parametrize("name", ["receive", "send"])
@pytest.mark.parametrize("is_asked", [False, True])
def test_a_deleted_callable_of_a_socket_is_litecons_own(side: Any, name: str, is_asked: bool) -> None:
    """What was installed is gone, also where nothing was or where it is deleted again."""
    socket = side.WebSocket({"type": "websocket", "headers": []}, None, None)
    if is_asked:
        setattr(socket, name, print)
    for _ in range(2):
        delattr(socket, name)
    assert type(getattr(socket, name)).__name__ == f"Socket{name.title()}"


def test_the_state_of_a_socket_cannot_be_deleted(side: Any) -> None:
    socket = side.WebSocket({"type": "websocket", "headers": []}, None, None)
    with pytest.raises(AttributeError, match="property 'connection_state' of 'WebSocket' object has no deleter"):
        del socket.connection_state
    assert socket.connection_state == "init"
