"""The WebSocket console of the inspector's page, in a real browser."""

from __future__ import annotations

import json
from typing import Any

import ormsgpack
import pytest

from .browser import CHROMIUM, Page
from .servers import RunningServer

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")

# what the log says: for each entry its class, its line without the time, and its blocks
LOG = """[...document.querySelectorAll('.entry')].map((entry) => [
  entry.className.slice(6),
  [...entry.querySelectorAll('p:first-child > :not(time)')].map((part) => part.textContent).join(' '),
  ...[...entry.querySelectorAll('pre')].map((block) => block.textContent),
])"""
STATUS = "document.querySelector('#console-status').textContent"
BITS = (0, 5, 7, 8, 15, 16, 31, 32, 40, 52)
VALUES = [
    None,
    True,
    False,
    *(sign * (1 << bits) + more for sign in (1, -1) for bits in BITS for more in (-1, 0, 1)),
    1.5,
    -0.25,
    1e300,
    "",
    "é" * 15 + "\U0001f600",
    "x" * 31,
    "x" * 32,
    "x" * 255,
    "x" * 256,
    "x" * 65536,
    [],
    [[]] * 15,
    [0] * 16,
    [0] * 65536,
    {},
    {"a": {"é": [None]}, "__proto__": 1},
    {f"k{number}": number for number in range(16)},
]
BEYOND_JSON = [
    (b"\xc4\x02\x00\xff", "bytes 00 ff"),
    (b"\xd4\xff\x07", "extension -1, bytes 07"),
    (b"\xc7\x02\x05\x00\x01", "extension 5, bytes 00 01"),
    (b"\xca\x3f\x80\x00\x00", 1),
    (b"\xcf" + b"\xff" * 8, "18446744073709551615"),
    (b"\xd3\x80" + b"\x00" * 7, "-9223372036854775808"),
    (b"\x82\x01\xc0\x90\xc3", {"1": None, "[]": True}),
]


def log(page: Page, count: int) -> list[Any]:
    """Return the log, once it has so many entries."""
    page.wait(f"document.querySelectorAll('.entry').length >= {count}")
    entries: list[Any] = page.evaluate(LOG)
    assert len(entries) == count, entries
    return entries


def connect(page: Page, target: str = "/ws?report=on", subprotocols: str = "") -> None:
    page.type("#open-path", target)
    page.type("#open-subprotocols", subprotocols)
    page.click("#opener button")


def send(page: Page, form: str, message: str) -> None:
    page.click(f"[name=form][value={form}]")
    page.type("#write-message", message)
    page.click("#writer button")


def test_page_loads_without_complaints(page: Page) -> None:
    assert page.evaluate(STATUS) == "Not connected"
    usable = "[...document.querySelectorAll('.console fieldset')].map((part) => !part.disabled)"
    assert page.evaluate(usable) == [True, False, False]
    roles = "['role', 'aria-live', 'tabindex'].map((name) => document.querySelector('#log').getAttribute(name))"
    assert page.evaluate(roles) == ["log", "polite", "0"]
    # every field has a name for those who do not see it
    unnamed = "[...document.querySelectorAll('input, textarea')].filter((field) => !field.labels.length).length"
    assert page.evaluate(unnamed) == 0


def test_conversation(page: Page, server: RunningServer) -> None:
    connect(page, subprotocols="chat, v2")
    connected, handshake = log(page, 2)
    url = f"ws://127.0.0.1:{server.port}/ws?report=on"
    assert connected == ["", f"connected to {url}, subprotocol chat"]
    assert handshake[:2] == ["told", f"handshake {url}, read as data"]
    report = json.loads(handshake[2])
    assert (report["url"], report["same_origin"], report["subprotocols"]) == (url, True, ["chat", "v2"])

    send(page, "text", "grüße")
    sent, told, echo = log(page, 5)[2:]
    assert sent == ["sent", "sent text, 7 bytes", "grüße"]
    assert told[:2] == ["told", "report 1 text, 7 bytes, read as data, state receive"]
    assert echo == ["received", "echo text, 7 bytes", "grüße"]

    send(page, "hex", "00 FF\n7f")
    assert log(page, 8)[7] == ["received", "echo binary, 3 bytes", "00 ff 7f"]
    send(page, "json", '{"report": "message", "answer": null}')
    assert log(page, 11)[10] == ["received", "echo text, 37 bytes", '{"report": "message", "answer": null}']
    send(page, "msgpack", '{"a": [1, "é"]}')
    blocks = ["81 a1 61 92 01 a2 c3 a9", '{ "a": [ 1, "é" ] }']
    assert log(page, 14)[13] == ["received", "echo binary, 8 bytes", *blocks]

    page.type("#close-code", "4001")
    page.type("#close-reason", "enough")
    page.click("#closer button")
    assert log(page, 15)[14] == ["", "closed code 4001, reason: enough"]
    assert page.evaluate(STATUS) == "Closed: code 4001, reason: enough"

    connect(page)
    assert log(page, 17)[15] == ["", f"connected to {url}"]


@pytest.mark.parametrize(
    ("mode", "form", "good", "echo", "bad"),
    [
        ("json", "json", '{"a" : 1}', ['{"a":1}'], ("text", "{", "SerializationException: invalid JSON")),
        ("msgpack", "msgpack", "[1]", ["91 01", "[ 1 ]"], ("hex", "92", "SerializationException: invalid MessagePack")),
    ],
)
@pytest.mark.parametrize("reports", [True, False])
def test_values(page: Page, mode: str, form: str, good: str, echo: list[str], bad: Any, reports: bool) -> None:
    connect(page, f"/ws?as={mode}{'&report=on' if reports else ''}")
    count = len(log(page, 1 + reports))
    send(page, form, good)
    count += 2 + reports
    assert log(page, count)[-1][2:] == echo
    send(page, *bad[:2])
    count += 2
    told = log(page, count)[-1]
    assert told[0] == "told" and f"read as {mode}" in told[1]
    assert page.evaluate("document.querySelector('.entry:last-child .bad').textContent").startswith(bad[2])
    send(page, form, good)
    assert log(page, count + 2 + reports)[-1][2:] == echo


def test_keyboard_is_enough(page: Page) -> None:
    page.evaluate("document.querySelector('#open-path').focus()")
    page.press("Enter")
    log(page, 2)
    focused = "document.activeElement.name"
    assert page.wait(focused) == "message"
    page.press("Enter", control=True)
    log(page, 5)
    page.press("Tab")
    page.press(" ")
    assert page.evaluate(focused) == "form"
    page.evaluate("document.querySelector('#close-reason').focus()")
    page.press("Enter")
    log(page, 6)
    assert page.wait(f"{focused} === 'connect' && {focused}") == "connect"


def test_close_of_the_application_is_shown(page: Page) -> None:
    connect(page, "/ws?close=4000&reason=%C3%A9")
    assert log(page, 2)[1] == ["", "closed code 4000, reason: é"]
    connect(page, "/ws?as=json")
    page.wait(f"{STATUS} === 'Connected'")
    page.evaluate("document.querySelector('#write-message').value = ' '.repeat(1048577)")
    page.click("#writer button")
    assert log(page, 5)[4] == ["", "closed code 1009, reason: a message may have 1,048,576 bytes here"]


def test_what_cannot_be_sent_is_said(page: Page) -> None:
    connect(page, subprotocols="a a")
    problem = "document.querySelector('#{} [role=alert]').textContent"
    assert page.wait(problem.format("opener"))
    connect(page)
    log(page, 2)
    assert page.evaluate(problem.format("opener")) == ""
    for form, message in (("hex", "0"), ("json", "{"), ("msgpack", "x")):
        send(page, form, message)
        assert page.evaluate(problem.format("writer"))
    page.type("#close-code", "3000")
    page.type("#close-reason", "é" * 62)
    page.click("#closer button")
    assert page.evaluate(problem.format("closer"))
    assert page.evaluate(STATUS) == "Connected"
    log(page, 2)


def test_refusal_is_shown(page: Page) -> None:
    connect(page, "/elsewhere")
    [entry] = log(page, 1)
    assert entry[0] == "broken" and "code 1006" in entry[1] and "refused" in entry[1]
    # the browser itself tells of the status
    assert all("404" in problem for problem in page.problems()) and page.problems()
    page.events.clear()


def test_log_is_bounded_and_follows(page: Page) -> None:
    connect(page, "/ws")
    log(page, 1)
    page.type("#write-message", "x" * 20_000)
    page.evaluate("for (let count = 0; count < 150; count++) document.querySelector('#writer button').click()")
    page.wait("document.querySelector('#log').children.length === 200")
    send(page, "text", "<b>last</b>\u202e\x07")
    page.wait("document.querySelector('.entry:last-child pre').textContent.startsWith('<b>last')")
    entries = page.evaluate(LOG)
    assert entries[-1][2] == "<b>last</b>\\u202e\\u0007"
    assert len(entries) == 200 and max(len(entry[2]) for entry in entries) < 8010
    below = "(({scrollHeight, scrollTop, clientHeight}) => scrollHeight - scrollTop - clientHeight)"
    end = f"{below}(document.querySelector('#log'))"
    page.wait(f"{end} < 2")
    page.evaluate("document.querySelector('#log').scrollTop = 0")
    page.wait(f"new Promise((done) => requestAnimationFrame(() => done({end} > 100)))")
    send(page, "text", "unseen")
    page.wait("document.querySelector('.entry:last-child pre').textContent === 'unseen'")
    assert page.evaluate("document.querySelector('#log').scrollTop") < 2000
    page.click("#clear")
    log(page, 0)


def test_messagepack(page: Page) -> None:
    for value in VALUES:
        packed = ormsgpack.packb(value)
        literal = json.dumps(value).replace('"__proto__"', '["__proto__"]')
        assert bytes(page.evaluate(f"Array.from(messagePack.pack({literal}))")) == packed
        assert page.evaluate(f"messagePack.unpack(Uint8Array.from({list(packed)}))") == value


def test_messagepack_beyond_json(page: Page) -> None:
    for packed, value in BEYOND_JSON:
        assert page.evaluate(f"messagePack.unpack(Uint8Array.from({list(packed)}))") == value


def test_messagepack_that_is_none(page: Page) -> None:
    refused = "(() => { try { messagePack.unpack(Uint8Array.from(%s)) } catch { return true } })()"
    for packed in (b"", b"\xc1", b"\x91", b"\xdd\xff\xff\xff\xff", b"\xa1\xff", b"\x01\x01", b"\x91" * 99_999):
        assert page.evaluate(refused % list(packed))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 400, 1280])
def test_nothing_is_wider_than_the_window(page: Page, width: int, scheme: str) -> None:
    page.show(width, 800, scheme)
    connect(page, "/ws?report=on&long=" + "x" * 300)
    log(page, 2)
    send(page, "text", "x" * 1000)
    log(page, 5)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    log_width = "(({scrollWidth, clientWidth}) => scrollWidth - clientWidth)(document.querySelector('#log'))"
    assert page.evaluate(log_width) <= 0


def test_without_scripts_it_says_so(server: RunningServer, browser: Page) -> None:
    browser.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(f"{server.url}/without")
        note = browser.evaluate("document.querySelector('#console noscript').innerText")
        assert note.startswith("This needs JavaScript; any WebSocket client and the path /ws?report=on")
        usable = "document.querySelectorAll('.console :enabled:is(input, textarea, button)').length"
        assert browser.evaluate(usable) == 0
    finally:
        browser.command("Emulation.setScriptExecutionDisabled", value=False)
