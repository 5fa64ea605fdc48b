"""Scopes, doubles of `receive` and `send`, and requests, for tests without a server."""

from .doubles import Sender, receiver
from .factories import RequestFactory
from .scopes import http_scope, websocket_scope

__all__ = ("RequestFactory", "Sender", "http_scope", "receiver", "websocket_scope")
