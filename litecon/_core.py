"""The switch: all kernels of one side, and why it is that side.

Nothing else imports `litecon._native` or `litecon._pure`, so there is no half-compiled state. `_core.pyi` is the contract
that both sides keep.
"""

from __future__ import annotations

import os

__all__ = (
    "COMPILED",
    "FALLBACK_REASON",
    "BodyReader",
    "BodyStream",
    "ConnectionBase",
    "HeadersBase",
    "RequestBase",
    "URLBase",
    "best_match",
    "find_header",
    "find_headers",
    "make_headers",
    "make_url",
    "measure_msgpack",
    "nests_deeper",
    "parse_accept",
    "parse_content_type",
    "parse_cookies",
    "parse_query",
    "raw_headers",
    "url_from_scope",
    "use_accept",
    "use_classes",
)


def _fallback_reason() -> str | None:
    if os.environ.get("LITECON_PURE_PYTHON", "") not in ("", "0"):
        return "LITECON_PURE_PYTHON is set"
    try:
        from ._native import body, headers, parsing, request, scope, url  # noqa: F401
    except ImportError as error:
        return f"the compiled extensions could not be imported: {error}"
    return None


FALLBACK_REASON = _fallback_reason()
COMPILED = FALLBACK_REASON is None

if COMPILED:
    from ._native.body import BodyReader, BodyStream
    from ._native.headers import HeadersBase, make_headers
    from ._native.parsing import (
        best_match,
        find_header,
        find_headers,
        measure_msgpack,
        nests_deeper,
        parse_accept,
        parse_content_type,
        parse_cookies,
        parse_query,
    )
    from ._native.request import RequestBase, use_accept
    from ._native.scope import ConnectionBase, use_classes
    from ._native.url import URLBase, make_url, raw_headers, url_from_scope
else:
    from ._pure.body import BodyReader, BodyStream
    from ._pure.headers import HeadersBase, make_headers
    from ._pure.parsing import (
        best_match,
        find_header,
        find_headers,
        measure_msgpack,
        nests_deeper,
        parse_accept,
        parse_content_type,
        parse_cookies,
        parse_query,
    )
    from ._pure.request import RequestBase, use_accept
    from ._pure.scope import ConnectionBase, use_classes
    from ._pure.url import URLBase, make_url, raw_headers, url_from_scope
