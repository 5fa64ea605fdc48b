"""The contract is `_core.pyi`."""

from .._core import FieldReader as FieldReader
from .._core import parse_cookies as parse_cookies
from .._core import parse_query as parse_query
