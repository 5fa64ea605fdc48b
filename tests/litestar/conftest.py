"""The drop-in of one side."""

from __future__ import annotations

from typing import Any

import pytest

from ..sides import load_module

pytest.importorskip("litestar")


@pytest.fixture
def dropin(side: Any) -> Any:
    """`litecon.litestar` of one side."""
    return load_module("native" if side.COMPILED else "pure", "litestar")
