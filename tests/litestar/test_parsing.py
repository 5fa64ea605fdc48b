"""The drop-in's parsers return the same results as Litestar's."""

from __future__ import annotations

from typing import Any

import litestar
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from litestar._parsers import parse_url_encoded_form_data
from litestar.datastructures import URL
from litestar.exceptions import ClientException

from ..helpers import outcome
from ..sides import load_module
from .scopes import litestar_scope

raw = st.binary(max_size=60) | st.text("ab=&;%+ \"\\,/.'12fF\t", max_size=60).map(str.encode)


def both(dropin: Any, name: str, **changes: Any) -> None:
    ours = dropin.Request(litestar_scope(**changes))
    theirs = litestar.Request(litestar_scope(**changes))
    assert outcome(lambda: getattr(ours, name)) == outcome(lambda: getattr(theirs, name))


def test_queries(dropin: Any) -> None:
    @given(raw)
    @example(b"a=1;b=2&a&=x&&%&%zz&%ff&+&%2B\xe4")
    def check(query: bytes) -> None:
        both(dropin, "query_params", query_string=query)

    check()


def test_forms(dropin: Any) -> None:
    parse_form = load_module("compiled", "_core").litestar_kernels().parse_form

    @given(raw)
    @example(b"a=1&b=2&a=&a=%C3%A4&=&c&+d=%zz\xe4")
    @example(b"a=1&a=2")
    def check(body: bytes) -> None:
        form = parse_form(body)
        assert form == parse_url_encoded_form_data(body)
        # what one request changes in its form no other sees
        for value in form.values():
            if isinstance(value, list):
                value.append("more")
        form["more"] = "x"
        assert parse_form(body) == parse_url_encoded_form_data.__wrapped__(body)

    check()


def test_cookies(dropin: Any) -> None:
    @given(raw)
    @example(b'a=b; c; =d; e=; ;; f="g;h"; i=%41; j=\xe4; k="\\"\\101"; a = z ')
    def check(cookies: bytes) -> None:
        both(dropin, "cookies", headers=[(b"Cookie", cookies)])

    check()


def test_cookies_without_a_header(dropin: Any) -> None:
    both(dropin, "cookies", headers=[])
    both(dropin, "cookies", headers=[(b"cookie", b"a=b"), (b"cookie", b"c=d")])


def test_content_types(dropin: Any) -> None:
    @given(raw)
    @example(b'Multipart/Form-Data; boundary="a\\"b"; CHARSET=UTF-8; x')
    def check(content_type: bytes) -> None:
        both(dropin, "content_type", headers=[(b"content-type", content_type)])

    check()


def test_headers(dropin: Any) -> None:
    @given(st.lists(st.tuples(st.binary(max_size=5), st.binary(max_size=5)), max_size=5))
    def check(headers: list[tuple[bytes, bytes]]) -> None:
        ours, theirs = (cls(litestar_scope(headers=headers)).headers for cls in (dropin.Request, litestar.Request))
        assert type(ours) is type(theirs)
        assert list(ours.items()) == list(theirs.items())
        assert sorted(ours.to_header_list()) == sorted(theirs.to_header_list())

    check()


PARTS = ("scheme", "netloc", "path", "query", "fragment", "username", "password", "hostname", "port")


@pytest.mark.parametrize("name", ["url", "base_url"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"scheme": "https", "query_string": b"a=%20&b", "path": "/a b"},
        {"root_path": "/root", "path": "/root/x"},
        {"root_path": "/root", "app_root_path": "/app", "path": "/x"},
        {"headers": [], "server": ("h", 80)},
        {"headers": [], "server": ("h", 8080)},
        {"headers": [], "server": None},
        {"server": None},
        {"headers": [(b"host", b"u:p@h:99")]},
        {"type": "websocket", "scheme": "wss"},
    ],
    ids=str,
)
def test_urls(dropin: Any, name: str, changes: dict[str, Any]) -> None:
    ours = getattr(dropin.Request(litestar_scope(**changes)), name)
    theirs = getattr(litestar.Request(litestar_scope(**changes)), name)
    assert type(ours) is URL
    assert [getattr(ours, part) for part in PARTS] == [getattr(theirs, part) for part in PARTS]
    assert str(ours) == str(theirs)
    assert ours == theirs
    assert dict(ours.query_params) == dict(theirs.query_params)
    assert str(ours.with_replacements(path="/y")) == str(theirs.with_replacements(path="/y"))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"headers": [], "scheme": "foo", "server": ("h", 1)}, "foo://h:1/"),
        ({"headers": [], "server": ("/run/x.sock", None)}, "http:///run/x.sock/"),
        ({"query_string": b"a=\xff"}, "http://example.org/?a=%FF"),
    ],
    ids=str,
)
def test_urls_that_litestar_fails_on(dropin: Any, changes: dict[str, Any], expected: str) -> None:
    assert str(dropin.Request(litestar_scope(**changes)).url) == expected


@pytest.mark.parametrize("name", ["url", "base_url"])
@pytest.mark.parametrize(
    "host", [b"h:99999", b"h:abc", b"h:-1", b"u@h:99999", b"[::1]:99999", b"[::1]x", b"[", b"h:\xb2"]
)
def test_host_with_which_litestar_has_no_url(dropin: Any, name: str, host: bytes) -> None:
    request = dropin.Request(litestar_scope(headers=[(b"host", host)]))
    try:
        expected = str(getattr(litestar.Request(litestar_scope(headers=[(b"host", host)])), name))
    except ValueError:
        with pytest.raises(ClientException, match="Invalid host header"):
            getattr(request, name)
    else:
        assert str(getattr(request, name)) == expected
    # nothing else fails
    assert request.headers["host"] == host.decode("latin-1")
