"""The contract is `_core.pyi`."""

from .._core import HeadersBase as HeadersBase
from .._core import make_headers as make_headers
