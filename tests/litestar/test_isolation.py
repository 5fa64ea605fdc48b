"""Many requests at once, each answered as if it were alone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from litecon.litestar import LiteconPlugin

from .app import make_app
from .driving import exchange, record
from .exchanges import BODIES, KINDS, MEMBERS, PARAMETERS

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("dropin")]

# what counts, and what is large
EXCHANGES = [
    script
    for script in [*KINDS, *PARAMETERS, *BODIES, *MEMBERS]
    if script.name not in ("state", "openapi") and sum(map(len, script.calls[0].body)) < 10_000
]
ROUNDS = 3


def record_at_once(app: Any) -> list[tuple[str, Any]]:
    async def main() -> list[tuple[str, Any]]:
        async with app.lifespan():
            scripts = EXCHANGES * ROUNDS
            answers = await asyncio.gather(*[exchange(app, script) for script in scripts])
        return [(script.name, answer) for script, answer in zip(scripts, answers, strict=True)]

    return asyncio.run(main())


@pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_at_once() -> None:
    alone = record(make_app(), EXCHANGES)
    for name, answer in record_at_once(make_app([LiteconPlugin()])):
        assert answer == alone[name], name
