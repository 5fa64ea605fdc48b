"""The apps that a server runs; which side the plugin has is for the process to say."""

from __future__ import annotations

from litecon.litestar import LiteconPlugin

from .app import make_app

__all__ = ("with_plugin", "without")

without = make_app()
with_plugin = make_app([LiteconPlugin()])
