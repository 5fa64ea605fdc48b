"""The options and fixtures of all tests: the side that runs, both sides together, and the event loops."""

from __future__ import annotations

import gc
from typing import Any

import hypothesis
import pytest

import litecon

from .helpers import RUNNERS, Run
from .selection import PlainNames, Selection
from .sides import PACKAGE, is_compiled_required, load_module, load_side

hypothesis.settings.register_profile(
    "usual", deadline=None, database=None, max_examples=150, suppress_health_check=list(hypothesis.HealthCheck)
)
hypothesis.settings.register_profile("few", hypothesis.settings.get_profile("usual"), max_examples=10)
hypothesis.settings.register_profile("thorough", hypothesis.settings.get_profile("usual"), max_examples=20_000)
hypothesis.settings.load_profile("usual")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="leave out what is slow: servers, fresh interpreters")
    parser.addoption("--commands", action="store_true", help="also time and count whole commands of the benchmarks")
    parser.addoption("--matrix", action="store_true", help="run tests/e2e with every server, not with one")
    parser.addoption("--other-servers", action="store_true", help="run only what a run without --matrix leaves out")
    parser.addoption(
        "--fuzz-seconds", type=float, default=0, help="how long each fuzzer goes on after its short run in the suite"
    )
    parser.addoption("--hammer", type=float, metavar="SECONDS", help="how long each of tests/threads runs")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("quick"):
        hypothesis.settings.load_profile("few")
    config.pluginmanager.register(Selection(config))
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(PlainNames())


@pytest.fixture
def fuzz_seconds(request: pytest.FixtureRequest) -> float:
    """The number of seconds that a fuzzer continues after its short run."""
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


@pytest.fixture(scope="module", autouse=True)
def _frozen() -> None:
    # many tests collect garbage; this spares them the objects of the tests and of the imported modules
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or session.config.option.collectonly or hasattr(session.config, "workerinput"):
        return
    # a run that skipped everything proves nothing
    if exitstatus == pytest.ExitCode.OK and not reporter.stats.get("passed"):
        session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED


@pytest.fixture(params=["compiled" if litecon.COMPILED or is_compiled_required() else "pure"])
def side(request: pytest.FixtureRequest) -> Any:
    """The package of the side that this run tests."""
    return load_side(request.param)


@pytest.fixture
def core(side: Any) -> Any:
    """The kernels of the side that this run tests."""
    return side._core


@pytest.fixture
def dropin() -> Any:
    """`litecon.litestar` of the compiled side."""
    pytest.importorskip("litestar")
    return load_module("compiled", "litestar")


@pytest.fixture
def twins() -> tuple[Any, Any]:
    """The packages of both sides."""
    return load_side("compiled"), load_side("pure")


# asyncio's debug mode checks tasks, threads and coroutines never awaited; tests of these define their own `run`
@pytest.fixture(params=[name for name in RUNNERS if name != "asyncio-debug"])
def run(request: pytest.FixtureRequest) -> Run:
    """Run an async function of no arguments under one of the event loops."""
    return RUNNERS[request.param]
