"""All fuzzers by name."""

from __future__ import annotations

from . import bodies, codecs, events, scopes, sent
from .base import Fuzzer

__all__ = ("FUZZERS",)

FUZZERS: dict[str, type[Fuzzer]] = {
    "bodies": bodies.Fuzzer,
    "codecs": codecs.Fuzzer,
    "events": events.Fuzzer,
    "scopes": scopes.Fuzzer,
    "sent": sent.Fuzzer,
}
