"""`Request`: the values that it reads from headers, mocks and overridden methods, the push promise."""

from __future__ import annotations

import inspect
import sys
import warnings
from typing import Any, ClassVar
from unittest import mock

import pytest

import litecon
from litecon import (
    Accept,
    ClientException,
    ImproperlyConfiguredException,
    Limits,
    LiteconException,
    LiteconWarning,
    Request,
    RequestEntityTooLarge,
)

from ..helpers import Receiver, Sender, await_, body_events, http_scope, with_header


def make(*chunks: bytes, **changes: Any) -> Request[Any, Any, Any]:
    return Request(http_scope(method="POST", **changes), Receiver(body_events(*chunks)))


def test_method() -> None:
    assert Request(http_scope(method="PATCH")).method == "PATCH"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"text/plain", ("text/plain", {})),
        (b"Text/HTML; Charset=UTF-8", ("text/html", {"charset": "UTF-8"})),
        (b'text/html; charset="utf-8"; x="a;b\\"c"', ("text/html", {"charset": "utf-8", "x": 'a;b"c'})),
        (b"text/html;charset=a;charset=b", ("text/html", {"charset": "a"})),
        (b"application/vnd.x+json ; v=1", ("application/vnd.x+json", {"v": "1"})),
        (b"text", ("application/octet-stream", {})),
        (b"text/", ("application/octet-stream", {})),
        (b"/html", ("application/octet-stream", {})),
        (b"te xt/html", ("application/octet-stream", {})),
        (b";charset=utf-8", ("application/octet-stream", {})),
        (b"text/\xff", ("application/octet-stream", {})),
    ],
)
def test_content_type(value: bytes, expected: Any) -> None:
    assert Request(with_header("Content-Type", value)).content_type == expected


def test_no_content_type() -> None:
    assert Request(http_scope()).content_type == ("", {})


@pytest.mark.parametrize(("value", "expected"), [(b"0", 0), (b"5", 5), (b"005", 5), (b"10485760", 10485760)])
def test_content_length(value: bytes, expected: int) -> None:
    assert Request(with_header("content-length", value)).content_length == expected


def test_no_content_length() -> None:
    assert Request(http_scope()).content_length is None


def test_accept() -> None:
    accept = Request(with_header("accept", b"text/html;q=0.5, application/json")).accept
    assert isinstance(accept, Accept)
    assert accept.best_match(["text/html", "application/json"]) == "application/json"


def test_no_accept_header_accepts_everything() -> None:
    accept = Request(http_scope()).accept
    assert accept.accepts("image/png")
    assert accept.best_match(["text/html", "application/json"]) == "text/html"


def test_is_connected() -> None:
    assert Request(http_scope()).is_connected is True


@pytest.mark.parametrize(
    ("extensions", "expected"),
    [
        (..., False),
        (None, False),
        ({}, False),
        ({"http.response.push": {}}, True),
        ({"http.response.push": None}, True),
        (5, False),
        (object(), False),
        (b"http.response.push", False),
    ],
)
def test_supports_push_promise(extensions: Any, expected: bool) -> None:
    assert Request(http_scope(extensions=extensions)).supports_push_promise is expected


@pytest.mark.parametrize("extensions", [5, True, 1.5, pytest.param(object(), id="object"), b"http.response.early_hint"])
def test_extensions_that_no_name_can_be_in_offer_nothing(extensions: Any) -> None:
    request = Request(http_scope(extensions=extensions))
    assert (request.supports_push_promise, request.supports_early_hints) == (False, False)


class Overridden(str):
    """What is checked is not what its methods give."""

    __slots__ = ()

    def encode(self, *args: Any) -> bytes:
        return b"</a>\r\nx: y"

    def __str__(self) -> str:
        return "/a\r\n"


def test_what_is_checked_is_what_is_sent(side: Any) -> None:
    sender = Sender()
    extensions = {"http.response.push": {}, "http.response.early_hint": {}}
    request = side.Request(http_scope(extensions=extensions, headers=[]), None, sender)
    await_(request.send_push_promise(Overridden("/a")))
    await_(request.send_early_hints(Overridden("</a>")))
    assert [type(event.get("path")) for event in sender.events] == [str, type(None)]
    assert sender.events == [
        {"type": "http.response.push", "path": "/a", "headers": []},
        {"type": "http.response.early_hint", "links": [b"</a>"]},
    ]


class TestPushPromise:
    def test_sends_the_event(self) -> None:
        sender = Sender()
        headers = [
            (b"Accept", b"*/*"),
            (b"accept-encoding", b"gzip"),
            (b"accept-language", b"de"),
            (b"cache-control", b"no-cache"),
            (b"user-agent", b"x"),
            (b"cookie", b"secret=1"),
            (b"authorization", b"secret"),
        ]
        scope = http_scope(headers=headers, extensions={"http.response.push": {}})
        await_(Request(scope, send=sender).send_push_promise("/style.css"))
        assert sender.events == [
            {
                "type": "http.response.push",
                "path": "/style.css",
                "headers": [(name.lower(), value) for name, value in headers[:5]],
            }
        ]

    def test_warns_where_it_is_not_offered(self) -> None:
        sender = Sender()
        with pytest.warns(LiteconWarning, match="push"):
            await_(Request(http_scope(), send=sender).send_push_promise("/style.css"))
        assert sender.events == []

    def test_raises_where_it_is_not_offered(self) -> None:
        with warnings.catch_warnings(), pytest.raises(LiteconException, match="push"):
            await_(Request(http_scope()).send_push_promise("/style.css", raise_if_unavailable=True))

    @pytest.mark.parametrize(
        "path",
        ["", "*", "style.css", "http://x/", "/a\r\nb", "/a\0", "/a b", "/\xfc", "/a#b", b"/a", None, 5],
        ids=ascii,
    )
    def test_refuses_what_is_no_path(self, path: Any) -> None:
        sender = Sender()
        for extensions in ({"http.response.push": {}}, {}):
            with pytest.raises(ImproperlyConfiguredException, match="the path is"):
                await_(Request(http_scope(extensions=extensions), send=sender).send_push_promise(path))
        assert sender.events == []

    @pytest.mark.parametrize("value", [b"a\r\nb: c", b"a\n", b"\0"])
    def test_refuses_header_values_that_cannot_be_sent(self, value: bytes) -> None:
        sender = Sender()
        scope = http_scope(headers=[(b"accept", value)], extensions={"http.response.push": {}})
        with pytest.raises(ImproperlyConfiguredException, match="CR, LF or NUL"):
            await_(Request(scope, send=sender).send_push_promise("/a"))
        assert sender.events == []


class TestEarlyHints:
    OFFERED: ClassVar[dict[str, Any]] = {"http.response.early_hint": {}}

    def test_is_offered(self) -> None:
        assert Request(http_scope(extensions=self.OFFERED)).supports_early_hints is True
        assert Request(http_scope(extensions={"http.response.push": {}})).supports_early_hints is False
        assert Request(http_scope(extensions=None)).supports_early_hints is False

    def test_the_scope_is_asked_as_for_a_push_promise(self) -> None:
        class Lazy(dict[str, Any]):
            def __missing__(self, key: str) -> Any:
                if key != "extensions":
                    raise KeyError(key)
                return {"http.response.early_hint": {}, "http.response.push": {}}

        request = Request[Any, Any, Any](Lazy(http_scope(extensions=...)))
        assert (request.supports_early_hints, request.supports_push_promise) == (True, True)

    def test_links(self) -> None:
        sender = Sender()
        links = [
            "</a.css>; rel=preload; as=style",
            b'<https://x.org/?a=b,c>;rel="pre load";crossorigin, </b>; rel=next',
            "<>",
        ]
        request = Request(http_scope(extensions=self.OFFERED), send=sender)
        await_(request.send_early_hints(*links))
        await_(request.send_early_hints())
        assert sender.events == [
            {
                "type": "http.response.early_hint",
                "links": [link if isinstance(link, bytes) else link.encode() for link in links],
            }
        ]

    @pytest.mark.parametrize(
        "link",
        [
            "",
            "/a.css",
            "</a>\r\nx: y",
            "</a>; rel=a\n",
            "</a\0>",
            "<a",
            "</a b>",
            "</\u0150>",
            "</a>; =b",
            "</a>,",
            5,
            None,
        ],
        ids=ascii,
    )
    def test_refuses_what_is_no_link(self, link: Any) -> None:
        sender = Sender()
        for extensions in (self.OFFERED, {}):
            with pytest.raises(ImproperlyConfiguredException, match="the link is"):
                await_(Request(http_scope(extensions=extensions), send=sender).send_early_hints("</a>", link))
        assert sender.events == []

    def test_where_it_is_not_offered(self) -> None:
        sender = Sender()
        with pytest.warns(LiteconWarning, match="early hints"):
            await_(Request(http_scope(), send=sender).send_early_hints("</a>"))
        with pytest.raises(LiteconException, match="early hints"):
            await_(Request(http_scope(), send=sender).send_early_hints("</a>", raise_if_unavailable=True))
        assert sender.events == []


class TestOverriding:
    @pytest.mark.parametrize(("method", "body"), [("json", b'{"a": 1}'), ("msgpack", b"\x81\xa1a\x01")])
    def test_body_of_a_subclass(self, method: str, body: bytes) -> None:
        class Sub(Request[Any, Any, Any]):
            async def body(self) -> bytes:
                return body

        assert await_(getattr(Sub(http_scope()), method)()) == {"a": 1}

    @pytest.mark.parametrize(("method", "body"), [("json", b"[1]"), ("msgpack", b"\x91\x01")])
    def test_body_mocked_on_the_class(self, method: str, body: bytes) -> None:
        with mock.patch.object(Request, "body", return_value=body) as mocked:
            assert await_(getattr(make(b"null"), method)()) == [1]
        mocked.assert_awaited_once()
        assert await_(getattr(make(body), method)()) == [1]

    def test_body_calls_super(self) -> None:
        class Sub(Request[Any, Any, Any]):
            async def body(self) -> bytes:
                return (await super().body()).replace(b"1", b"2")

        assert await_(Sub(http_scope(), Receiver(body_events(b"[1", b"]"))).json()) == [2]

    @pytest.mark.parametrize(("method", "expected"), [("body", b"[1,2]"), ("json", [1, 2])])
    def test_stream_of_a_subclass(self, method: str, expected: Any) -> None:
        class Sub(Request[Any, Any, Any]):
            async def stream(self) -> Any:
                yield b"[1,"
                yield b"2]"
                yield b""

        request = Sub(http_scope())
        assert await_(getattr(request, method)()) == expected
        assert await_(request.body()) == b"[1,2]"

    def test_stream_mocked_on_the_class(self) -> None:
        async def stream(self: object) -> Any:
            yield b"mocked"

        with mock.patch.object(Request, "stream", stream):
            assert await_(make(b"real").body()) == b"mocked"
        assert await_(make(b"real").body()) == b"real"

    def test_mock_with_an_instance_that_exists(self) -> None:
        request = make(b"[1]")
        with mock.patch.object(Request, "body", return_value=b"[2]"):
            assert await_(request.json()) == [2]

    def test_json_mocked_on_the_class(self) -> None:
        with mock.patch.object(Request, "json", return_value=5):
            assert await_(make(b"1").json()) == 5
        assert await_(make(b"1").json()) == 1

    def test_receive_replaced_on_an_instance(self) -> None:
        request = make(b"first")
        request.receive = Receiver(body_events(b"sec", b"ond"))
        assert await_(request.body()) == b"second"

    def test_receive_replaced_in_the_middle(self) -> None:
        async def main() -> bytes:
            request = Request[Any, Any, Any](
                http_scope(), Receiver([{"type": "http.request", "body": b"a", "more_body": True}])
            )
            stream = request.stream()
            first = await stream.__anext__()
            request.receive = Receiver(body_events(b"b"))
            return first + b"".join([chunk async for chunk in request.stream()])

        assert await_(main()) == b"ab"

    def test_limits_of_a_subclass(self) -> None:
        class Sub(Request[Any, Any, Any]):
            limits = Limits(max_body_size=3)

        assert await_(Sub(http_scope(), Receiver(body_events(b"abc"))).body()) == b"abc"
        with pytest.raises(litecon.RequestEntityTooLarge):
            await_(Sub(http_scope(), Receiver(body_events(b"abcd"))).body())

    def test_limits_patched_on_the_class(self) -> None:
        with (
            mock.patch.object(Request, "limits", Limits(max_body_size=1)),
            pytest.raises(litecon.RequestEntityTooLarge),
        ):
            await_(make(b"ab").body())
        assert await_(make(b"ab").body()) == b"ab"

    def test_receive_that_is_no_coroutine_function(self) -> None:
        class Awaitable:
            def __await__(self) -> Any:
                return iter(())

        class Given:
            def __await__(self) -> Any:
                yield from ()
                return {"type": "http.request", "body": b"x"}

        assert await_(Request(http_scope(), lambda: Given()).body()) == b"x"
        with pytest.raises(litecon.ImproperlyConfiguredException, match="NoneType"):
            await_(Request(http_scope(), lambda: Awaitable()).body())  # type: ignore[arg-type, return-value]

    def test_receive_that_is_not_awaitable(self) -> None:
        with pytest.raises(TypeError, match="await"):
            await_(Request(http_scope(), lambda: 5).body())  # type: ignore[arg-type, return-value]


ASYNC_METHODS = ("body", "json", "msgpack", "is_disconnected", "drain", "send_push_promise", "send_early_hints")


@pytest.mark.parametrize("name", ASYNC_METHODS)
class TestAsyncMethods:
    def test_is_a_coroutine_function(self, name: str) -> None:
        assert inspect.iscoroutinefunction(getattr(Request, name))

    def test_has_a_docstring(self, name: str) -> None:
        assert inspect.getdoc(getattr(Request, name))

    def test_names(self, name: str) -> None:
        assert getattr(Request, name).__name__ == name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("body", "(self)"),
        ("stream", "(self)"),
        ("json", "(self, type=typing.Any)"),
        ("msgpack", "(self, type=typing.Any)"),
        ("is_disconnected", "(self)"),
        ("send_push_promise", "(self, path, raise_if_unavailable=False)"),
    ],
)
def test_signature(name: str, expected: str) -> None:
    signature = inspect.signature(getattr(Request, name))
    bare = signature.replace(
        parameters=[parameter.replace(annotation=parameter.empty) for parameter in signature.parameters.values()],
        return_annotation=signature.empty,
    )
    assert str(bare) == expected


@pytest.mark.parametrize("name", ["body", "json", "msgpack"])
def test_never_awaited(name: str) -> None:
    with pytest.warns(RuntimeWarning, match=f"{name}' was never awaited"):
        getattr(make(b"1"), name)()
        import gc

        gc.collect()


def test_awaited_twice() -> None:
    async def main() -> None:
        operation = make(b"x").body()
        assert await operation == b"x"
        with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
            await operation

    await_(main())


@pytest.mark.parametrize(
    "value", [b"+5", b"-1", b"1_0", b" 5 ", b"5,5", "\u0661".encode(), b"\xb2", b"", b"5x", b"0x5", b"9" * 5000 + b"x"]
)
def test_invalid_content_length(value: bytes) -> None:
    request = Request(with_header("content-length", value))
    with pytest.raises(ClientException, match="Content-Length") as info:
        request.content_length  # noqa: B018
    assert info.value.status_code == 400
    assert len(info.value.detail) < 300


@pytest.mark.parametrize(
    ("value", "length"),
    [
        (b"0", 0),
        (b"007", 7),
        (b"0" * 5000 + b"7", 7),
        (b"9" * 18, 10**18 - 1),
        (b"9" * 19, 10**19 - 1),
        (str(sys.maxsize).encode(), sys.maxsize),
        (str(sys.maxsize + 1).encode(), sys.maxsize + 1),
        (b"9" * 100, 10**100 - 1),
    ],
)
def test_content_length_of_any_number_of_digits(value: bytes, length: int) -> None:
    assert Request(with_header("content-length", value)).content_length == length


@pytest.mark.parametrize("digits", [101, 5000, 60_000])
def test_content_length_beyond_any_body_is_too_large_and_no_wrong_syntax(digits: int) -> None:
    request = Request(with_header("content-length", b"9" * digits))
    with pytest.raises(RequestEntityTooLarge, match="Content-Length") as info:
        request.content_length  # noqa: B018
    assert info.value.status_code == 413
    assert len(info.value.detail) < 300


@pytest.mark.parametrize("digits", [18, 19, 20, 101, 5000])
def test_a_content_length_of_many_digits_ends_a_read_early(digits: int) -> None:
    receive = Receiver(body_events(b"body"))
    request = Request(with_header("content-length", b"9" * digits), receive)
    with pytest.raises(RequestEntityTooLarge, match="the body is larger"):
        await_(request.body())
    assert await_(Request(with_header("content-length", b"0" * 5000 + b"4"), receive).body()) == b"body"


def test_several_accept_lines_are_one_list() -> None:
    request = Request(with_header("accept", b"text/html;q=0.5", b"application/json", b"", b"image/*;q=0.1, a/b"))
    assert list(request.accept) == ["application/json", "a/b", "text/html;q=0.5", "image/*;q=0.1"]
    assert request.accept.best_match(["text/html", "application/json"]) == "application/json"
    assert request.accept.best_match(["image/png", "text/html"]) == "text/html"
    assert not request.accept.accepts("text/plain")
