"""The contract is `_core.pyi`."""

from .._core import RequestBase as RequestBase
