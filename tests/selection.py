"""Selects the tests that a run leaves out, reports their number, and groups the others for several processes."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator

import pytest

import litecon

from .sides import is_compiled_required, is_pure_wanted

COMPILED_ONLY = {"twins", "dropin"}
"""The fixtures of tests that need compiled kernels."""

SLOW_FOLDERS = ("tests/benchmarks/", "tests/e2e/", "tests/threads/")
"""The folders in which each test starts processes."""

BLOCK = 40
"""The number of tests of one module that a process gets at once."""

OTHER_SIDE = "compiled" if is_pure_wanted() else "pure"
RUN_OF_ITS_OWN = f"the {OTHER_SIDE} side, which has a run of its own in `python -m tests`"
NO_COMPILED_SIDE = "tests of what only the compiled side has"
ONCE = "tests that run on one side, the compiled one"
SLOW = "slow tests, which `--quick` leaves out"
COMMANDS = "tests of whole commands of the benchmarks, which `--commands` runs"
OTHER_SERVERS = "tests with another server, which `--matrix` runs"
NO_OTHER_SERVER = "tests that a run without `--other-servers` has"


class Selection:
    """Leaves out tests according to the options and the side, and reports how many."""

    def __init__(self, config: pytest.Config) -> None:
        self.is_quick = config.getoption("quick")
        self.has_commands = config.getoption("commands")
        self.has_matrix = config.getoption("matrix")
        self.has_other_servers = config.getoption("other_servers")
        # xdist's processes have the option under this name
        self.is_distributed = config.getoption("loadgroup", False)
        self.left_out: Counter[str] = Counter()

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Iterator[None]:
        # nearly all that is made stays, and the collector would look through it many times: a third of the time
        gc.disable()
        try:
            return (yield)
        finally:
            gc.freeze()
            gc.enable()

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
        servers = servers_of(items)
        reasons = {item: self.reason_against(item, servers) for item in items}
        config.hook.pytest_deselected(items=[item for item in items if reasons[item]])
        self.left_out.update(reason for reason in reasons.values() if reason)
        items[:] = [item for item in items if not reasons[item]]
        if self.is_distributed:
            group(items)
        yield
        if self.is_distributed:
            name_groups(items)

    def reason_against(self, item: pytest.Item, servers: dict[str, list[object]]) -> str | None:
        """Return why a test is left out, or None.

        Args:
            item: The test.
            servers: The servers of each test function, in order.
        """
        # if the compiled side is required, a run without it has failed before
        if not litecon.COMPILED and not is_compiled_required():
            if COMPILED_ONLY & {*getattr(item, "fixturenames", ())}:
                return NO_COMPILED_SIDE
            if is_pure_wanted() and item.get_closest_marker("once"):
                return ONCE
        if self.is_quick and is_slow(item):
            return SLOW
        if not self.has_commands and item.get_closest_marker("command"):
            return COMMANDS
        # the first for one side, the last for the other, so that together they have tried two
        wanted = servers.get(function_of(item), [None])[0 if litecon.COMPILED else -1]
        is_other = server_of(item) != wanted
        if self.has_other_servers:
            return None if is_other else NO_OTHER_SERVER
        return OTHER_SERVERS if is_other and not self.has_matrix else None

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["left_out"] = dict(self.left_out)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        # each process has collected all tests
        self.left_out |= Counter(getattr(node, "workeroutput", {}).get("left_out", {}))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("left out")
        terminalreporter.write_line(RUN_OF_ITS_OWN)
        for reason, count in self.left_out.items():
            terminalreporter.write_line(f"{count} {reason}")


class PlainNames:
    """Removes the group from the names in reports, so that a test can be run by the name reported."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name, mark, group = report.nodeid.rpartition("@")
        if mark and "]" not in group:
            report.nodeid = name


def module_of(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def function_of(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


def is_slow(item: pytest.Item) -> bool:
    is_marked = item.get_closest_marker("slow") or item.get_closest_marker("measures")
    return is_marked is not None or module_of(item).startswith(SLOW_FOLDERS)


def server_of(item: pytest.Item) -> object:
    """Return the server that a test uses; None if it uses none, or always the same.

    It is the parameter of the fixture `server`, or the argument `server_name` of a test that starts the server.
    """
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("server", callspec.params.get("server_name")) if callspec else None


def servers_of(items: list[pytest.Item]) -> dict[str, list[object]]:
    """Return the servers of each test function, in order."""
    servers: dict[str, list[object]] = {}
    for item in items:
        if (server := server_of(item)) is not None:
            known = servers.setdefault(function_of(item), [])
            if server not in known:
                known.append(server)
    return servers


def group(items: list[pytest.Item]) -> None:
    """Group the tests that one process runs one after another, and put the longest groups first.

    The tests that measure time or memory are one group. Those of a module with one server are another, so that the
    server is started only once. A module can also mark groups itself. All others are grouped in blocks, since a process
    asks for each group.
    """
    counts: Counter[str] = Counter()
    ranks = {}
    for item in items:
        module, server = module_of(item), server_of(item)
        rank = 0
        if item.get_closest_marker("measures") or item.get_closest_marker("command"):
            name = "measures"
        elif item.get_closest_marker("xdist_group"):
            continue
        elif server is not None or "/e2e/" in module:
            rank, name = 1, f"{module} {server}"
        else:
            rank, name = 2, f"{module} {counts[module] // BLOCK}"
            counts[module] += 1
        ranks[item] = rank
        item.add_marker(pytest.mark.xdist_group(name))
    items.sort(key=lambda item: ranks.get(item, 1))


def name_groups(items: list[pytest.Item]) -> None:
    """Add the name of its group to that of each test, where xdist has not: the process that distributes looks there.

    xdist 3.8 does so in an attribute that pytest 9.2 does not have any more; each test is a group of its own then.
    """
    for item in items:
        mark = item.get_closest_marker("xdist_group")
        assert mark is not None
        if not item.nodeid.endswith(f"@{mark.args[0]}"):
            item._id = type(item._id).parse(f"{item.nodeid}@{mark.args[0]}")  # type: ignore[attr-defined]


__all__ = ("COMPILED_ONLY", "PlainNames", "Selection")
