"""The contract is `_core.pyi`."""

from .._core import URLBase as URLBase
from .._core import make_url as make_url
from .._core import raw_headers as raw_headers
from .._core import url_from_scope as url_from_scope
