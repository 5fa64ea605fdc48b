"""The applications of the guide for Litestar do what the text says."""

from __future__ import annotations

import pytest
from litestar.testing import TestClient

import litecon

from ..readme import run_guide

pytestmark = pytest.mark.filterwarnings("ignore:LiteconPlugin changes nothing")


def test_the_plugin_changes_no_answer() -> None:
    with TestClient(run_guide("litestar", "async def greet")["app"]) as client:
        assert client.get("/").text == "hello"


def test_a_class_of_ones_own_stays_what_it_is_and_is_quick() -> None:
    with TestClient(run_guide("litestar", "class MyRequest")["app"]) as client:
        assert client.get("/", headers={"x-tenant": "blue"}).json() == {"tenant": "blue", "quick": True}


def test_what_only_litecon_has() -> None:
    names = run_guide("litestar", "request.stream_form()")
    if not litecon.COMPILED:
        assert not hasattr(names["Request"], "stream_form")
        return
    with TestClient(names["app"]) as client:
        assert client.post("/sizes", files={"a": b"x" * 5, "b": b""}).json() == {"a": 5, "b": 0}
