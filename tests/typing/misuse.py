"""Wrong usage: each line that is marked has to be refused by a type checker, and no other."""

from __future__ import annotations

from typing import Any

from litecon import URL, Accept, Headers, Limits, Request, State


async def wrong(request: Request[Any, Any, State], headers: Headers) -> None:
    Request()  # wrong
    Request(5)  # wrong
    request.nonsense  # wrong
    text: str = await request.body()  # wrong
    (await request.json(str)).nonsense()  # wrong
    await request.send_push_promise(b"/x")  # wrong
    headers[5]  # wrong
    headers["a"] = "b"  # wrong
    URL(b"x")  # wrong
    Limits(5)  # wrong
    Limits(nonsense=5)  # wrong
    Accept()  # wrong
    request.method = "GET"  # wrong
    print(text)
