"""The Litestar application of the tests, for servers: `plain`, with the plugin `plugged`, or with it `everywhere`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

# last, so that the litecon under test goes first
sys.path.append(str(Path(__file__).resolve().parent.parent.parent))

from tests.litestar import frozen
from tests.litestar.app import make_app


def __getattr__(name: str) -> Any:
    """Make the application that is asked for, and no other: one that has replaced classes changes them all."""
    if name not in ("plain", "plugged", "everywhere"):
        raise AttributeError(name)
    plugins = []
    if name != "plain":
        from litecon.litestar import LiteconPlugin

        plugins.append(LiteconPlugin(everywhere=name == "everywhere"))
    frozen.freeze()
    app = globals()[name] = make_app(plugins)
    return app
