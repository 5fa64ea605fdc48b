"""Every operation, run in every way: its result, the events that it sends, and the calls that it makes."""

from __future__ import annotations

from typing import Any

import pytest

from .operations import Operation, Server, over_operations, over_those_by_hand
from .running import BY_HAND, WAYS, Outcome, ends_the_process, over_ways

pytestmark = [pytest.mark.slow, ends_the_process]


def check(operation: Operation, server: Server, outcome: Outcome) -> None:
    if operation.error is None:
        assert outcome.kind == "returned", outcome
        assert operation.seen(outcome.value) == operation.result
    else:
        assert type(outcome.error) is operation.error
    assert tuple(server.calls) == operation.calls
    assert tuple(server.sent) == operation.sent


@over_operations
@over_ways
def test_good_case(side: Any, operation: Operation, way: str) -> None:
    operation.base(side)
    for suspend in (False, True) if operation.waits else (False,):
        server = Server()

        def make(server: Server = server, suspend: bool = suspend) -> Any:
            subject = operation.open(side, server)
            server.suspend = suspend
            return operation.start(subject)

        check(operation, server, WAYS[way](make))


@over_those_by_hand
@pytest.mark.parametrize("way", BY_HAND)
def test_good_case_by_hand(side: Any, operation: Operation, way: str) -> None:
    server = Server()
    subject = operation.open(side, server)
    check(operation, server, BY_HAND[way](lambda: operation.start(subject)))
