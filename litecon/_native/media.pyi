"""The contract is `_core.pyi`."""

from .._core import best_match as best_match
from .._core import parse_accept as parse_accept
from .._core import parse_content_type as parse_content_type
