"""A short run of the fuzzer of both codecs; `python -m tests.serialization.fuzzing --seconds 600` is a long one."""

from __future__ import annotations

from typing import Any

import pytest

from .fuzzing import Fuzzer


@pytest.mark.parametrize("seed", range(4))
def test_both_sides_and_the_oracles_agree(seed: int, twins: Any) -> None:
    fuzzer = Fuzzer(seed)
    assert fuzzer.run(inputs=1000) == 1000
    assert min(fuzzer.counts.values()) > 50 and len(fuzzer.counts) == 5
