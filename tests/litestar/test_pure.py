"""If litecon runs pure, the drop-in's classes are Litestar's own, and the plugin warns once that it changes nothing."""

from __future__ import annotations

import warnings
from typing import Any

import litestar
import pytest
from litestar import Litestar, get
from litestar.connection import ASGIConnection
from litestar.testing import TestClient

from ..helpers import check_python
from ..sides import load_module, load_side

ADVICE = "LiteconPlugin changes nothing, since the drop-in is compiled only: LITECON_PURE_PYTHON is set"


@pytest.fixture
def pure() -> Any:
    """`litecon.litestar` of the pure side."""
    return load_module("pure", "litestar")


def quiet(pure: Any, **settings: Any) -> Any:
    """Return a plugin without what it says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", load_side("pure").LiteconWarning)
        return pure.LiteconPlugin(**settings)


def test_classes(pure: Any) -> None:
    assert pure.ASGIConnection is ASGIConnection
    assert pure.Request is litestar.Request
    assert pure.WebSocket is litestar.WebSocket


@pytest.mark.parametrize("everywhere", [False, True])
def test_the_plugin_changes_nothing(pure: Any, everywhere: bool) -> None:
    @get("/")
    async def read(request: litestar.Request[Any, Any, Any]) -> list[str]:
        return [type(request).__module__, request.query_params["a"]]

    apps = [Litestar([read], plugins=plugins) for plugins in ([], [quiet(pure, everywhere=everywhere)])]
    assert apps[0].request_class is apps[1].request_class
    assert apps[0].websocket_class is apps[1].websocket_class
    for app in apps:
        with TestClient(app) as client:
            assert client.get("/?a=1").json() == ["litestar.connection.request", "1"]
    quiet(pure, everywhere=everywhere).undo()


def test_it_says_so_once() -> None:
    code = """
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    from litecon import LiteconWarning
    from litecon.litestar import LiteconPlugin
    from litestar import Litestar
    for everywhere in (False, True):
        Litestar([], plugins=[LiteconPlugin(everywhere)])
for warning in caught:
    print(warning.category is LiteconWarning, warning.filename, warning.message)
"""
    assert check_python(code, env={"LITECON_PURE_PYTHON": "1"}) == f"True <string> {ADVICE}\n"


def test_there_are_no_kernels() -> None:
    with pytest.raises(ImportError, match="compiled only, and litecon runs pure: LITECON_PURE_PYTHON is set"):
        load_side("pure")._core.litestar_kernels()
