"""The contract is `_core.pyi`."""

from .._core import WebSocketBase as WebSocketBase
