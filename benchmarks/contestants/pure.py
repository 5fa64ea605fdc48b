"""litecon with its kernels in plain Python."""

from __future__ import annotations

from ..data import SPOOL_SIZE
from ..sides import load_side
from . import Contestant
from ._form import operations as form_operations
from ._form import stream_operations
from ._request import operations
from ._websocket import operations as websocket_operations

__all__ = ("load",)


def load() -> Contestant:
    """Return the contestant."""
    litecon = load_side("pure")

    class UploadRequest(litecon.Request):  # type: ignore[name-defined,misc]
        limits = litecon.Limits(spool_size=SPOOL_SIZE)

    known = {
        **operations(litecon.Request),
        **form_operations(litecon.Request, UploadRequest),
        "multipart_file_on_disk": form_operations(litecon.Request)["multipart_file"],
        **stream_operations(litecon.Request),
        **websocket_operations(litecon.WebSocket),
    }
    return Contestant("pure", litecon.__version__, known)
