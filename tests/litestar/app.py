"""The application, which uses every feature of Litestar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Litestar
from litestar.channels import ChannelsPlugin
from litestar.channels.backends.memory import MemoryChannelsBackend
from litestar.config.compression import CompressionConfig
from litestar.plugins.htmx import HTMXConfig, HTMXPlugin

from .answers import CACHES, DOCUMENTS, HTMX, MOUNTS, SIDE_EFFECTS, STATIC, STREAMS, TEMPLATES, on_noted
from .layers import (
    AUTHENTICATION,
    CLIENT_SESSION,
    CORS,
    CSRF,
    CSRF_FORMS,
    ERRORS,
    HOOKS,
    LIMITS,
    LOGGED,
    SESSIONS,
    KeptLogger,
    Teapot,
    answer_missing,
    answer_teapot,
)
from .listeners import LISTENING
from .member_handlers import MEMBERS
from .models import AppState
from .plain_handlers import BODIES, DEPENDENCIES, KINDS, PARAMETERS
from .sockets import RAW
from .versions import NO_LOGGING

HANDLERS = [
    KINDS,
    PARAMETERS,
    BODIES,
    DEPENDENCIES,
    MEMBERS,
    *SESSIONS,
    CSRF_FORMS,
    *AUTHENTICATION,
    *LIMITS,
    *LOGGED,
    ERRORS,
    HOOKS,
    STREAMS,
    DOCUMENTS,
    STATIC,
    CACHES,
    *MOUNTS,
    HTMX,
    *SIDE_EFFECTS,
    RAW,
    *LISTENING,
]


async def note_cause(error: Exception, scope: Any) -> None:
    """Tell a call that asks for it what went wrong, which a 500 hides."""
    if "causes" in scope:
        scope["causes"].append(f"{type(error).__name__}: {error}")


def make_app(plugins: Sequence[Any] = (), **settings: Any) -> Litestar:
    """Return the application.

    Args:
        plugins: Those that are tried.
        settings: What is to be otherwise, as for `Litestar`.
    """
    channels = ChannelsPlugin(
        MemoryChannelsBackend(history=2),
        channels=["news", "talk"],
        create_ws_route_handlers=True,
        ws_handler_base_path="/channels",
        ws_handler_send_history=1,
    )
    # a class of its own for all requests would keep the plugins' out
    htmx = HTMXPlugin(HTMXConfig(set_request_class_globally=False))
    return Litestar(
        **{
            "route_handlers": HANDLERS,
            "plugins": [channels, htmx, *plugins],
            "state": AppState({"notes": [], "logger": KeptLogger()}),
            "cors_config": CORS,
            "csrf_config": CSRF,
            "middleware": [CLIENT_SESSION.middleware],
            "compression_config": CompressionConfig("brotli", minimum_size=100),
            "template_config": TEMPLATES,
            "exception_handlers": {Teapot: answer_teapot, 404: answer_missing},
            "after_exception": [note_cause],
            "listeners": [on_noted],
            # the errors are deliberate, and nobody is to read of them
            **NO_LOGGING,
            "debug": False,
            **settings,
        }
    )
