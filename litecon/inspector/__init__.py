"""The inspector: an ASGI application that answers any request with what litecon sees in it.

`python -m litecon` serves it, and prints a line for each request. `litecon.inspector:app` is the
application for any ASGI server with options of its own; it prints nothing and keeps nothing.
"""

from .app import Inspector, app

__all__ = ("Inspector", "app")
