"""The contract is `_core.pyi`."""

from .._core import RequestBase as RequestBase
from .._core import use_accept as use_accept
