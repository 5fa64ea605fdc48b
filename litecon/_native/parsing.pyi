"""The contract is `_core.pyi`."""

from .._core import best_match as best_match
from .._core import find_header as find_header
from .._core import find_headers as find_headers
from .._core import nests_deeper as nests_deeper
from .._core import parse_accept as parse_accept
from .._core import parse_content_type as parse_content_type
from .._core import parse_cookies as parse_cookies
from .._core import parse_query as parse_query
from .._core import measure_msgpack as measure_msgpack
