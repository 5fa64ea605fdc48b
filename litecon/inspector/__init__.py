"""The inspector: an ASGI application that answers any request with what litecon sees in it.

`python -m litecon` serves it. `litecon.inspector:app` is the application, for any ASGI server and its own options.
"""

from .app import app

__all__ = ("app",)
