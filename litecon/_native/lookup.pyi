"""The contract is `_core.pyi`."""

from .._core import find_header as find_header
from .._core import find_headers as find_headers
