"""The report as a page for people: one HTML document that needs no other resource.

Style and script are part of the document, and the Content-Security-Policy allows each by its hash. So the page also
works behind a proxy that forwards only some paths, and every path can be inspected.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Final
from urllib.parse import quote

from .layout import layout, to_json
from .plain import MAX_TEXT, BytesText, Report

__all__ = ("SECURITY_POLICY", "render")


def _shipped(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")


def _allowed(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


_PAGE: Final = Template(_shipped("page.html"))
_STYLE: Final = _shipped("style.css")
_SCRIPT: Final = "\n".join(map(_shipped, ("common.js", "app.js", "upload.js", "msgpack.js", "console.js", "recent.js")))

SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        f"style-src {_allowed(_STYLE)}",
        f"script-src {_allowed(_SCRIPT)}",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""The Content-Security-Policy of the page."""

_DUMP_WIDTH: Final = 16
# invisible characters, and those that change the direction of the text around them
_HIDDEN: Final = {
    code: f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
    for span in ((0, 9), (11, 32), (127, 160), (0x200B, 0x2010), (0x2028, 0x202F), (0x2066, 0x206A))
    for code in range(*span)
}
_LINKED: Final = ("Headers", "Query", "Cookies", "Body", "Form", "Extensions", "Scope")
_KEPT: Final = "The last 50 requests are kept in memory, and shown to everybody who opens this inspector."
_NOT_KEPT: Final = "Nothing is kept: each request is shown once and then discarded."
_PART_TITLES: Final = ("Name", "Kind", "Filename", "Content type", "Size", "SHA-256")
_FORMATS: Final = {
    "json": "JSON",
    "msgpack": "MessagePack",
    "text": "text",
    "binary": "binary data",
    "form": "form data",
}


def render(report: Report, is_kept: bool = False) -> str:
    """Return the page.

    Args:
        report: The report, as `make_report()` returns it.
        is_kept: Whether the inspector keeps the last requests.
    """
    sections = [
        _section("overview", "What litecon reads", "", _overview(report)),
        _pairs_section("headers", "Headers", report["headers"], "No headers were sent."),
        _pairs_section("query", "Query parameters", report["query"], "The URL has no query."),
        _pairs_section("cookies", "Cookies", report["cookies"], "No cookies were sent."),
        _section("body", "Body", "", _body(report["body"])),
        _curl_section(report["curl"]),
        *([] if report["form"] is None else [_form_section(report["form"], report["body"])]),
        _pairs_section("extensions", "Extensions of the server", report["extensions"], "The server offers none."),
        _pairs_section("scope", "The raw scope", report["scope"], "The scope is empty.", is_raw=True),
    ]
    linked = [title for title in _LINKED if title != "Form" or report["form"] is not None]
    method, target = _inline(report["method"]), _inline(_target(report))
    return _PAGE.substitute(
        title=f"{_plain_text(report['method'])} {_plain_text(_target(report))} - litecon",
        style=_STYLE,
        script=_SCRIPT,
        about=_about(report["litecon"]),
        method=method,
        target=target,
        facts=_facts(report),
        socket=_text(_socket_path(report)),
        recent=_recent_section(_socket_path(report)) if is_kept else "",
        kept=_KEPT if is_kept else _NOT_KEPT,
        links="\n".join(f'<a href="#{title.lower()}">{title}</a>' for title in linked),
        sections="\n".join(sections),
    )


def _curl_section(command: Any) -> str:
    error = _error(command)
    if error is not None:
        return _section("curl", "As a curl command", "", f'<p class="error">{_error_text(error)}</p>')
    button = '<button type="button" class="quiet copy" data-copies="curl-command" hidden>Copy</button>'
    return _section(
        "curl",
        "As a curl command",
        "",
        f'<div class="line"><pre id="curl-command" tabindex="0">{_text(command)}</pre>{button}</div>',
    )


def _recent_section(socket: str) -> str:
    """Return a section that the page's script fills."""
    noscript = '<noscript><p class="note">The list needs JavaScript.</p></noscript>'
    rows = '<div id="recent-list" role="log" aria-live="polite" aria-labelledby="recent-title"></div>'
    state = '<p class="hint" id="recent-state" role="status"></p>'
    content = f'{noscript}\n<div data-socket="{_text(socket)}?recent=on" id="recent-socket">{state}\n{rows}</div>'
    return _section("recent", "Recent requests", "", content)


def _text(text: object) -> str:
    return escape(str(text).translate(_HIDDEN))


def _error(value: object) -> dict[str, Any] | None:
    """Return the description of the exception that a field has instead of a value."""
    if isinstance(value, dict) and value.keys() == {"error"} and isinstance(value["error"], dict):
        return value["error"]
    return None


def _error_text(error: Mapping[str, Any]) -> str:
    status = f" ({error['status_code']})" if "status_code" in error else ""
    return f"<strong>{_text(error['type'])}</strong>{status}: {_text(error['detail'])}"


def _inline(value: object) -> str:
    error = _error(value)
    if error is not None:
        return f'<span class="error">{_error_text(error)}</span>'
    return _text(value)


def _plain_text(value: object) -> str:
    error = _error(value)
    return _text(error["type"] if error else value)


def _target(report: Report) -> object:
    """Return the URL, or the path if there is no URL."""
    url = report["url"]
    scope = report["scope"]
    return scope.get("path", url) if _error(url) and isinstance(scope, dict) else url


def _socket_path(report: Report) -> str:
    """Return the path of the inspector's WebSocket, including the path at which the application is mounted."""
    scope = report["scope"]
    root = scope.get("root_path") if isinstance(scope, dict) else None
    return f"{quote(root.rstrip('/')) if isinstance(root, str) else ''}/ws"


def _about(litecon: Mapping[str, Any]) -> str:
    reason = litecon["fallback_reason"]
    side = "compiled" if litecon["compiled"] else "pure Python"
    because = f'</p>\n<p class="about reason">Not compiled: {_text(reason)}.' if reason else ""
    version = f"{_text(litecon['version'])} on Python {_text(litecon['python'])}"
    return f'{version} <span class="badge">{side}</span>{because}'


def _facts(report: Report) -> str:
    client = report["client"]
    facts = [f"HTTP/{_inline(report['http_version'])}" if report["http_version"] else "HTTP"]
    if isinstance(client, dict) and not _error(client):
        facts.append(f"from {_text(_address(client))}")
    size = report["body"]["size"]
    if size is None:
        facts.append("a body that was not received")
    else:
        facts.append(f"a body of {_bytes(size)}" if size else "no body")
    return ", ".join(facts)


def _bytes(size: int) -> str:
    return f"{size:,} byte{'' if size == 1 else 's'}"


def _address(client: Mapping[str, Any]) -> str:
    host, port = str(client["host"]), client["port"]
    if port is None:
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _section(name: str, title: str, count: str, content: str) -> str:
    heading = f'<h2 id="{name}-title">{title}{count}</h2>'
    return f'<section id="{name}" aria-labelledby="{name}-title">\n{heading}\n{content}\n</section>'


def _rows(rows: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f'<tr><th scope="row">{name}</th><td>{value}</td></tr>' for name, value in rows)


def _overview(report: Report) -> str:
    rows = [
        ("Method", _inline(report["method"])),
        ("URL", _inline(report["url"])),
        ("Base URL", _inline(report["base_url"])),
        ("Client", _or_none(report["client"], _address)),
        ("Path parameters", _or_none(report["path_params"], _literal)),
        ("Content type", _or_none(report["content_type"], _media_type)),
        ("Content length", _or_none(report["content_length"], str)),
        ("Accept", _or_none(report["accept"], "\n".join)),
    ]
    return f'<table class="stack"><tbody>\n{_rows(rows)}\n</tbody></table>'


def _or_none(value: Any, shown: Callable[[Any], str]) -> str:
    if _error(value) is not None:
        return _inline(value)
    return '<span class="none">none</span>' if value is None or value == {} or value == [] else _text(shown(value))


def _media_type(content_type: Mapping[str, Any]) -> str:
    parameters = [f"{name} = {value}" for name, value in content_type["parameters"].items()]
    return "\n".join([str(content_type["media_type"]), *parameters])


def _pairs_section(name: str, title: str, value: Any, absent: str, is_raw: bool = False) -> str:
    """Return a section with a table of a mapping or of a list of pairs; raw values are shown as Python literals."""
    error = _error(value)
    if error is not None:
        return _section(name, title, "", f'<p class="error">{_error_text(error)}</p>')
    pairs = list(value.items() if isinstance(value, dict) else value)
    if not pairs:
        return _section(name, title, "", f'<p class="none">{absent}</p>')
    texts = ((key, item if isinstance(item, str) and not is_raw else _literal(item)) for key, item in pairs)
    rows = _rows((_or_empty(key), _or_empty(text)) for key, text in texts)
    table = (
        f'<table class="names stack"><thead><tr><th scope="col">Name</th><th scope="col">Value</th></tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody></table>"
    )
    return _section(name, title, f' <span class="count">{len(pairs)}</span>', table)


def _or_empty(value: object) -> str:
    return _text(value) if value != "" else '<span class="none">empty</span>'


def _body(body: Mapping[str, Any]) -> str:
    if body["format"] == "empty":
        return '<p class="none">The request has no body.</p>'
    parts = []
    if body["size"] is not None:
        shown = ", only the beginning is shown" if body["truncated"] else ""
        parts.append(f"<p>{_bytes(body['size'])} of {_FORMATS[body['format']]}{shown}</p>")
    if "error" in body:
        parts.append(f'<p class="error">{_error_text(body["error"])}</p>')
    if "value" in body:
        value = body["value"]
        text = to_json(value) if body["format"] == "json" else _literal(value)
        parts.append(f'<pre tabindex="0">{_text(text[:MAX_TEXT])}{_cut(text)}</pre>')
    elif "text" in body:
        parts.append(f'<pre tabindex="0">{_text(body["text"])}</pre>')
    elif "hex" in body:
        parts.append(f'<pre class="dump" tabindex="0">{_text(_dump(bytes.fromhex(body["hex"])))}</pre>')
    return "\n".join(parts)


def _form_section(parts: list[Report], body: Mapping[str, Any]) -> str:
    """Return a section with a row for each part, followed by another for the content if it is a field."""
    end = ""
    if "error" in body:
        end = f'<p class="error">What follows could not be read. {_error_text(body["error"])}</p>'
    if not parts:
        return _section("form", "Form", "", end or '<p class="none">The form has no parts.</p>')
    heads = "".join(f'<th scope="col">{title}</th>' for title in _PART_TITLES)
    table = (
        f'<table class="parts stack"><thead><tr>{heads}</tr></thead>\n<tbody>\n'
        f"{''.join(map(_part, parts))}</tbody></table>\n{end}"
    )
    return _section("form", "Form", f' <span class="count">{len(parts)}</span>', table)


def _part(part: Report) -> str:
    missing = '<span class="none">did not arrive completely</span>'
    cells = (
        part["kind"],
        _or_none(part["filename"], str) if part["filename"] != "" else _or_empty(""),
        _or_none(part["content_type"], str),
        _bytes(part["size"]),
        f"<code>{part['sha256']}</code>" if part["sha256"] else missing,
    )
    titled = zip(_PART_TITLES[1:], cells, strict=True)
    row = "".join(f'<td data-title="{title}">{cell}</td>' for title, cell in titled)
    shown = ""
    if part.get("text") or part.get("hex"):
        more = "\n..." if part["truncated"] else ""
        kind, text = ("", part["text"]) if "text" in part else (' class="dump"', _dump(bytes.fromhex(part["hex"])))
        content = f'<pre{kind} tabindex="0">{_text(text)}{more}</pre>'
        shown = f'<tr class="shown"><td colspan="{len(_PART_TITLES)}">{content}</td></tr>\n'
    return f'<tr><th scope="row">{_or_empty(part["name"])}</th>{row}</tr>\n{shown}'


def _cut(text: str) -> str:
    return "\n..." if len(text) > MAX_TEXT else ""


def _dump(data: bytes) -> str:
    lines = []
    for start in range(0, len(data), _DUMP_WIDTH):
        part = data[start : start + _DUMP_WIDTH]
        seen = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append(f"{start:04x}  {part.hex(' '):<{_DUMP_WIDTH * 3}} {seen}")
    return "\n".join(lines)


def _literal(value: Any) -> str:
    """Return a plain value as a Python literal."""
    return layout(value, _one_line)


def _one_line(value: Any) -> str:
    if isinstance(value, BytesText):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_one_line(key)}: {_one_line(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_one_line, value))}]"
    return repr(value)
