"""The inspector: an ASGI application that answers each request with a report of what litecon sees in it.

`python -m litecon` serves it and prints a line for each request. To run it on an ASGI server of your choice, use the
application `litecon.inspector:app`, which prints nothing and keeps nothing.
"""

from .app import Inspector, app

__all__ = ("Inspector", "app")
