"""The choice of a side: the kernels of the compiled or of the pure side, and the reason for the choice.

Nothing else imports `litecon._native` or `litecon._pure`, so there is no half-compiled state. `_core.pyi` is the
contract of both sides.
"""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace

__all__ = (
    "COMPILED",
    "FALLBACK_REASON",
    "BodyReader",
    "BodyStream",
    "ConnectionBase",
    "FieldReader",
    "FormAwaitable",
    "HeadersBase",
    "MultipartReader",
    "RequestBase",
    "URLBase",
    "WebSocketBase",
    "best_match",
    "find_header",
    "find_headers",
    "litestar_kernels",
    "make_headers",
    "make_url",
    "measure_json",
    "measure_msgpack",
    "parse_accept",
    "parse_content_type",
    "parse_cookies",
    "parse_query",
    "read_form",
    "with_fast_constructor",
    "raw_headers",
    "url_from_scope",
)


def _is_set(variable: str) -> bool:
    return os.environ.get(variable, "") not in ("", "0")


_PURE_WANTED = _is_set("LITECON_PURE_PYTHON")

try:
    if _PURE_WANTED:
        raise ImportError
    from ._native.body import BodyReader, BodyStream
    from ._native.codecs import measure_json, measure_msgpack
    from ._native.headers import HeadersBase, find_header, find_headers, make_headers
    from ._native.media import best_match, parse_accept, parse_content_type
    from ._native.multipart import MultipartReader
    from ._native.parameters import FieldReader, parse_cookies, parse_query
    from ._native.url import URLBase, make_url, raw_headers, url_from_scope

    # isort: split
    # after the kernels above: these import the data structures, whose base classes are among those kernels
    from ._native.forms import FormAwaitable, read_form
    from ._native.request import RequestBase
    from ._native.scope import ConnectionBase, with_fast_constructor
    from ._native.websocket import WebSocketBase
except ImportError as error:
    COMPILED = False
    FALLBACK_REASON: str | None
    if _PURE_WANTED:
        FALLBACK_REASON = "LITECON_PURE_PYTHON is set"
    elif isinstance(error, ModuleNotFoundError):
        FALLBACK_REASON = f"there is no {error.name}: built without a C compiler, or without extensions on demand"
    else:
        # without the path of the file, since an error page may show the reason
        FALLBACK_REASON = f"the extensions cannot be imported: {str(error).partition(' (/')[0]}"
    if _is_set("LITECON_REQUIRE_EXTENSIONS") and not _PURE_WANTED:
        raise ImportError(
            f"LITECON_REQUIRE_EXTENSIONS is set, and litecon would run pure: {FALLBACK_REASON}"
        ) from error
    # if some compiled kernels could be imported, the data structures are based on them and must be imported anew
    for name in [name for name in sys.modules if name.startswith(f"{__package__}.datastructures")]:
        del sys.modules[name]
    from ._pure.body import BodyReader, BodyStream
    from ._pure.codecs import measure_json, measure_msgpack
    from ._pure.headers import HeadersBase, find_header, find_headers, make_headers
    from ._pure.media import best_match, parse_accept, parse_content_type
    from ._pure.multipart import MultipartReader
    from ._pure.parameters import FieldReader, parse_cookies, parse_query
    from ._pure.url import URLBase, make_url, raw_headers, url_from_scope

    # isort: split
    # after the kernels above: these import the data structures, whose base classes are among those kernels
    from ._pure.forms import FormAwaitable, read_form
    from ._pure.request import RequestBase
    from ._pure.scope import ConnectionBase, with_fast_constructor
    from ._pure.websocket import WebSocketBase
else:
    COMPILED = True
    FALLBACK_REASON = None


def litestar_kernels() -> SimpleNamespace:
    """Load and return the kernels of the drop-in for Litestar, which exist only compiled and import Litestar.

    Raises:
        ImportError: There is no Litestar, or litecon runs pure.
    """
    if not COMPILED:
        raise ImportError(f"the drop-in for Litestar is compiled only, and litecon runs pure: {FALLBACK_REASON}")
    from ._native import litestar_request as request
    from ._native import litestar_websocket as websocket

    return SimpleNamespace(
        ConnectionMethods=request.ConnectionMethods,
        RequestMethods=request.RequestMethods,
        SocketMethods=websocket.SocketMethods,
        make_headers=request.make_headers,
        parse_cookies=request.parse_cookies,
        parse_form=request.parse_form,
    )
