"""The base of the fuzzers: every input has its own seed, and the answers of both sides can be compared."""

from __future__ import annotations

import collections
import math
import random
import time
import warnings
from collections.abc import Iterator
from typing import Any

from ..sides import load_side

__all__ = ("Fuzzed", "Fuzzer", "UnlikeError", "described", "said_of")

# what a client, or a server that breaks the specification, can cause
DOCUMENTED = {
    "ClientDisconnect",
    "ClientException",
    "ImproperlyConfiguredException",
    "RequestEntityTooLarge",
    "SerializationException",
    "StreamConsumed",
    "WebSocketDisconnect",
    "WebSocketMessageTypeError",
    "WebSocketStateError",
}


class UnlikeError(AssertionError):
    """An answer that differs from the other side's, or that is not documented."""


class Fuzzed(Exception):
    """What an object of the fuzzer raises, and nobody may swallow."""


def described(value: Any) -> Any:
    """Return a value with the types in it, so that what is equal but of a subclass differs."""
    if isinstance(value, dict):
        return type(value).__name__, [(described(key), described(item)) for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [described(item) for item in value]
    if isinstance(value, (str, bytes, int, float)):
        return type(value).__name__, repr(value)
    return type(value).__name__


def said_of(error: BaseException) -> Any:
    """Return what an error says, with what led to it."""
    before = []
    cause: BaseException | None = error
    while (cause := cause.__cause__ or cause.__context__) is not None:  # type: ignore[union-attr]
        before.append(type(cause).__name__)
    return (
        "raised",
        type(error).__name__,
        str(error),
        getattr(error, "status_code", None),
        getattr(error, "code", None),
        getattr(error, "__notes__", None),
        before,
    )


class Fuzzer:
    """Makes random inputs, each from a seed of its own, and checks what both sides make of them.

    Args:
        seed: Of all inputs together.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.counts: collections.Counter[str] = collections.Counter()
        self.slowest = 0.0
        self.packages: list[Any] = [load_side("compiled"), load_side("pure")]

    def check(self) -> None:
        """Make one input, and check it."""
        raise NotImplementedError

    def chance(self, probability: float) -> bool:
        """Return whether something of that probability happens."""
        return self.random.random() < probability

    def expect_documented(self, answer: Any, *more: str) -> None:
        """Raise where an answer is an exception that is not documented."""
        if answer[0] == "raised" and answer[1] not in DOCUMENTED and answer[1] not in more:
            raise UnlikeError(f"not documented: {answer!r:.1000}")

    def agreed(self, answers: list[Any], shown: Any) -> Any:
        """Return the one answer of all sides; raise where they differ."""
        if any(other != answers[0] for other in answers[1:]):
            raise UnlikeError(f"the sides differ:\n  {answers[0]!r:.2000}\n  {answers[1]!r:.2000}\nfor {shown!r:.2000}")
        return answers[0]

    def numbers(self, seconds: float, inputs: float, first: int) -> Iterator[int]:
        """Yield the numbers of inputs, with the random numbers of each."""
        end = time.monotonic() + seconds
        number = first
        while number - first < inputs and time.monotonic() < end:
            self.random.seed(f"{self.seed} {number}")
            yield number
            number += 1

    def run(self, seconds: float = math.inf, inputs: float = math.inf, first: int = 0) -> int:
        """Check inputs until one of the bounds is reached, and return how many there were.

        Args:
            seconds: How long.
            inputs: How many at the most.
            first: The number of the first, as a failure tells it.
        """
        done = 0
        with warnings.catch_warnings():
            # of coroutines that an input leaves alone
            warnings.simplefilter("ignore")
            for number in self.numbers(seconds, inputs, first):
                start = time.process_time()
                try:
                    self.check()
                except Exception as error:
                    error.add_note(f"seed {self.seed}, input {number}")
                    raise
                self.slowest = max(self.slowest, time.process_time() - start)
                done += 1
        return done
