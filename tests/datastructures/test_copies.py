"""Copies of values, and what pickle restores, equal the original, have its class and do not share its contents."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from litecon import URL, Accept, Address, FormMultiDict, Headers, Limits, MultiDict, State

WAYS = [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))]


class OwnURL(URL):
    pass


class OwnHeaders(Headers):
    pass


class OwnAccept(Accept):
    pass


class OwnState(State):
    pass


class OwnMultiDict(MultiDict[str]):
    pass


class OwnLimits(Limits):
    pass


VALUES: dict[str, Callable[[], Any]] = {
    "URL": lambda: OwnURL("http://user:word@example.org:80/a/b?c=d#e"),
    "URL with delimiters": lambda: URL.from_components("HTTPS", "a/b?c", "d?e#f", "g", "h#i"),
    "URL with a colon": lambda: URL.from_components(path="a:b"),
    "URL without a host": lambda: URL.from_components(path="//a"),
    "Headers": lambda: OwnHeaders([(b"a", b"b"), (b"A", b"\xff")]),
    "Accept": lambda: OwnAccept("text/html;level=1, */*;q=0.1"),
    "Address": lambda: Address("192.0.2.1", None),
    "State": lambda: OwnState({"a": [1]}),
    "MultiDict": lambda: OwnMultiDict([("a", "b"), ("a", "c")]),
    "FormMultiDict": lambda: FormMultiDict([("a", "b"), ("a", "c")]),
    "Limits": lambda: OwnLimits(max_fields=5, max_body_size=None),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", VALUES)
def test_a_copy_equals_the_original(name: str, way: Any) -> None:
    value = VALUES[name]()
    copied = way(value)
    assert copied == value and str(copied) == str(value)
    assert type(copied) is type(value)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", [name for name in VALUES if name.startswith("URL")])
def test_a_copy_of_a_url_has_its_components(name: str, way: Any) -> None:
    value = VALUES[name]()
    copied = way(value)
    for component in ("scheme", "netloc", "path", "query", "fragment"):
        assert getattr(copied, component) == getattr(value, component)


def test_the_scheme_of_components_is_in_lower_case() -> None:
    url = URL.from_components(scheme="HTTPS", netloc="example.org")
    assert url.scheme == "https" and url == URL("HTTPS://example.org") == URL(str(url))
    assert URL("http://example.org").with_replacements(scheme="WSS") == "wss://example.org"


def test_replaced_limits_have_their_class() -> None:
    assert type(OwnLimits().replace(max_fields=1)) is OwnLimits
