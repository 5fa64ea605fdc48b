"""What a bound allows to be held in memory, measured as the benchmarks measure it."""

from __future__ import annotations

from typing import Any

import pytest

import litecon
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


@pytest.mark.parametrize("kind", DENSE, ids=lambda kind: kind.name)
def test_a_body_at_its_bounds_holds_few_bytes_for_each(kind: Any) -> None:
    assert measure_held(litecon, kind, True).ratio < 16


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_of_input_can_be_measured(kind: Any) -> None:
    held = measure_held(litecon, kind, False)
    assert held.received == len(kind.make(False)) and held.peak > 0
