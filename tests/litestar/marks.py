"""Names that are different, or missing, in some of the supported versions of Litestar.

Most of them mark where a handler's parameter comes from. 2.25 warns about parameters without such a mark; 2.20 does not
have them, and there the plain form means the same.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import litestar.di
import litestar.params
from litestar.enums import RequestEncodingType
from litestar.params import Body, Parameter

try:
    from litestar.plugins.jinja import JinjaTemplateEngine
except ImportError:
    from litestar.contrib.jinja import JinjaTemplateEngine

__all__ = (
    "FromPath",
    "FromQuery",
    "JSONBody",
    "JinjaTemplateEngine",
    "MsgPackBody",
    "MultipartBody",
    "NamedDependency",
    "RawBody",
    "URLEncodedBody",
    "cookie",
    "header",
    "query",
)

T = TypeVar("T")


def _body(media_type: RequestEncodingType) -> Any:
    return Annotated[T, Body(media_type=media_type)]  # type: ignore[valid-type]


_params: Any = litestar.params

NamedDependency: Any = getattr(litestar.di, "NamedDependency", Annotated[T, "named"])
FromPath: Any = getattr(_params, "FromPath", Annotated[T, Parameter()])
FromQuery: Any = getattr(_params, "FromQuery", Annotated[T, Parameter()])
JSONBody: Any = getattr(_params, "JSONBody", _body(RequestEncodingType.JSON))
MsgPackBody: Any = getattr(_params, "MsgPackBody", _body(RequestEncodingType.MESSAGEPACK))
MultipartBody: Any = getattr(_params, "MultipartBody", _body(RequestEncodingType.MULTI_PART))
URLEncodedBody: Any = getattr(_params, "URLEncodedBody", _body(RequestEncodingType.URL_ENCODED))
RawBody: Any = getattr(_params, "RawBody", bytes)


def header(name: str, **bounds: Any) -> Any:
    """Return the mark of a header."""
    if hasattr(_params, "HeaderParameter"):
        return _params.HeaderParameter(name=name, **bounds)
    return Parameter(header=name, **bounds)


def cookie(name: str, **bounds: Any) -> Any:
    """Return the mark of a cookie."""
    if hasattr(_params, "CookieParameter"):
        return _params.CookieParameter(name=name, **bounds)
    return Parameter(cookie=name, **bounds)


def query(name: str, **bounds: Any) -> Any:
    """Return the mark of a query parameter of another name."""
    if hasattr(_params, "QueryParameter"):
        return _params.QueryParameter(name=name, **bounds)
    return Parameter(query=name, **bounds)
