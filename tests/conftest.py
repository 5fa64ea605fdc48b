"""What all tests share: which side runs, and the event loops."""

from __future__ import annotations

import gc
from collections.abc import Callable, Coroutine
from typing import Any

import hypothesis
import pytest

import litecon

from .helpers import RUNNERS
from .sides import PACKAGE, is_compiled_required, is_pure_wanted, load_module, load_side

hypothesis.settings.register_profile(
    "quick", deadline=None, database=None, max_examples=150, suppress_health_check=list(hypothesis.HealthCheck)
)
hypothesis.settings.register_profile("thorough", hypothesis.settings.get_profile("quick"), max_examples=20_000)
hypothesis.settings.load_profile("quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--fuzz-seconds", type=float, default=0, help="how long each fuzzer goes on after its short run in the suite"
    )
    parser.addoption("--hammer", type=float, metavar="SECONDS", help="how long each of tests/threads runs")


@pytest.fixture
def fuzz_seconds(request: pytest.FixtureRequest) -> float:
    """How long a fuzzer may go on after its short run."""
    seconds: float = request.config.getoption("--fuzz-seconds")
    return seconds


def pytest_report_header() -> str:
    side = "compiled" if litecon.COMPILED else f"pure ({litecon.FALLBACK_REASON})"
    return f"litecon: {side}, from {PACKAGE}"


def pytest_sessionstart() -> None:
    if is_compiled_required() and not litecon.COMPILED:
        raise pytest.UsageError(
            f"LITECON_REQUIRE_EXTENSIONS is set, and there is no compiled side: {litecon.FALLBACK_REASON}"
        )


def pytest_collection_finish() -> None:
    # many tests collect garbage, and need not look through the thousands of tests each time
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or session.config.option.collectonly or hasattr(session.config, "workerinput"):
        return
    # a run that skipped everything proves nothing
    if exitstatus == pytest.ExitCode.OK and not reporter.stats.get("passed"):
        session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # in a run without a compiled side there is nothing to compare, and no drop-in; where it is required, nothing gets here
    if litecon.COMPILED or is_compiled_required():
        return
    compiled = [item for item in items if COMPILED_ONLY & {*getattr(item, "fixturenames", ())}]
    config.hook.pytest_deselected(items=compiled)
    items[:] = [item for item in items if not COMPILED_ONLY & {*getattr(item, "fixturenames", ())}]


# a run that is pure by wish has one side to try
AVAILABLE = ("pure",) if is_pure_wanted() else ("compiled", "pure")


@pytest.fixture(params=AVAILABLE)
def side(request: pytest.FixtureRequest) -> Any:
    """The package of one side."""
    return load_side(request.param)


@pytest.fixture(params=AVAILABLE)
def core(request: pytest.FixtureRequest) -> Any:
    """The kernels of one side."""
    return load_side(request.param)._core


COMPILED_ONLY = {"twins", "dropin"}


@pytest.fixture
def dropin() -> Any:
    """`litecon.litestar` of the compiled side."""
    pytest.importorskip("litestar")
    return load_module("compiled", "litestar")


@pytest.fixture
def twins() -> tuple[Any, Any]:
    """The packages of both sides."""
    return load_side("compiled"), load_side("pure")


@pytest.fixture(params=RUNNERS)
def run(request: pytest.FixtureRequest) -> Callable[[Callable[[], Coroutine[Any, Any, Any]]], Any]:
    """Run an async function of no arguments under one of the event loops."""
    return RUNNERS[request.param]
