"""Short runs of the fuzzers; `python -m tests.fuzz NAME --seconds 600` is a long one, as is `--fuzz-seconds 600`."""

from __future__ import annotations

from typing import Any

import pytest

from .all import FUZZERS

INPUTS = {"bodies": 400, "codecs": 2000, "events": 1500, "scopes": 100, "sent": 1500}
"""How many of each seed are a part of the suite."""


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", FUZZERS)
def test_both_sides_and_the_oracles_agree(name: str, seed: int, twins: Any, fuzz_seconds: float) -> None:
    fuzzer = FUZZERS[name](seed)
    assert fuzzer.run(inputs=INPUTS[name]) == INPUTS[name]
    # what is refused and what is not
    assert len(fuzzer.counts) > 1 and min(fuzzer.counts.values()) > 0
    if name == "codecs":
        assert len(fuzzer.counts) == 5 and min(fuzzer.counts.values()) > 100
    fuzzer.run(seconds=fuzz_seconds / 2, first=INPUTS[name])
