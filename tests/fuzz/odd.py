"""Values for events whose types the ASGI specification does not allow."""

from __future__ import annotations

import random
from collections import UserDict
from collections.abc import Callable
from typing import Any

from ..kernel.test_scopes import Bare, Data, Number, Text
from .base import Fuzzed

__all__ = ("any_event", "any_text", "odd_value")


class Anything:
    """Is equal to everything."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


class AnyText(str):
    """A str that is equal to everything."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return 1


class Untold:
    """Does not say whether it is true, nor how long it is."""

    def __bool__(self) -> bool:
        raise Fuzzed("bool")

    def __len__(self) -> int:
        raise Fuzzed("len")


class UntoldBytes(bytes):
    def __bool__(self) -> bool:
        raise Fuzzed("bool")

    def __len__(self) -> int:
        raise Fuzzed("len")


class ToldBytes(bytes):
    """Bytes whose copy is of another class."""

    def __bytes__(self) -> bytes:
        return Data(b"told")


class ToldBuffer(bytearray):
    def __bytes__(self) -> bytes:
        return Data(b"told")


class ToldText(str):
    __slots__ = ()

    def encode(self, *args: Any, **keywords: Any) -> Any:
        return 5


class ToldNumber(int):
    """A number that is less than any other, and greater."""

    def __lt__(self, other: object) -> bool:
        return True

    __le__ = __gt__ = __ge__ = __lt__


class Raising:
    """An event whose items raise."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getitem__(self, key: str) -> Any:
        raise self.error


_ODD: list[Callable[[], Any]] = [
    *[lambda value=value: value for value in (
        None, 0, 5, -1, True, False, 1.5, 10**30, "", "text", "\ud800", b"", b"bytes", (), (1,), object, float("nan"),
        Text("own"), Data(b"own"), Number(1000), AnyText("own"), UntoldBytes(b"own"),
        ToldBytes(b"own"), ToldText("own"), ToldText(""), ToldNumber(1000), ToldNumber(-1), ToldNumber(2**70),
    )],
    *(list, dict, set, Anything, Untold, lambda: [1], lambda: bytearray(b"bytes"), lambda: memoryview(b"bytes")),
    *(bytearray, lambda: memoryview(b""), lambda: UserDict(a=1), lambda: memoryview(b"abcd").cast("H")),
    lambda: ToldBuffer(b"own"),
]  # fmt: skip
_NO_EVENTS: list[Callable[[], Any]] = [
    *[
        lambda value=value: value
        for value in (None, 5, "http.request", b"", [], (), [("type", "http.request")], {}, object())
    ],
    *[lambda error=error: Raising(error) for error in (KeyError(1), IndexError(1), TypeError(1), Fuzzed("item"))],
]
_WRAPPERS: list[Callable[[dict[str, Any]], Any]] = [
    *[dict] * 8, UserDict, Bare, type("Own", (dict,), {}),
    type("Made", (dict,), {"__missing__": lambda self, key: None}),
]  # fmt: skip


def odd_value(chance: random.Random) -> Any:
    """Return a value of any type."""
    return chance.choice(_ODD)()


def any_text(chance: random.Random, text: str) -> Any:
    """Return a text, at times of a subclass, or something else."""
    return chance.choice([text] * 12 + [Text(text), text.encode(), odd_value(chance)])


def any_event(chance: random.Random, kind: str, values: dict[str, list[Any]], odd: float) -> Any:
    """Return an event.

    Args:
        chance: The random numbers.
        kind: Its type.
        values: By key: what an event may have there.
        odd: The probability that a value, or the event, is something else.
    """
    if chance.random() < odd / 4:
        return chance.choice(_NO_EVENTS)()
    items: dict[str, Any] = {"type": any_text(chance, kind) if chance.random() < odd else kind}
    for key, usual in values.items():
        if chance.random() < 0.85:
            items[key] = odd_value(chance) if chance.random() < odd else chance.choice(usual)
    if chance.random() < odd / 4:
        items.pop(chance.choice(list(items)))
    return chance.choice(_WRAPPERS)(items) if chance.random() < odd else items
