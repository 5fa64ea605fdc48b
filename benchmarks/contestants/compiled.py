"""litecon with its compiled kernels."""

from __future__ import annotations

from ..data import SPOOL_SIZE
from ..sides import load_side
from . import Contestant, Unavailable
from ._form import operations as form_operations
from ._form import stream_operations
from ._request import operations
from ._websocket import operations as websocket_operations

__all__ = ("load",)


def load() -> Contestant:
    """Return the contestant.

    Raises:
        Unavailable: litecon has fallen back to the pure side, or its extensions are of another version.
    """
    try:
        litecon = load_side("compiled")
    except ImportError as error:
        raise Unavailable(f"litecon cannot be imported, {error}", needed=True) from None
    if not litecon.COMPILED:
        raise Unavailable(f"litecon has fallen back, {litecon.FALLBACK_REASON}", needed=True)

    class UploadRequest(litecon.Request):  # type: ignore[name-defined,misc]
        limits = litecon.Limits(spool_size=SPOOL_SIZE)

    known = {
        **operations(litecon.Request),
        **form_operations(litecon.Request, UploadRequest),
        "multipart_file_on_disk": form_operations(litecon.Request)["multipart_file"],
        **stream_operations(litecon.Request),
        **websocket_operations(litecon.WebSocket),
    }
    return Contestant("compiled", litecon.__version__, known)
