"""Differences between Litestar 2 and 3 that matter to the tests."""

from __future__ import annotations

from typing import Any, Final

from litestar import __version__
from litestar.middleware import logging

__all__ = ("IS_THREE", "NO_LOGGING", "handler_of", "logging_middleware")

IS_THREE: Final = __version__.major >= 3
NO_LOGGING: Final[dict[str, Any]] = {} if IS_THREE else {"logging_config": None}
"""The setting of an app that logs nothing; Litestar 3 logs nothing of itself."""


def handler_of(**settings: Any) -> Any:
    """Return a stand-in for a route handler, whose settings are attributes in Litestar 3 and methods before."""
    methods = {f"resolve_{name}": lambda self, value=value: value for name, value in settings.items()}
    return type("Handler", (), settings if IS_THREE else methods)()


def logging_middleware(fields: Any, parses: bool) -> Any:
    """Return a middleware that logs to the `logger` in the state of the app.

    Args:
        fields: What it logs of a request.
        parses: Whether it parses the query and the body, as for a structured log, or takes the raw body.
    """
    if IS_THREE:
        return _Logging("litestar", request_log_fields=fields, parse_body=parses, parse_query=parses)
    kind = _ParsedLogging if parses else _Logging
    return logging.LoggingMiddlewareConfig(middleware_class=kind, request_log_fields=fields).middleware


class _Logging(logging.LoggingMiddleware):
    # what Litestar 3 calls
    async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
        self.logger = scope["litestar_app"].state.logger
        await super().handle(scope, receive, send, next_app)  # type: ignore[misc]

    # and what Litestar 2 does
    if not IS_THREE:

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            self.logger = scope["litestar_app"].state.logger
            await super().__call__(scope, receive, send)


class _ParsedLogging(_Logging):
    # of Litestar 2 alone
    def __init__(self, app: Any, config: Any) -> None:
        super().__init__(app, config)
        self.request_extractor.parse_body = True
        self.request_extractor.parse_query = True

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.is_struct_logger = False
        await super().__call__(scope, receive, send)
