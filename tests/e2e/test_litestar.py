"""The same answers with and without the plugin, over real servers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache, partial
from typing import Any

import pytest

from ..litestar.conversations import CONVERSATIONS
from ..litestar.layer_exchanges import EXCHANGES
from ..litestar.scripts import different
from .litestar_client import record
from .servers import RunningServer, granian, uvicorn

pytestmark = pytest.mark.usefixtures("dropin")

UNCERTAIN = {
    # a client that still sends what was refused may or may not read the answer before the connection ends
    "limit-of-app",
    # a server cuts a body as it likes
    "pieces-as-sent",
    # granian closes with and without a frame where a task that received was cancelled
    "stream-none",
}
SCRIPTS = [script for script in [*EXCHANGES, *CONVERSATIONS] if not script.needs_scope and script.name not in UNCERTAIN]

Start = Callable[[str], AbstractContextManager[RunningServer]]
SERVERS: dict[str, Start] = {
    "uvicorn": partial(uvicorn, http="httptools", ws="websockets-sansio"),
    "granian": granian,
}


@cache
def recorded(server: str, app: str) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        # Litestar has orders that are those of a set of strings
        patch.setenv("PYTHONHASHSEED", "0")
        with SERVERS[server](f"litestar_app:{app}") as running:
            return record(running.port, SCRIPTS)


@pytest.mark.parametrize("app", ["plugged", "everywhere"])
@pytest.mark.parametrize("server", SERVERS)
def test_same(server: str, app: str) -> None:
    expected = recorded(server, "plain")
    assert expected.keys() == {script.name for script in SCRIPTS}
    assert {name: told for name, told in expected.items() if isinstance(told, str)} == {}
    found, expected = different(recorded(server, app), expected)
    assert found == expected
