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
from .scripts import Conversation

SCRIPTS = [*EXCHANGES, *CONVERSATIONS]
EXCHANGE_NAMES = [script.name for script in EXCHANGES]
CONVERSATION_NAMES = [script.name for script in CONVERSATIONS]
LEAKS = "files left open"
Recorded = dict[str, Any]


@pytest.fixture(scope="module")
def still() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        frozen.freeze(patch.setattr)
        yield


def recorded(*plugins: Any) -> Recorded:
    frozen.restart()
    # Litestar does not close the files of a form that it refuses
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        answers = record(make_app(plugins), SCRIPTS)
        gc.collect()
    answers[LEAKS] = sum(warning.category is ResourceWarning for warning in caught)
    others = [warning for warning in caught if warning.category is not ResourceWarning]
    assert not others, others[0].message
    return answers


@pytest.fixture(scope="module")
def plain(still: None) -> Recorded:
    return recorded()


@pytest.fixture(scope="module", params=[False, True], ids=["plugin", "everywhere"])
def plugged(request: pytest.FixtureRequest, plain: Recorded) -> Recorded:
    plugin = LiteconPlugin(everywhere=request.param)
    return recorded(plugin)


def test_everything_is_answered(plain: Recorded) -> None:
    """Two that wait for ever would be the same too, and notes that were not waited for be in the next answer."""
    for script in SCRIPTS:
        answers = plain[script.name]
        for answer in answers if isinstance(answers, list) else [answers]:
            assert answer["events"], script.name
            assert answer["error"] != TOO_LONG, script.name
        if isinstance(script, Conversation):
            assert len(json.loads(answers["notes"])) == script.notes, script.name


@pytest.mark.parametrize("name", EXCHANGE_NAMES)
def test_http(plain: Recorded, plugged: Recorded, name: str) -> None:
    assert plugged[name] == plain[name]


@pytest.mark.parametrize("name", CONVERSATION_NAMES)
def test_websocket(plain: Recorded, plugged: Recorded, name: str) -> None:
    assert plugged[name] == plain[name]


def test_files_are_closed(plain: Recorded, plugged: Recorded) -> None:
    assert plugged[LEAKS] <= plain[LEAKS]
