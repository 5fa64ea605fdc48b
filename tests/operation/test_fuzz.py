"""Random sends, throws, closes and re-entries: both sides behave alike, and like a hand-written coroutine.

A short run is part of the suite; `pytest tests/operation/test_fuzz.py --fuzz-seconds 600` goes on with further seeds.
"""

from __future__ import annotations

import random
import time
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from .fuzzing import NO_ERRORS, SUBJECTS, events_for, native_receive, random_plan, random_steps, run
from .running import ends_the_process

pytestmark = pytest.mark.slow

SHORT = 400
"""Runs of each operation in the suite."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        # of awaitables that a plan leaves alone, and of the signature of throw()
        warnings.simplefilter("ignore")
        yield


def seeds(seconds: float) -> Iterator[int]:
    """Yield the seeds of a short run, and of a long one for as long as it may go on."""
    yield from range(SHORT)
    end = time.monotonic() + seconds
    seed = SHORT
    while time.monotonic() < end:
        yield seed
        seed += 1


def difference(first: list[Any], second: list[Any]) -> str | None:
    """Return where two logs part."""
    for number, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return f"entry {number}:\n  {one}\n  {other}\nafter {first[:number]}"
    return (
        None
        if len(first) == len(second)
        else f"one ends after {min(len(first), len(second))} entries:\n{first}\n{second}"
    )


@ends_the_process
@pytest.mark.parametrize("subject", SUBJECTS)
def test_both_sides_say_the_same(twins: Any, subject: str, fuzz_seconds: float) -> None:
    for seed in seeds(fuzz_seconds / (len(SUBJECTS) + 2)):
        rng = random.Random(f"{subject} {seed}")
        plans = [random_plan(rng) for _ in range(4)]
        # of several coroutines, which the pure side has, the innermost refuses what is no exception; the others end
        steps = [step for step in random_steps(rng) if step[0] != "throw" or step[1] not in NO_ERRORS]
        compiled, pure = (
            run(lambda stage: SUBJECTS[subject](side, stage), plans, events_for(subject), steps)  # noqa: B023
            for side in twins
        )
        problem = difference(compiled, pure)
        assert problem is None, f"seed {seed}, {plans}, {steps}: compiled and pure differ at {problem}"


@ends_the_process
def test_receive_is_as_a_native_coroutine(side: Any, fuzz_seconds: float) -> None:
    """What `WebSocket.receive()` says of its driving is what an `async def` of one await says."""
    events = events_for("receive")
    for seed in seeds(fuzz_seconds / (len(SUBJECTS) + 2)):
        rng = random.Random(f"native {seed}")
        plans = [random_plan(rng)]
        steps = random_steps(rng)
        own = run(lambda stage: SUBJECTS["receive"](side, stage), plans, events[:1], steps)
        native = run(native_receive, plans, events[:1], steps)
        problem = difference(own, native)
        assert problem is None, f"seed {seed}, {plans}, {steps}: it and a coroutine differ at {problem}"
