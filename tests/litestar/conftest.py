"""The drop-in, without which there is nothing to test here."""

from __future__ import annotations

import pytest

pytest.importorskip("litestar")
