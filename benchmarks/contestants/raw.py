"""The raw floor: the best plain Python that a person would write against scope and receive, and the fastest codecs.

No helper of the standard library is used if hand-written code needs fewer instructions, as it does instead of
`parse_qs()`. Of the codecs, msgspec and orjson decode JSON equally fast, msgspec decodes MessagePack in fewer
instructions than ormsgpack, and orjson encodes JSON in fewer than msgspec. Nothing that a correct program needs is left
out: a disconnect is noticed, cookies in more than one header are merged, and quoted strings are parsed. Only the
WebSocket tasks do without a check if a missing key shows that the connection is closed.
"""

from __future__ import annotations

import platform
import re
from typing import Any, Final
from urllib.parse import unquote, unquote_to_bytes

import msgspec
import orjson

from ..data import DOCUMENT, FILE_END, OFFERS, TEXT
from . import Contestant

__all__ = ("load",)

_OPTION: Final = re.compile(r';\s*([^\s;=]+)\s*=\s*(?:"([^"\\]*(?:\\.[^"\\]*)*)"|([^;]*))')
_MEDIA_TYPE: Final = re.compile(r"[\w!#$%&'*+.^`|~-]+/[\w!#$%&'*+.^`|~-]+", re.ASCII)
_BOUNDARY: Final = re.compile(r'boundary="?([^";]+)', re.IGNORECASE)
_DISPOSITION: Final = re.compile(
    r'^content-disposition:[ \t]*form-data[ \t]*;[ \t]*name="([^"]*)"(?:[ \t]*;[ \t]*filename="([^"]*)")?',
    re.IGNORECASE | re.MULTILINE,
)
_NAME: Final = re.compile(rb'; ?name="([^"]*)"')
_PART_TYPE: Final = re.compile(r"^content-type:[ \t]*([^;\s]+)", re.IGNORECASE | re.MULTILINE)
_ESCAPE: Final = re.compile(r"\\(.)")


class Connection:
    """The object that code without a library passes around."""

    __slots__ = ("receive", "scope", "send")

    def __init__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send


def construct(scope: Any, receive: Any, send: Any) -> Any:
    """Make an object that holds all three."""
    return Connection(scope, receive, send)


def find_header(scope: Any, wanted: bytes) -> str | None:
    """Return a header's first value."""
    for name, value in scope["headers"]:
        if name == wanted:
            found: str = value.decode("latin-1")
            return found
    return None


def one_header(scope: Any, receive: Any, send: Any) -> Any:
    """Return the request's id."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            return value.decode("latin-1")
    return None


def add_cookies(cookies: dict[str, str], value: bytes) -> None:
    """Add the cookies of a Cookie header."""
    for pair in value.decode("latin-1").split(";"):
        name, separator, text = pair.partition("=")
        name = name.strip()
        if separator and name:
            text = text.strip()
            if len(text) > 1 and text[0] == text[-1] == '"':
                text = _ESCAPE.sub(r"\1", text[1:-1])
            cookies[name] = unquote(text) if "%" in text else text


def read_headers(scope: Any) -> tuple[tuple[str | None, str | None, str | None], dict[str, str]]:
    """Return three headers and the cookies, in one pass."""
    user_agent = accept_language = request_id = None
    cookies: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name == b"user-agent":
            user_agent = value.decode("latin-1")
        elif name == b"accept-language":
            accept_language = value.decode("latin-1")
        elif name == b"x-request-id":
            request_id = value.decode("latin-1")
        elif name == b"cookie":
            add_cookies(cookies, value)
    return (user_agent, accept_language, request_id), cookies


def headers_and_cookies(scope: Any, receive: Any, send: Any) -> Any:
    """Return three headers and the cookies."""
    headers, cookies = read_headers(scope)
    return *headers, cookies


def read_query(scope: Any) -> dict[str, str]:
    """Return the query parameters."""
    params = {}
    for pair in scope["query_string"].decode("latin-1").replace("+", " ").split("&"):
        name, _, value = pair.partition("=")
        if "%" in pair:
            name = unquote(name)
            value = unquote(value)
        params[name] = value
    return params


def query(scope: Any, receive: Any, send: Any) -> Any:
    """Return two query parameters."""
    params = read_query(scope)
    return params["page"], params["order"]


def url(scope: Any, receive: Any, send: Any) -> Any:
    """Return the URL and its path."""
    host = host_of(scope)
    path = scope["path"]
    query = scope["query_string"]
    if query:
        return f"{scope['scheme']}://{host}{path}?{query.decode('latin-1')}", path
    return f"{scope['scheme']}://{host}{path}", path


def base_url(scope: Any, receive: Any, send: Any) -> Any:
    """Return the URL of the application."""
    return f"{scope['scheme']}://{host_of(scope)}{scope['root_path']}/"


def host_of(scope: Any) -> str:
    """Return the Host header, or else the address of the server."""
    for name, value in scope["headers"]:
        if name == b"host":
            found: str = value.decode("latin-1")
            return found
    host, port = scope["server"]
    return f"{host}:{port}"


def read_options(text: str) -> tuple[str, dict[str, str]]:
    """Return the text before the first semicolon, and the parameters after it."""
    value, semicolon, _ = text.partition(";")
    options = {}
    if semicolon:
        for name, quoted, plain in _OPTION.findall(text, len(value)):
            if "\\" in quoted:
                quoted = _ESCAPE.sub(r"\1", quoted)
            options[name.lower()] = quoted or plain.strip()
    return value.strip().lower(), options


def content_type(scope: Any, receive: Any, send: Any) -> Any:
    """Return the media type and its parameters."""
    media_type, options = read_options(find_header(scope, b"content-type") or "")
    if _MEDIA_TYPE.fullmatch(media_type) is None:
        return "application/octet-stream", {}
    return media_type, options


def accept(scope: Any, receive: Any, send: Any) -> Any:
    """Return the best offer: by quality, then by the specificity of the range, then by the order of the ranges."""
    ranges = {}
    position = 0
    for item in (find_header(scope, b"accept") or "*/*").split(","):
        position -= 1
        kind, semicolon, options = item.partition(";")
        quality = 1.0
        if semicolon:
            name, _, number = options.partition("=")
            # no offer has a parameter, so a range with a parameter matches no offer
            if name.strip() not in ("q", "Q") or ";" in number:
                continue
            quality = float(number)
        ranges[kind.strip().lower()] = (quality, position)
    best = None
    best_rank = (0.0, 0, 0)
    for offer in OFFERS:
        specificity = 2
        found = ranges.get(offer)
        if found is None:
            specificity = 1
            found = ranges.get(offer.partition("/")[0] + "/*")
            if found is None:
                specificity = 0
                found = ranges.get("*/*")
                if found is None:
                    continue
        rank = (found[0], specificity, found[1])
        if found[0] and (best is None or rank > best_rank):
            best, best_rank = offer, rank
    return best


async def read_body(receive: Any) -> bytes:
    """Return the whole body."""
    chunks = []
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise ConnectionError("the client disconnected")
        chunks.append(event.get("body", b""))
        if not event.get("more_body"):
            return b"".join(chunks)


async def body(scope: Any, receive: Any, send: Any) -> Any:
    """Return the whole body."""
    return await read_body(receive)


async def stream(scope: Any, receive: Any, send: Any) -> Any:
    """Return the size of the body, without keeping it."""
    size = 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise ConnectionError("the client disconnected")
        size += len(event.get("body", b""))
        if not event.get("more_body"):
            return size


async def json(scope: Any, receive: Any, send: Any) -> Any:
    """Return the decoded body."""
    return msgspec.json.decode(await read_body(receive))


async def msgpack(scope: Any, receive: Any, send: Any) -> Any:
    """Return the decoded body."""
    return msgspec.msgpack.decode(await read_body(receive))


async def form(scope: Any, receive: Any, send: Any) -> Any:
    """Return the fields of an urlencoded form."""
    fields = []
    # parse_qsl() takes three times as many instructions, and unquote() half as many again for values with escapes
    for pair in (await read_body(receive)).decode().replace("+", " ").split("&"):
        if pair:
            name, _, value = pair.partition("=")
            if "%" in pair:
                name = unquote_to_bytes(name).decode("utf-8", "replace") if "%" in name else name
                value = unquote_to_bytes(value).decode("utf-8", "replace")
            fields.append((name, value))
    return fields


def read_delimiter(scope: Any) -> bytes:
    """Return the delimiter that precedes each part."""
    found = _BOUNDARY.search(find_header(scope, b"content-type") or "")
    if found is None:
        raise ValueError("there is no boundary")
    return b"\r\n--" + found[1].encode("latin-1")


def split_form(body: bytes, delimiter: bytes) -> list[tuple[str, bytes]]:
    """Return the head and the content of each part, with one copy of a file less than `bytes.split` makes."""
    parts = []
    start = body.find(delimiter[2:]) + len(delimiter) - 2
    while body[start : start + 2] == b"\r\n":
        # a part without headers has no separate empty line, but also no name
        content = body.index(b"\r\n\r\n", start) + 4
        end = body.index(delimiter, content - 2)
        parts.append((body[start + 2 : content - 2].decode(), body[content:end]))
        start = end + len(delimiter)
    if body[start : start + 2] != b"--":
        raise ValueError("the form has no end")
    return parts


def read_disposition(head: str) -> tuple[str, str | None]:
    """Return the name of a part, and of its file."""
    found = _DISPOSITION.search(head)
    if found is None:
        raise ValueError("a part has no name")
    name, filename = found.groups()
    return name.replace("%22", '"'), filename and filename.replace("%22", '"')


async def multipart(scope: Any, receive: Any, send: Any) -> Any:
    """Return the fields of a multipart form."""
    delimiter = read_delimiter(scope)
    fields = []
    for part in (b"\r\n" + await read_body(receive)).split(delimiter)[1:]:
        if part.startswith(b"--"):
            return fields
        head, _, content = part.partition(b"\r\n\r\n")
        found = _NAME.search(head)
        if found is None:
            raise ValueError("a part has no name")
        fields.append((found[1].decode().replace("%22", '"'), content.decode()))
    raise ValueError("the form has no end")


async def multipart_file(scope: Any, receive: Any, send: Any) -> Any:
    """Return the file of a multipart form: its name, its type, and the end of it."""
    delimiter = read_delimiter(scope)
    files = {}
    for head, content in split_form(await read_body(receive), delimiter):
        name, filename = read_disposition(head)
        found = _PART_TYPE.search(head)
        files[name] = filename, found and found[1], content
    filename, media_type, data = files["file"]
    return filename, media_type, data[-FILE_END:]


async def multipart_stream(scope: Any, receive: Any, send: Any) -> Any:
    """Return the name, filename and size of each part of a multipart form, without keeping the content."""
    delimiter = read_delimiter(scope)
    found = []
    buffer = b"\r\n"
    size = 0
    # whether the buffer begins in the content of a part (or before the first part) instead of in a head
    in_content = True
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise ConnectionError("the client disconnected")
        buffer += event.get("body", b"")
        while True:
            if in_content:
                end = buffer.find(delimiter)
                # the next two bytes tell whether this delimiter is the last one
                if end < 0 or len(buffer) < end + len(delimiter) + 2:
                    break
                if found:
                    found[-1] += (size + end,)
                buffer = buffer[end + len(delimiter) :]
                in_content = False
            if buffer.startswith(b"--"):
                while event.get("more_body"):
                    event = await receive()
                return found
            content = buffer.find(b"\r\n\r\n")
            if content < 0:
                break
            found.append(read_disposition(buffer[:content].decode()))
            # keep the last line break, which a part without content shares with the delimiter
            buffer = buffer[content + 2 :]
            size = -2
            in_content = True
        if in_content:
            kept = max(0, len(buffer) - len(delimiter) - 1)
            size += kept
            buffer = buffer[kept:]
        if not event.get("more_body"):
            raise ValueError("the form has no end")


async def typical(scope: Any, receive: Any, send: Any) -> Any:
    """Return what an endpoint usually wants."""
    headers, cookies = read_headers(scope)
    params = read_query(scope)
    host, port = scope["client"]
    return (
        scope["method"],
        scope["path"],
        headers,
        (params["page"], params["order"]),
        (cookies["session"], cookies["theme"]),
        (host, port),
        msgspec.json.decode(await read_body(receive)),
    )


def ws_construct(scope: Any, receive: Any, send: Any) -> Any:
    """Make an object that holds all three."""
    return Connection(scope, receive, send)


async def ws_accept(scopes: Any, receive: Any, send: Any) -> Any:
    """Accept each connection, which needs no object, and return the last one."""
    for scope in scopes:
        await receive()
        await send({"type": "websocket.accept"})
    return Connection(scope, receive, send)


async def ws_receive_text(connection: Any, count: int) -> Any:
    """Receive a number of messages, and return the last."""
    receive = connection.receive
    for _ in range(count):
        text = (await receive())["text"]
    return text


async def ws_iterate_text(connection: Any, count: int) -> Any:
    """Return the last of all messages."""
    receive = connection.receive
    text: Any = None
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            return text
        text = event["text"]


async def ws_send_text(connection: Any, count: int) -> Any:
    """Send a number of messages."""
    send = connection.send
    text = TEXT
    for _ in range(count):
        await send({"type": "websocket.send", "text": text})


async def ws_send_json(connection: Any, count: int) -> Any:
    """Send a number of messages."""
    send = connection.send
    encode = orjson.dumps
    document = DOCUMENT
    for _ in range(count):
        await send({"type": "websocket.send", "text": encode(document).decode()})


async def ws_echo_text(connection: Any, count: int) -> Any:
    """Receive a number of messages, and send each back."""
    receive = connection.receive
    send = connection.send
    for _ in range(count):
        await send({"type": "websocket.send", "text": (await receive())["text"]})


async def ws_receive_bytes(connection: Any, count: int) -> Any:
    """Receive a number of messages, and return the last."""
    receive = connection.receive
    for _ in range(count):
        data = (await receive())["bytes"]
    return data


async def ws_receive_json(connection: Any, count: int) -> Any:
    """Receive a number of messages, and return the last, decoded."""
    receive = connection.receive
    decode = msgspec.json.decode
    for _ in range(count):
        document = decode((await receive())["text"])
    return document


async def ws_iterate_json(connection: Any, count: int) -> Any:
    """Return the last of all messages, decoded."""
    receive = connection.receive
    decode = msgspec.json.decode
    document: Any = None
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            return document
        document = decode(event["text"])


async def ws_echo_json(connection: Any, count: int) -> Any:
    """Receive a number of messages, and send each back, decoded and encoded again."""
    receive = connection.receive
    send = connection.send
    decode = msgspec.json.decode
    encode = orjson.dumps
    for _ in range(count):
        document = decode((await receive())["text"])
        await send({"type": "websocket.send", "text": encode(document).decode()})


def load() -> Contestant:
    """Return the contestant."""
    functions = (
        ws_construct,
        ws_accept,
        ws_receive_text,
        ws_iterate_text,
        ws_send_text,
        ws_send_json,
        ws_echo_text,
        ws_receive_bytes,
        ws_receive_json,
        ws_iterate_json,
        ws_echo_json,
        construct,
        one_header,
        headers_and_cookies,
        query,
        url,
        base_url,
        content_type,
        accept,
        body,
        stream,
        json,
        msgpack,
        form,
        multipart,
        multipart_file,
        multipart_stream,
        typical,
    )
    operations: dict[str, Any] = {function.__name__: function for function in functions}
    return Contestant("raw", platform.python_version(), {**operations, "multipart_file_on_disk": multipart_file})
