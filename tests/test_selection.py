"""What several processes share."""

from __future__ import annotations

import pytest


def test_each_test_belongs_to_a_group(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("loadgroup", False):
        pytest.skip("one process runs all")
    assert "@" in request.node.nodeid
