"""What a bound allows to be held in memory, measured as the benchmarks measure it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

import litecon
from benchmarks import held
from benchmarks.held import KINDS
from benchmarks.held import measure as measure_held
from benchmarks.limits import CASES, measure


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.size is None], ids=lambda case: f"{case.limit}-{case.content_type[:20]}"
)
def test_bounds_hold_memory(side: Any, case: Any) -> None:
    found = measure(side, case)
    assert found.outcome == 413
    assert found.received <= 11 * 1024 * 1024
    assert found.peak < 16 * 1024 * 1024


DENSE = [kind for kind in KINDS if "as list" in kind.name or "empty maps" in kind.name]


def test_the_largest_inputs_are_at_the_bounds() -> None:
    limits = litecon.Limits()
    assert (limits.max_body_size, limits.max_message_size, limits.max_items) == (
        held._BOUND,
        held._MESSAGE_BOUND,
        held._ITEMS,
    )


@pytest.fixture
def bounded(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The package, on the pure side with a tenth of each bound, as are the inputs: it measures each value in Python,
    which takes a second for 100,000 where memory is traced, and what is held grows with their number.
    """
    if litecon.COMPILED:
        return litecon
    bounds = {"_BOUND": "max_body_size", "_MESSAGE_BOUND": "max_message_size", "_ITEMS": "max_items"}
    for name in bounds:
        monkeypatch.setattr(held, name, getattr(held, name) // 10)
    limits = litecon.Limits(**{limit: getattr(held, name) for name, limit in bounds.items()})
    return SimpleNamespace(
        **{name: type(name, (getattr(litecon, name),), {"limits": limits}) for name in ("Request", "WebSocket")}
    )


@pytest.mark.parametrize("kind", DENSE, ids=lambda kind: kind.name)
def test_a_body_at_its_bounds_holds_few_bytes_for_each(bounded: Any, kind: Any) -> None:
    assert measure_held(bounded, kind, True).ratio < 16


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_of_input_can_be_measured(kind: Any) -> None:
    found = measure_held(litecon, kind, False)
    assert found.received == len(kind.make(False)) and found.peak > 0
