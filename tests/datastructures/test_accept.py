"""`Accept`: quality, specificity and parameters count."""

from __future__ import annotations

import enum
from typing import Any

import pytest

from litecon import Accept


@pytest.mark.parametrize(
    ("value", "offers", "expected"),
    [
        ("*/*", ["text/html", "application/json"], "text/html"),
        ("application/json", ["text/html", "application/json"], "application/json"),
        ("text/html;q=0.5, application/json", ["text/html", "application/json"], "application/json"),
        ("text/*, application/json;q=0.9", ["application/json", "text/plain"], "text/plain"),
        ("text/*;q=0.5, text/html", ["text/plain", "text/html"], "text/html"),
        ("text/html;q=0, */*", ["text/html"], None),
        ("text/html;q=0, */*", ["text/html", "text/plain"], "text/plain"),
        ("image/png", ["text/html"], None),
        ("text/html;level=1", ["text/html"], None),
        ("text/html;level=1", ["text/html;level=1"], "text/html;level=1"),
        ("text/html;level=1;q=0.2, text/html", ["text/html;level=1", "text/html;level=2"], "text/html;level=2"),
        ("TEXT/HTML", ["text/html"], "text/html"),
        ("text/html", ["Text/HTML"], "Text/HTML"),
        ("application/vnd.x+json", ["application/json", "application/vnd.x+json"], "application/vnd.x+json"),
        ("*/*;q=0.1, text/html;level=1", ["application/json", "text/html;level=1"], "text/html;level=1"),
        ("*/*;q=0.1, text/html;level=1", ["application/json"], "application/json"),
        ("text/html", [], None),
        ("", ["text/html"], None),
        ("nonsense", ["text/html"], None),
        ("text/html", ["text/*"], "text/html"),
        ("application/json;q=0.5, text/html", ["text/html", "application/json"], "text/html"),
    ],
)
def test_best_match(value: str, offers: list[str], expected: str | None) -> None:
    accept = Accept(value)
    assert accept.best_match(offers) == expected
    assert accept.best_match(tuple(offers), default="default") == (expected or "default")


@pytest.mark.parametrize(
    ("quality", "accepted"),
    [
        ("0", False),
        ("0.000", False),
        ("0.001", True),
        ("1", True),
        ("2", True),
        ("abc", True),
        ("", True),
        ("-1", True),
        (".5", True),
        ("0.", False),
    ],
)
def test_quality(quality: str, accepted: bool) -> None:
    assert Accept(f"text/html;q={quality}").accepts("text/html") is accepted


@pytest.mark.parametrize(
    ("value", "expected"), [("q=0.5", "b/b"), ("Q=0.5", "b/b"), ('q="0.5"', "b/b"), (" q = 0.5", "b/b")]
)
def test_spellings_of_quality(value: str, expected: str) -> None:
    assert Accept(f"a/a; {value}, b/b;q=0.7").best_match(["a/a", "b/b"]) == expected


def test_accepts() -> None:
    accept = Accept("text/*;q=0.5, application/json")
    assert accept.accepts("text/plain")
    assert accept.accepts("application/json")
    assert accept.accepts("APPLICATION/JSON")
    assert not accept.accepts("image/png")
    assert not accept.accepts("nonsense")
    assert not accept.accepts("")


def test_sequence() -> None:
    accept = Accept("text/plain;q=0.1, text/*, text/html, */*;q=0.5")
    assert len(accept) == 4
    assert list(accept) == ["text/html", "text/*", "*/*;q=0.5", "text/plain;q=0.1"]
    assert (accept[0], accept[-1]) == ("text/html", "text/plain;q=0.1")
    assert accept[1:3] == ["text/*", "*/*;q=0.5"]
    with pytest.raises(IndexError):
        accept[4]


def test_order_is_stable() -> None:
    assert list(Accept("a/a, b/b, c/c")) == ["a/a", "b/b", "c/c"]


@pytest.mark.parametrize("value", ["", ",", ", ,", "text", ";q=1", "/", "a/", "/b", "a b/c"])
def test_nothing_in_it(value: str) -> None:
    accept = Accept(value)
    assert len(accept) == 0
    assert list(accept) == []
    assert not accept.accepts("text/html")


def test_comma_in_quotes() -> None:
    assert list(Accept('a/a;x="1,2", b/b')) == ['a/a;x="1,2"', "b/b"]


def test_equality_and_repr() -> None:
    assert Accept("a/a, b/b") == Accept("a/a,b/b")
    assert Accept("a/a") != Accept("b/b")
    assert Accept("a/a") != "a/a"
    assert repr(Accept("a/a, b/b")) == "Accept('a/a, b/b')"


@pytest.mark.parametrize("value", [None, 5, b"a/a"])
def test_wrong_type(value: Any) -> None:
    with pytest.raises((TypeError, AttributeError)):
        Accept(value)


@pytest.mark.parametrize(
    ("value", "offers", "expected"),
    [
        ("text/html;charset=utf-8", ["text/html;charset=UTF-8"], "text/html;charset=UTF-8"),
        ('text/html;charset="UTF-8"', ["text/html; charset=utf-8"], "text/html; charset=utf-8"),
        ("text/html;CHARSET=utf-8", ["text/html;charset=utf-8"], "text/html;charset=utf-8"),
        ("text/html;charset=utf-8", ["text/html;charset=latin-1"], None),
        ("text/html;level=A", ["text/html;level=a"], None),
    ],
)
def test_charset_is_compared_without_case(value: str, offers: list[str], expected: str | None) -> None:
    assert Accept(value).best_match(offers) == expected


@pytest.mark.parametrize(
    ("value", "offers", "expected"),
    [
        ("text/html;charset=utf-8", ["text/html"], "text/html"),
        ("text/html;charset=utf-8, */*;q=0.1", ["image/png", "text/html"], "text/html"),
        ("text/*;charset=utf-8", ["text/html"], "text/html"),
        ("text/html;charset=utf-8;level=1", ["text/html;level=1"], "text/html;level=1"),
        ("text/html;charset=utf-8;level=1", ["text/html"], None),
        # it is no more specific for such an offer than the same range without it
        ("text/html;charset=utf-8;q=0.1, text/html", ["text/html", "text/plain"], "text/html"),
        ("text/html;charset=utf-8;q=0.1, text/html, a/b;q=0.5", ["a/b", "text/html"], "text/html"),
        ("text/html;charset=utf-8;q=0", ["text/html"], None),
    ],
)
def test_an_offer_without_a_charset_has_any(value: str, offers: list[str], expected: str | None) -> None:
    assert Accept(value).best_match(offers) == expected


class Media(str, enum.Enum):
    JSON = "application/json"


def test_members_of_enums_are_offers() -> None:
    accept = Accept("application/json")
    assert accept.best_match([Media.JSON]) is Media.JSON
    assert accept.accepts(Media.JSON)
    assert list(Accept(Media.JSON)) == ["application/json"]


@pytest.mark.parametrize("value", [None, 5, b"a/b"])
def test_wrong_types(value: Any) -> None:
    with pytest.raises(TypeError, match=type(value).__name__):
        Accept(value)
    with pytest.raises(TypeError, match=type(value).__name__):
        Accept("*/*").best_match([value])
