"""The requests to the application, plain ones first; those for its layers are in `layer_exchanges`."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from .scripts import Call, Exchange, Header

JSON: Header = ("content-type", "application/json")
MSGPACK: Header = ("content-type", "application/x-msgpack")
URLENCODED: Header = ("content-type", "application/x-www-form-urlencoded")
MULTIPART: Header = ("content-type", "multipart/form-data; boundary=limit")


def one(name: str, method: str, target: str, *headers: Header, body: Any = (), **how: Any) -> Exchange:
    """Return an exchange of one call; a body of one piece may be given as bytes."""
    return Exchange(name, (Call(method, target, headers, (body,) if isinstance(body, bytes) else tuple(body), **how),))


def several(name: str, *calls: Call) -> Exchange:
    return Exchange(name, calls)


def get(target: str, *headers: Header, **how: Any) -> Call:
    return Call("GET", target, headers, **how)


def post(target: str, body: bytes, *headers: Header, **how: Any) -> Call:
    return Call("POST", target, headers, (body,), **how)


def part(content: bytes, name: str, filename: str | None = None, kind: str | None = None) -> bytes:
    """Return one part of a multipart body."""
    said = f'Content-Disposition: form-data; name="{name}"' + (f'; filename="{filename}"' if filename else "")
    head = said + (f"\r\nContent-Type: {kind}" if kind else "")
    return b"--limit\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n"


END = b"--limit--\r\n"
ONE_FILE = part(b"the content", "file", "a file.txt", "text/plain") + END
PERSON = json.dumps({"name": "Ann", "age": 40, "tags": ["a", "b"]}).encode()
UPLOAD = (
    part("ein Titel, größer".encode(), "title")
    + part(b"first", "files", "first.txt", "text/plain")
    + part(b"\x00\xff" * 50, "files", "grüße.bin", "application/octet-stream")
    + END
)
POINT = msgspec.msgpack.encode({"x": 1, "y": 2})


def pieces(body: bytes, size: int) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


KINDS = [
    one("sync-in-thread", "GET", "/kinds/thread"),
    one("sync-inline", "GET", "/kinds/inline"),
    one("async", "GET", "/kinds/awaited"),
    one("head", "HEAD", "/kinds/headed?a=1"),
    one("put", "PUT", "/kinds/it", body=b"to put"),
    one("patch", "PATCH", "/kinds/it", JSON, body=b'{"a": 1}'),
    one("delete", "DELETE", "/kinds/it"),
    one("route-get", "GET", "/kinds/any"),
    one("route-post", "POST", "/kinds/any", body=b"ignored"),
    one("route-delete", "DELETE", "/kinds/any"),
    one("gives-msgpack", "GET", "/kinds/msgpack"),
    one("controller", "GET", "/kinds/numbers/42"),
    one("controller-wrong", "GET", "/kinds/numbers/forty"),
    one("controller-post", "POST", "/kinds/numbers", JSON, body=b"[1, 2, 3]"),
    one("nested-router", "GET", "/kinds/nested/numbers/7"),
    one("openapi", "GET", "/schema/openapi.json"),
    one("not-found", "GET", "/nothing/here?a=1"),
    one("not-found-post", "POST", "/nothing/here", JSON, body=b"{}"),
    one("method-not-allowed", "DELETE", "/kinds/thread"),
    one("unknown-method", "BREW", "/kinds/thread"),
    one("options", "OPTIONS", "/kinds/any"),
    one("head-of-get", "HEAD", "/kinds/inline"),
]

PATH = "/parameters/path/7/caf%C3%A9%20au/2024-02-29/d2719e66-4a8f-4b1c-9a44-3d6b7f6a5f10/a/b/c"
PARAMETERS = [
    one("path-parameters", "GET", PATH),
    one("path-parameter-wrong", "GET", PATH.replace("2024-02-29", "2023-02-29")),
    one("query", "GET", "/parameters/query?number=1&flag=true&texts=a&texts=b%20c&other-name=d"),
    one("query-missing", "GET", "/parameters/query?texts=%C3%BC"),
    one("query-wrong", "GET", "/parameters/query?number=one&flag=perhaps&other-name=too-long"),
    one("query-twice", "GET", "/parameters/query?number=1&number=2"),
    one("query-blank", "GET", "/parameters/query?number=3&flag=&texts="),
    one("query-plus", "GET", "/parameters/query?number=3&texts=a+b%2Bc&other-name=%F0%9F%90%8D"),
    one("query-broken", "GET", "/parameters/query?number=3&texts=%FF%zz&&=&=x&y"),
    one("header-parameter", "GET", "/parameters/headers", ("X-Token", "abc"), ("X-COUNT", "3")),
    one("header-parameter-missing", "GET", "/parameters/headers?a=1"),
    one("header-parameter-wrong", "GET", "/parameters/headers", ("x-token", "abc"), ("x-count", "0")),
    one("cookie-parameter", "GET", "/parameters/cookies", ("cookie", "taste=sweet; crumbs=3")),
    one("cookie-parameter-missing", "GET", "/parameters/cookies", ("cookie", "crumbs=3")),
    one("cookie-parameter-quoted", "GET", "/parameters/cookies", ("cookie", 'taste="a\\"b"; crumbs=%34; x')),
    one("type-decoder", "GET", "/parameters/celsius?at=21.5C"),
    one("type-decoder-wrong", "GET", "/parameters/celsius?at=warm"),
    one("raw-body", "POST", "/parameters/body-twice", body=bytes(range(256))),
    one("raw-body-empty", "POST", "/parameters/body-twice"),
]

BODIES = [
    one("struct", "POST", "/bodies/struct", JSON, body=b'{"x": 1, "y": 2}'),
    one("struct-missing", "POST", "/bodies/struct", JSON, body=b'{"y": 2}'),
    one("struct-wrong", "POST", "/bodies/struct", JSON, body=b'{"x": "one"}'),
    one("struct-empty", "POST", "/bodies/struct", JSON),
    one("json-broken", "POST", "/bodies/struct", JSON, body=b'{"x": '),
    one("json-bytes", "POST", "/bodies/struct", JSON, body=b'{"x": "\xff"}'),
    one("json-no-type", "POST", "/bodies/struct", body=b'{"x": 1}'),
    one("json-pieces", "POST", "/bodies/struct", JSON, body=pieces(b'{"x": 1, "y": 2}', 3)),
    one("dataclass", "POST", "/bodies/dataclass", JSON, body=PERSON),
    one("optional", "POST", "/bodies/optional", JSON),
    one("optional-null", "POST", "/bodies/optional", JSON, body=b"null"),
    one("dto", "POST", "/bodies/dto", JSON, body=b'{"fullName": "Ann", "age": 5, "tags": ["x"]}'),
    one("dto-wrong", "POST", "/bodies/dto", JSON, body=b'{"name": "Ann"}'),
    one("dto-partial", "PATCH", "/bodies/dto", JSON, body=b'{"Y": 5}'),
    one("own-decoder", "POST", "/bodies/weather", JSON, body=b'{"place": "Oslo", "celsius": "-3C"}'),
    one("own-decoder-wrong", "POST", "/bodies/weather", JSON, body=b'{"place": "Oslo", "celsius": "cold"}'),
    one("msgpack", "POST", "/bodies/msgpack", MSGPACK, body=POINT),
    one("msgpack-broken", "POST", "/bodies/msgpack", MSGPACK, body=POINT[:-1]),
    one("msgpack-empty", "POST", "/bodies/msgpack", MSGPACK),
    one("urlencoded", "POST", "/bodies/urlencoded", URLENCODED, body=b"name=Ann+B&age=4&tags=a&tags=b"),
    one("urlencoded-wrong", "POST", "/bodies/urlencoded", URLENCODED, body=b"age=four"),
    one("urlencoded-dict", "POST", "/bodies/urlencoded-dict", URLENCODED, body=b"a=1&a=2&b=&c=%C3%BC&%zz"),
    one("urlencoded-empty", "POST", "/bodies/urlencoded-dict", URLENCODED),
    one("urlencoded-dto", "POST", "/bodies/urlencoded-dto", URLENCODED, body=b"fullName=Ann&tags=a&tags=b"),
    one("multipart", "POST", "/bodies/multipart", MULTIPART, body=UPLOAD),
    one("multipart-pieces", "POST", "/bodies/multipart", MULTIPART, body=pieces(UPLOAD, 7)),
    one("multipart-missing", "POST", "/bodies/multipart", MULTIPART, body=part(b"x", "title") + END),
    one("multipart-one-file", "POST", "/bodies/one-file", MULTIPART, body=ONE_FILE),
    one("multipart-files", "POST", "/bodies/many-files", MULTIPART, body=UPLOAD[UPLOAD.index(b"--limit", 9) :]),
    one("multipart-truncated", "POST", "/bodies/one-file", MULTIPART, body=ONE_FILE[:-20]),
    one("multipart-large-file", "POST", "/bodies/one-file", MULTIPART, body=part(b"x" * 2**21, "f", "f") + END),
    one("multipart-no-boundary", "POST", "/bodies/one-file", ("content-type", "multipart/form-data"), body=ONE_FILE),
    one("multipart-parts", "POST", "/bodies/few-parts", MULTIPART, body=part(b"1", "a") + part(b"2", "b") + END),
    one(
        "multipart-too-many-parts",
        "POST",
        "/bodies/few-parts",
        MULTIPART,
        body=part(b"1", "a") + part(b"2", "b") + part(b"3", "c") + END,
    ),
    one("limit-just", "POST", "/bodies/limited", body=b"0123456789"),
    one("limit-announced", "POST", "/bodies/limited", body=b"0123456789a"),
    one("limit-pieces", "POST", "/bodies/limited", body=pieces(b"0123456789abcdef", 4)),
    one("limit-data", "POST", "/bodies/limited-data", JSON, body=b'"0123456789"'),
    one("limit-none", "POST", "/bodies/unlimited", body=b"x" * 10_500_000),
    one("limit-of-app", "POST", "/members/body", body=pieces(b"x" * 10_500_000, 5_250_000)),
]

DEPENDENCIES = [
    several(
        "dependencies",
        post("/dependencies", b"a=1&b=2", URLENCODED, ("user-agent", "tester")),
        get("/notes?count=2"),
        post("/dependencies", b"plain"),
        get("/notes?count=2"),
    ),
]

COOKIES = ("cookie", 'a=1; b="2"; c=%20; d=e=f; a=3; ; =g; h')
MEMBERS = [
    one("facts", "GET", "/members/facts?a=1&b=%C3%BC&a=2", ("X-One", "1"), ("x-one", "2"), COOKIES),
    one("facts-bare", "GET", "/members/facts"),
    one("facts-of-path", "GET", "/members/facts/caf%C3%A9/2?x"),
    one("facts-latin-headers", "GET", "/members/facts", ("x-name", "Grüße")),
    one("facts-of-post", "POST", "/members/content-type", ("content-type", 'text/plain; charset="ü"; A=b'), body=b"x"),
    one("accept-none", "GET", "/members/accept"),
    one("accept-any", "GET", "/members/accept", ("accept", "*/*")),
    one("accept-quality", "GET", "/members/accept", ("accept", "text/*;q=0.5, text/html;level=1, text/plain;q=0.9")),
    one("accept-other", "GET", "/members/accept", ("accept", "image/png")),
    one("accept-broken", "GET", "/members/accept", ("accept", ",;q=x, text")),
    one("content-type-none", "POST", "/members/content-type", body=b""),
    one("content-type-broken", "POST", "/members/content-type", ("content-type", "; =;x"), body=b"1"),
    one("json-member", "POST", "/members/json", JSON, body=b'{"a": [1, 2.5, null, "\xc3\xbc"]}'),
    one("json-member-empty", "POST", "/members/json", JSON),
    one("json-member-broken", "POST", "/members/json", JSON, body=b"{'a'}"),
    one("json-member-deep", "POST", "/members/json", JSON, body=b"[" * 500 + b"]" * 500),
    one("msgpack-member", "POST", "/members/msgpack", MSGPACK, body=POINT),
    one("msgpack-member-empty", "POST", "/members/msgpack", MSGPACK),
    one("msgpack-member-broken", "POST", "/members/msgpack", MSGPACK, body=b"\xc1"),
    one("form-urlencoded", "POST", "/members/form", URLENCODED, body=b"a=1&b=2&a=3&c&d=%C3%BC+x"),
    one("form-multipart", "POST", "/members/form", MULTIPART, body=UPLOAD),
    one("form-multipart-empty", "POST", "/members/form", MULTIPART, body=END),
    one("form-multipart-broken", "POST", "/members/form", MULTIPART, body=b"--limit\r\nno header\r\n\r\nx" + END),
    one("form-no-boundary", "POST", "/members/form", ("content-type", "multipart/form-data"), body=UPLOAD),
    one("form-of-json", "POST", "/members/form", JSON, body=b"{}"),
    one("form-too-many-parts", "POST", "/members/form", MULTIPART, body=part(b"", "a") * 1001 + END),
    one("body", "POST", "/members/body", body=b"the body"),
    one("body-pieces", "POST", "/members/body", body=[b"the ", b"body ", b"in ", b"pieces"]),
    one("body-empty", "POST", "/members/body"),
    one("body-large", "POST", "/members/body", body=b"0123456789" * 100_000),
    one("stream", "POST", "/members/stream", body=[b"the ", b"stream"]),
    one("stream-empty", "POST", "/members/stream"),
    one("stream-twice", "POST", "/members/stream-twice", body=b"once"),
    one("stream-after-body", "POST", "/members/stream-after-body", body=[b"a", b"b"]),
    one("body-after-stream", "POST", "/members/body-after-stream", body=b"gone"),
    one("two-connections", "POST", "/members/two-connections?q=1", JSON, body=[b'{"a"', b": 1}"]),
    one("nothing-set", "GET", "/members/missing"),
    several("state", get("/members/state"), get("/members/state")),
    one("url-for", "GET", "/members/url-for?ignored=1"),
    one("url-for-none", "GET", "/members/url-for-none"),
    one("set-session", "GET", "/members/set-session"),
    one("push-not-supported", "GET", "/members/push"),
    one("annotated", "GET", "/members/annotated"),
    one("own-class", "GET", "/members/own?a=1"),
    one("slotted-class", "POST", "/members/slotted", ("x-mark", "m"), body=b"loud"),
    one("slotted-class-json", "POST", "/members/slotted-json", JSON, body=b'{"a": true}'.replace(b"true", b"1")),
    one("settable", "GET", "/members/settable?original=1"),
]

# what no server would pass on, or is otherwise with each server
SCOPES = [
    one("pieces-as-sent", "POST", "/members/chunks", body=[b"a", b"", b"b", b"c"]),
    one("push", "GET", "/members/push", scope={"extensions": {"http.response.push": {}}}),
    one("no-extensions", "GET", "/members/facts", scope={"extensions": None}),
    one("no-client", "GET", "/members/facts", scope={"client": None}),
    one("no-host", "GET", "/members/facts?a", scope={"headers": []}),
    one("no-host-default-port", "GET", "/members/facts", scope={"headers": [], "server": ("example.net", 80)}),
    one("no-server", "GET", "/members/facts", scope={"headers": [], "server": None}),
    one("root-path", "GET", "/members/facts", scope={"root_path": "/below", "path": "/below/members/facts"}),
    one("root-path-outside", "GET", "/members/facts", scope={"root_path": "/below"}),
    one("https-port", "GET", "/members/facts", scope={"scheme": "https", "headers": [(b"host", b"example.org:8443")]}),
    one("user-in-host", "GET", "/members/url-for", scope={"headers": [(b"host", b"user:pw@example.org:1")]}),
    one("given-state", "GET", "/members/state", scope={"state": {"of": "the server"}}),
    one("many-cookies", "GET", "/members/facts", scope={"headers": [(b"cookie", b"a=1"), (b"cookie", b"b=2")]}),
    one("length-no-number", "POST", "/members/body", body=b"x", scope={"headers": [(b"content-length", b"x1")]}),
    one("length-no-number-json", "POST", "/bodies/struct", body=b"{}", scope={"headers": [(b"content-length", b"")]}),
    one("limit-announced-only", "POST", "/bodies/limited", scope={"headers": [(b"content-length", b"11")]}),
    one("limit-unread", "POST", "/members/stream-twice", scope={"headers": [(b"content-length", b"10000001")]}),
    one("leaves-in-body", "POST", "/members/body", body=[b"half ", b"a body"], leaves=True),
    one("leaves-in-data", "POST", "/bodies/struct", JSON, body=[b'{"x":'], leaves=True),
    one("leaves-in-form", "POST", "/members/form", MULTIPART, body=[UPLOAD[:80]], leaves=True),
    one("leaves-in-stream", "POST", "/members/stream", body=[b"half"], leaves=True),
]

PLAIN_EXCHANGES = [*KINDS, *PARAMETERS, *BODIES, *DEPENDENCIES, *MEMBERS, *SCOPES]
