"""The same answers with and without the plugin: status, headers in order, body, every event of a WebSocket."""

from __future__ import annotations

import gc
import json
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from litecon.litestar import LiteconPlugin

from . import frozen
from .app import make_app
from .conversations import CONVERSATIONS
from .driving import TOO_LONG, record
from .layer_exchanges import EXCHANGES
from .scripts import Conversation, different
from .versions import IS_THREE

# one process records the answers, and compares them
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("dropin"), pytest.mark.xdist_group("equivalence")]

SCRIPTS = [*EXCHANGES, *CONVERSATIONS]
LEAKS = "files left open"
Recorded = dict[str, Any]


@pytest.fixture(scope="module")
def still() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        frozen.freeze(patch.setattr)
        yield


def recorded(*plugins: Any, suspend: bool = False) -> Recorded:
    frozen.restart()
    # Litestar does not close the files of a form that it refuses
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        answers = record(make_app(plugins), SCRIPTS, suspend=suspend)
        gc.collect()
    answers[LEAKS] = sum(warning.category is ResourceWarning for warning in caught)
    others = [warning for warning in caught if warning.category is not ResourceWarning]
    assert not others, others[0].message
    return answers


@pytest.fixture(scope="module")
def plain(still: None) -> Recorded:
    return recorded()


@pytest.fixture(scope="module")
def plain_suspending(still: None) -> Recorded:
    return recorded(suspend=True)


@pytest.fixture(scope="module", params=["plugin", "suspending", "everywhere"])
def answers(request: pytest.FixtureRequest) -> tuple[Recorded, Recorded]:
    """What is answered without the plugin and with it."""
    suspend = request.param == "suspending"
    without: Recorded = request.getfixturevalue("plain_suspending" if suspend else "plain")
    plugin = LiteconPlugin(everywhere=request.param == "everywhere")
    try:
        return without, recorded(plugin, suspend=suspend)
    finally:
        plugin.undo()


def test_same(answers: tuple[Recorded, Recorded]) -> None:
    without, with_it = ({name: told for name, told in each.items() if name != LEAKS} for each in answers)
    assert without.keys() == {script.name for script in SCRIPTS}
    with_it, without = different(with_it, without)
    assert with_it == without


def test_files_are_closed(answers: tuple[Recorded, Recorded]) -> None:
    without, with_it = answers
    assert with_it[LEAKS] <= without[LEAKS]


def test_everything_is_answered(plain: Recorded) -> None:
    """Two that wait for ever would be the same too, and notes that were not waited for be in the next answer."""
    for script in SCRIPTS:
        told = plain[script.name]
        for answer in told if isinstance(told, list) else [told]:
            # what is no HTTPException comes out of Litestar 3, and is answered by the server
            assert answer["events"] or (IS_THREE and answer["error"]), script.name
            assert answer["error"] != TOO_LONG, script.name
        if isinstance(script, Conversation):
            assert len(json.loads(told["notes"])) == script.notes, script.name
