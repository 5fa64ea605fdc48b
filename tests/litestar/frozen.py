"""Random numbers and times that are the same in every run, so that answers can be compared byte by byte."""

from __future__ import annotations

import gzip
import http.cookies
import itertools
import secrets
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import litestar.middleware.csrf
import litestar.middleware.rate_limit
import litestar.middleware.session.client_side
import litestar.middleware.session.server_side

NOW = 1_800_000_000

_count = itertools.count(1)


def restart() -> None:
    """Let what is random start again, before another application is asked the same."""
    global _count
    _count = itertools.count(1)


def _token_hex(size: int | None = None) -> str:
    return f"{next(_count):0{2 * (size or 32)}x}"


def _random_bytes(size: int) -> bytes:
    return next(_count).to_bytes(size, "big")


def freeze(replace: Callable[[Any, str, Any], None] = setattr) -> None:
    """Replace the sources of chance and time that Litestar uses, each where it uses it.

    Args:
        replace: What sets an attribute; that of a monkeypatch undoes it afterwards.
    """
    still = SimpleNamespace(time=lambda: NOW)
    client_side: Any = litestar.middleware.session.client_side
    # not `secrets.token_hex` itself: DTOs draw from it as well, and how often depends on what they have kept
    tokens = SimpleNamespace(token_hex=_token_hex, compare_digest=secrets.compare_digest)
    replace(litestar.middleware.csrf, "secrets", tokens)
    replace(litestar.middleware.session.server_side, "secrets", tokens)
    replace(client_side, "urandom", _random_bytes)
    replace(client_side, "time", still)
    replace(litestar.middleware.rate_limit, "time", still.time)
    # the header of a gzip stream has the time
    replace(gzip, "time", still)
    replace(http.cookies, "_getdate", lambda future=0, weekdayname=(), monthname=(): f"in {future} seconds")
