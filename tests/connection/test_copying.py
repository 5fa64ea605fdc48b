"""What stands for a live connection is neither copied nor pickled, on both sides in the same words."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from litecon.testing import RequestFactory, WebSocketFactory

from ..helpers import await_

WAYS = [
    copy.copy,
    copy.deepcopy,
    *(
        lambda value, protocol=protocol: pickle.dumps(value, protocol)
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    ),
]


def post(side: Any) -> Any:
    return RequestFactory(side.Request).post(form={"name": "Ada"}, files={"file": b"data"})


def socket(side: Any) -> Any:
    return WebSocketFactory(side.WebSocket).connect("/", "text")


async def first_part(side: Any) -> Any:
    async for part in post(side).stream_form():
        return part


async def upload(side: Any) -> Any:
    return (await post(side).form())["file"]


MAKERS: dict[str, Callable[[Any], Any]] = {
    "request": post,
    "socket": socket,
    "body_reader": lambda side: post(side).body_reader,
    "stream": lambda side: post(side).stream(),
    "replay": lambda side: post(side).replay(),
    "form": lambda side: post(side).form(),
    "stream_form": lambda side: post(side).stream_form(),
    "part": lambda side: await_(first_part(side)),
    "chunks of a part": lambda side: await_(first_part(side)).stream(),
    "upload": lambda side: await_(upload(side)),
    "receive": lambda side: socket(side).receive,
    "send": lambda side: socket(side).send,
    "iter_data": lambda side: socket(side).iter_data(),
    "iter_json": lambda side: socket(side).iter_json(),
    "iter_msgpack": lambda side: socket(side).iter_msgpack(),
    "channel": lambda side: socket(side).receive.channel,
}  # fmt: skip

OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "body()": lambda side: post(side).body(),
    "json()": lambda side: post(side).json(),
    "is_disconnected()": lambda side: post(side).is_disconnected(),
    "read of a part": lambda side: await_(first_part(side)).read(),
    "receive()": lambda side: socket(side).receive(),
    "receive_text()": lambda side: socket(side).receive_text(),
    "send_text()": lambda side: socket(side).send_text(""),
    "next chunk": lambda side: post(side).stream().__anext__(),
    "aclose()": lambda side: post(side).stream().aclose(),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("name", [*MAKERS, *OPERATIONS])
def test_neither_copied_nor_pickled(twins: Any, name: str, way: Any) -> None:
    texts = set()
    for side in twins:
        if name == "channel" and side.COMPILED:
            # it cannot be reached from Python
            continue
        value = (MAKERS | OPERATIONS)[name](side)
        with pytest.raises(TypeError) as info:
            way(value)
        texts.add(str(info.value))
        if hasattr(value, "close") and not inspect.iscoroutinefunction(value.close):
            value.close()
    assert len(texts) == 1
    assert texts.pop().startswith("cannot pickle 'coroutine'" if name in OPERATIONS else "cannot pickle or copy a ")
