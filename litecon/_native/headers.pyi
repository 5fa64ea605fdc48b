"""The contract is `_core.pyi`."""

from .._core import HeadersBase as HeadersBase
from .._core import find_header as find_header
from .._core import find_headers as find_headers
from .._core import make_headers as make_headers
