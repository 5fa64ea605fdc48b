"""The connections of one request share what one of them has read or parsed, whether litecon's or Litestar's."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import litestar
import pytest
from litestar.datastructures import URL, FormMultiDict, Headers, MultiDict, UploadFile
from litestar.datastructures.headers import Accept
from litestar.types import Empty
from litestar.utils.scope.state import CONNECTION_STATE_KEY, ScopeState

from ..helpers import Receiver, await_, body_events
from .scopes import litestar_scope

HEADERS = [
    (b"host", b"example.org"),
    (b"cookie", b"a=b; c=d"),
    (b"content-type", b"application/json; charset=utf-8"),
    (b"accept", b"text/html, */*;q=0.1"),
]
TYPES = {
    "url": URL,
    "base_url": URL,
    "headers": Headers,
    "query_params": MultiDict,
    "cookies": dict,
    "content_type": tuple,
    "accept": Accept,
}
FIELDS = {"query_params": "parsed_query"}
SLOTS = ["url", "base_url", "cookies", "content_type", "accept"]
READING = {"body": b'{"a": [1]}', "json": {"a": [1]}}


def scope(**changes: Any) -> dict[str, Any]:
    return litestar_scope(query_string=b"a=1&a=2", headers=list(HEADERS), method="POST", **changes)


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_what_was_parsed_is_shared(dropin: Any, name: str, first: str) -> None:
    shared = scope()
    ours, theirs = dropin.Request(shared), litestar.Request(shared)
    pair = (ours, theirs) if first == "ours" else (theirs, ours)
    one, other = (getattr(request, name) for request in pair)
    assert isinstance(one, TYPES[name])
    assert one == other
    if name != "query_params":
        assert one is other
    assert getattr(ScopeState.from_scope(shared), FIELDS.get(name, name)) is not Empty


@pytest.mark.parametrize("name", READING)
@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_what_was_read_is_shared(dropin: Any, name: str, first: str) -> None:
    shared, receive = scope(), Receiver(body_events(b'{"a": ', b"[1]}"))
    ours, theirs = dropin.Request(shared, receive), litestar.Request(shared, receive)
    pair = (ours, theirs) if first == "ours" else (theirs, ours)
    one, other = (await_(getattr(request, name)()) for request in pair)
    assert one == READING[name]
    assert one is other
    assert receive.calls == 2


@pytest.mark.parametrize("first", ["ours", "theirs"])
@pytest.mark.parametrize("encoding", ["urlencoded", "multipart"])
def test_a_form_is_shared(dropin: Any, first: str, encoding: str) -> None:
    if encoding == "urlencoded":
        content_type, body = b"application/x-www-form-urlencoded", b"a=1&b=%20&a=2"
        expected = [("a", "1"), ("a", "2"), ("b", " ")]
    else:
        content_type = b"multipart/form-data; boundary=x"
        body = (
            b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n'
            b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n2\r\n'
            b'--x\r\ncontent-disposition: form-data; name="f"; filename="n"\r\n\r\n3\r\n--x--\r\n'
        )
        expected = [("a", "1"), ("a", "2")]
    shared = litestar_scope(headers=[(b"content-type", content_type)], method="POST")
    receive = Receiver(body_events(body[:20], body[20:]))
    pair = [dropin.Request(shared, receive), litestar.Request(shared, receive)]
    forms = [await_(request.form()) for request in (pair if first == "ours" else pair[::-1])]
    for form in forms:
        assert isinstance(form, FormMultiDict)
        files = [value for value in form.values() if isinstance(value, UploadFile)]
        assert sorted((key, value) for key, value in form.multi_items() if value not in files) == expected
        assert len(files) == (encoding == "multipart")
    # the raw mapping, of which the handler makes a form again to close the files
    raw = ScopeState.from_scope(shared).form
    assert type(raw) is dict
    assert raw["a"] == ["1", "2"]
    await_(forms[0].close())


def test_a_form_of_another_kind_is_empty(dropin: Any) -> None:
    request = dropin.Request(scope(), Receiver())
    assert list(await_(request.form())) == []
    assert ScopeState.from_scope(request.scope).form == {}
    assert await_(request.form()) is await_(request.form())


@pytest.mark.parametrize("name", SLOTS)
def test_first_the_instance_then_the_state(dropin: Any, name: str) -> None:
    request, mark = dropin.Request(scope()), object()
    setattr(request, f"_{name}", mark)
    setattr(request._connection_state, name, object())
    assert getattr(request, name) is mark
    setattr(request, f"_{name}", Empty)
    setattr(request._connection_state, name, mark)
    assert getattr(request, name) is mark
    assert getattr(request, f"_{name}") is mark


@pytest.mark.parametrize("name", ["body", "json", "msgpack"])
def test_first_the_instance_then_the_state_then_the_server(dropin: Any, name: str) -> None:
    request, mark = dropin.Request(scope()), object()
    setattr(request, f"_{name}", mark)
    assert await_(getattr(request, name)()) is mark
    setattr(request, f"_{name}", Empty)
    setattr(request._connection_state, name, mark)
    assert await_(getattr(request, name)()) is mark
    assert getattr(request, f"_{name}") is mark


def test_the_query_extractors_field(dropin: Any) -> None:
    request = dropin.Request(scope())
    assert request._parsed_query is Empty
    ScopeState.from_scope(request.scope).parsed_query = (("x", "y"),)
    assert dict(request.query_params) == {"x": "y"}
    assert request._parsed_query == (("x", "y"),)


def test_the_session_id_is_shared(dropin: Any) -> None:
    shared = scope()
    theirs, ours = litestar.Request(shared), dropin.Request(shared)
    theirs._connection_state.session_id = "id"
    assert ours.get_session_id() == "id"
    ours.clear_session()
    assert theirs.get_session_id() is None


def test_a_replaced_scope_state_is_obeyed(dropin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str]] = []

    class Watching(ScopeState):
        def __getattribute__(self, name: str) -> Any:
            seen.append(("get", name))
            return super().__getattribute__(name)

        def __setattr__(self, name: str, value: Any) -> None:
            seen.append(("set", name))
            super().__setattr__(name, value)

    monkeypatch.setattr("litestar.connection.base.ScopeState", Watching)
    request = dropin.Request(scope(), Receiver(body_events(b"[]")))
    seen.clear()
    assert await_(request.json()) == []
    names = [entry for entry in seen if entry[1] in ("json", "body")]
    assert names == [("get", "json"), ("get", "body"), ("set", "body"), ("set", "json")]
    for name in SLOTS:
        seen.clear()
        getattr(request, name)
        assert [entry for entry in seen if entry[1] == name] == [("get", name), ("set", name)]


def test_nothing_parsed_reaches_another_request(dropin: Any) -> None:
    def read(request: Any) -> list[Any]:
        form = dropin.Request(
            litestar_scope(headers=[(b"content-type", b"application/x-www-form-urlencoded")], method="POST"),
            Receiver(body_events(b"a=1&a=2")),
        )
        await_(form.form())
        return [
            request.cookies,
            request.query_params,
            request.content_type[1],
            request.url.query_params,
            request._connection_state.cookies,
            form._connection_state.form,
            form._connection_state.form["a"],
        ]

    first = read(dropin.Request(scope()))
    kept = [deepcopy(list(value) if isinstance(value, list) else dict(value)) for value in first]
    for value in first:
        if isinstance(value, list):
            value.append("changed")
        else:
            value["changed"] = "changed"
    second = read(dropin.Request(scope()))
    assert [list(value) if isinstance(value, list) else dict(value) for value in second] == kept


@pytest.mark.parametrize("kind", ["ASGIConnection", "Request", "WebSocket"])
def test_a_key_that_removes_the_state_while_it_is_searched(dropin: Any, kind: str) -> None:
    """The state that is searched is held meanwhile."""

    class Key:
        def __hash__(self) -> int:
            return hash(CONNECTION_STATE_KEY)

        def __eq__(self, other: object) -> bool:
            shared.pop("state", None)
            # these take the memory of what was freed
            others.extend({str(number): number for number in range(8)} for _ in range(100))
            return False

    for _ in range(20):
        others: list[Any] = []
        state = ScopeState()
        shared = litestar_scope(type="websocket" if kind == "WebSocket" else "http")
        shared["state"] = {Key(): 1, CONNECTION_STATE_KEY: state}
        assert getattr(dropin, kind)(shared)._connection_state is state


@pytest.mark.parametrize("stored", [None, 0, "text", b"bytes", (), object], ids=ascii)
def test_what_is_not_a_reader_is_replaced(dropin: Any, stored: Any) -> None:
    shared = litestar_scope(method="POST", **{"litecon.body": stored})
    request = dropin.Request(shared, Receiver(body_events(b"a", b"b")))
    assert request.is_connected
    assert await_(request.body()) == b"ab"
    assert not request.is_connected
    assert shared["litecon.body"] is request.body_reader
