"""litecon: the connection core of an ASGI application.

`COMPILED` is True if the compiled kernels are in use; if it is False, `FALLBACK_REASON` says why.
"""

from ._core import COMPILED, FALLBACK_REASON
from .connection import ASGIConnection, empty_receive, empty_send
from .datastructures import URL, Accept, Address, FormMultiDict, Headers, MultiDict, State, UploadFile
from .exceptions import (
    ClientDisconnect,
    ClientException,
    HTTPException,
    ImproperlyConfiguredException,
    LiteconException,
    LiteconWarning,
    NoRouteMatchFoundException,
    RequestEntityTooLarge,
    SerializationException,
    StreamConsumed,
    WebSocketDisconnect,
    WebSocketException,
    WebSocketMessageTypeError,
    WebSocketStateError,
)
from .limits import Limits
from .request import Request
from .types import Empty
from .websocket import WebSocket

__version__ = "0.1.0"

__all__ = (
    "COMPILED",
    "FALLBACK_REASON",
    "URL",
    "ASGIConnection",
    "Accept",
    "Address",
    "ClientDisconnect",
    "ClientException",
    "Empty",
    "FormMultiDict",
    "HTTPException",
    "Headers",
    "ImproperlyConfiguredException",
    "Limits",
    "LiteconException",
    "LiteconWarning",
    "MultiDict",
    "NoRouteMatchFoundException",
    "Request",
    "RequestEntityTooLarge",
    "SerializationException",
    "State",
    "StreamConsumed",
    "UploadFile",
    "WebSocket",
    "WebSocketDisconnect",
    "WebSocketException",
    "WebSocketMessageTypeError",
    "WebSocketStateError",
    "__version__",
    "empty_receive",
    "empty_send",
)
