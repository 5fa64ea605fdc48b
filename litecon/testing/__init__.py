"""Scopes, test doubles of `receive` and `send`, requests, WebSockets and a client, for tests without a server."""

from .client import Client, ClientSocket, HandshakeRefused, Response
from .doubles import Sender, receiver
from .factories import RequestFactory, WebSocketFactory
from .scopes import http_scope, websocket_scope

__all__ = (
    "Client",
    "ClientSocket",
    "HandshakeRefused",
    "RequestFactory",
    "Response",
    "Sender",
    "WebSocketFactory",
    "http_scope",
    "receiver",
    "websocket_scope",
)
