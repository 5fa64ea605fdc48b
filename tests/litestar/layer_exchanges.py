"""The requests for middleware, guards, hooks, errors, streams, documents, caches, mounts and HTMX."""

from __future__ import annotations

from .exchanges import END, JSON, MULTIPART, PLAIN_EXCHANGES, URLENCODED, get, one, part, post, several
from .layers import token_for
from .scripts import Exchange

CSRF_COOKIE = ("x-csrftoken", "<cookie:csrftoken>")


def session_exchanges(base: str) -> list[Exchange]:
    return [
        several(
            f"{base}-grows",
            get(f"/{base}"),
            post(f"/{base}", b'{"a": 1}', JSON),
            get(f"/{base}"),
            post(f"/{base}", b'{"b": [2], "\xc3\xbc": "x"}', JSON),
            get(f"/{base}"),
        ),
        several(
            f"{base}-replaced-and-cleared",
            post(f"/{base}", b'{"a": 1}', JSON),
            post(f"/{base}/replace", b"by this"),
            get(f"/{base}"),
            post(f"/{base}/clear", b""),
            get(f"/{base}"),
        ),
        several(
            f"{base}-in-many-cookies",
            post(f"/{base}", b'{"a": "' + b"0123456789" * 900 + b'"}', JSON),
            get(f"/{base}"),
        ),
        several(f"{base}-foreign-cookie", get(f"/{base}", ("cookie", "session=bm90aGluZw==; x=1"))),
        several(f"{base}-error", post(f"/{base}", b"no json", JSON), get(f"/{base}")),
    ]


CSRF_FILE = part(b"kept", "file", "f.txt", "text/plain")
TOKEN_PART = part(b"<cookie:csrftoken>", "_csrf_token")
CSRF = [
    several("csrf-page", get("/csrf"), get("/csrf")),
    several("csrf-header", get("/csrf"), post("/csrf/json", b'{"a": 1}', JSON, CSRF_COOKIE)),
    several(
        "csrf-urlencoded",
        get("/csrf"),
        post("/csrf/urlencoded", b"a=1&_csrf_token=<cookie:csrftoken>", URLENCODED),
    ),
    several("csrf-multipart", get("/csrf"), post("/csrf/multipart", CSRF_FILE + TOKEN_PART + END, MULTIPART)),
    several("csrf-multipart-refused", get("/csrf"), post("/csrf/multipart", CSRF_FILE + END, MULTIPART)),
    several("csrf-without", post("/csrf/json", b"{}", JSON)),
    several("csrf-wrong", get("/csrf"), post("/csrf/json", b"{}", JSON, ("x-csrftoken", "0" * 128))),
    several("csrf-excluded", post("/csrf/open", b"[1]", JSON)),
    several("csrf-in-template", get("/documents/form")),
]

BEARER = "authorization"
AUTH = [
    one("auth", "GET", "/auth", ("x-api-key", "ann")),
    one("auth-by-query", "GET", "/auth?key=b%C3%A9a"),
    one("auth-none", "GET", "/auth"),
    one("auth-excluded", "GET", "/auth/open"),
    one("auth-options", "OPTIONS", "/auth"),
    one("guard", "GET", "/auth/admin", ("x-api-key", "admin"), ("x-guard", "1")),
    one("guard-refuses", "GET", "/auth/admin", ("x-api-key", "ann"), ("x-guard", "1")),
    one("guard-no-header", "GET", "/auth/admin?b&a=1", ("x-api-key", "admin")),
    one("guard-cookie", "GET", "/auth/admin", ("x-api-key", "admin"), ("x-guard", "1"), ("cookie", "guard=no")),
    several(
        "session-auth",
        get("/session-auth/me"),
        post("/session-auth/login", b'{"name": "Ann"}', JSON),
        get("/session-auth/me"),
    ),
    one("jwt", "GET", "/jwt/claims?a=1", (BEARER, f"Bearer {token_for('ann', role='r')}")),
    one("jwt-none", "GET", "/jwt/claims"),
    one("jwt-broken", "GET", "/jwt/claims", (BEARER, f"Bearer {token_for('ann')}x")),
    one("jwt-unknown-user", "GET", "/jwt/claims", (BEARER, f"Bearer {token_for('unknown')}")),
    one("jwt-cookie", "GET", "/jwt-cookie/claims", ("cookie", f"token=Bearer {token_for('bea')}")),
    one("jwt-cookie-header", "GET", "/jwt-cookie/claims", (BEARER, f"Bearer {token_for('cid')}")),
]

RATES = [
    several("rate-limit", *[get("/rate")] * 4),
    several(
        "rate-limit-by-who",
        *[get("/rate-of-one", ("x-who", who)) for who in ("a", "b", "a")],
        get("/rate-of-one?free=yes", ("x-who", "a")),
    ),
]


def log_exchanges(base: str) -> list[Exchange]:
    upload = part(b"1", "a") + part(b"content", "f", "f.txt", "text/plain") + END
    cookies = ("cookie", "session=hidden; other=shown")
    return [
        several(f"{base}-body", post(f"/{base}?q=1&q=2", b"plain body", cookies), get("/log")),
        several(f"{base}-json", post(f"/{base}/typed/4", b'{"a": 1}', JSON), get("/log")),
        several(f"{base}-json-broken", post(f"/{base}/typed/4", b'{"a"', JSON), get("/log")),
        several(f"{base}-urlencoded", post(f"/{base}", b"a=1&b=%C3%BC&a=2", URLENCODED), get("/log")),
        several(f"{base}-multipart", post(f"/{base}", upload, MULTIPART), get("/log")),
        several(f"{base}-empty", post(f"/{base}", b"", ("authorization", "hidden")), get("/log")),
    ]


ORIGIN = ("origin", "https://good.example")
ASKED = ("access-control-request-method", "POST")
CORS = [
    one("cors", "GET", "/kinds/inline", ORIGIN),
    one("cors-wildcard", "GET", "/kinds/inline", ("origin", "https://a.better.example")),
    one("cors-other-origin", "GET", "/kinds/inline", ("origin", "https://bad.example")),
    one("cors-not-found", "GET", "/nothing", ORIGIN),
    one("cors-error", "GET", "/errors/unhandled", ORIGIN),
    one("preflight", "OPTIONS", "/kinds/any", ORIGIN, ASKED, ("access-control-request-headers", "x-token")),
    one("preflight-header", "OPTIONS", "/kinds/any", ORIGIN, ASKED, ("access-control-request-headers", "x-other")),
    one("preflight-method", "OPTIONS", "/kinds/any", ORIGIN, ("access-control-request-method", "PUT")),
    one("preflight-origin", "OPTIONS", "/kinds/any", ("origin", "https://bad.example"), ASKED),
    one("preflight-not-found", "OPTIONS", "/nothing", ORIGIN, ASKED),
]

ERRORS = [
    one("error-handler", "GET", "/errors/teapot?kind=long", ("user-agent", "tester")),
    one("error-handler-after-body", "POST", "/errors/after-body", JSON, body=b'{"a": 1}'),
    one("error-handler-of-handler", "GET", "/errors/key"),
    one("error-http", "GET", "/errors/http"),
    one("error-unhandled", "GET", "/errors/unhandled"),
    one("error-accepts-html", "GET", "/errors/unhandled", ("accept", "text/html")),
]

HOOKS = [
    several("hooks", post("/hooks?a=1", b"body"), get("/notes?count=1")),
    several("hooks-short", post("/hooks?short=yes", b"body"), get("/notes?count=1")),
]

GZIP = ("accept-encoding", "gzip")
BROTLI = ("accept-encoding", "gzip, br")
ANSWERS = [
    one("sse", "GET", "/streams/events?count=2"),
    one("sse-brotli", "GET", "/streams/events", BROTLI),
    one("stream-answer", "GET", "/streams/numbers"),
    one("stream-answer-gzip", "GET", "/streams/numbers", GZIP),
    one("stream-of-body", "POST", "/streams/echo", body=[b"one two ", b"three"]),
    one("large-plain", "GET", "/documents/large"),
    one("large-gzip", "GET", "/documents/large", GZIP),
    one("large-brotli", "GET", "/documents/large", BROTLI),
    one("small-brotli", "GET", "/documents/small", BROTLI),
    one("template", "GET", "/documents/template/page.html?a=%3Cb%3E"),
    one("template-missing", "GET", "/documents/template/none.html"),
    one("file", "GET", "/documents/file"),
    one("redirect", "GET", "/documents/redirect"),
    several("cookies", get("/documents/with-cookies", ("cookie", "a=1")), get("/documents/with-cookies")),
    one("static", "GET", "/static/hello.txt"),
    one("static-head", "HEAD", "/static/hello.txt"),
    one("static-missing", "GET", "/static/none.txt"),
    one("static-outside", "GET", "/static/..%2Fapp.py"),
    several("cache", get("/cached?b=2&a=1"), get("/cached?a=1&b=2"), get("/cached?a=2")),
    several(
        "cache-by-key",
        *[get("/cached/by-key?ignored=1", ("x-variant", variant)) for variant in ("one", "two", "one")],
        get("/cached/by-key", ("x-variant", "one"), ("cookie", "c=1")),
        get("/cached/by-key", ("x-variant", "one"), BROTLI),
    ),
    one("mount", "GET", "/mount"),
    one("mount-deep", "POST", "/mount/a/b%20c?x=1", body=[b"for ", b"it"]),
    one("mount-guard", "GET", "/guarded-mount/x?ticket=yes"),
    one("mount-guard-header", "GET", "/guarded-mount/x/y", ("x-ticket", "1")),
    one("mount-guard-refuses", "GET", "/guarded-mount/x?ticket=no"),
    one("asgi-guard", "GET", "/not-mounted?ticket=yes"),
    one("asgi-guard-refuses", "GET", "/not-mounted"),
]

HTMX = [
    one("htmx-none", "GET", "/htmx/details"),
    one(
        "htmx-details",
        "GET",
        "/htmx/details",
        ("HX-Request", "true"),
        ("HX-Boosted", "true"),
        ("HX-Current-URL", "http://example.org/a%20b?c=d"),
        ("HX-Prompt", "yes%20sir"),
        ("HX-Prompt-URI-AutoEncoded", "true"),
        ("HX-Target", "target"),
        ("HX-Trigger", "id"),
        ("HX-Trigger-Name", "name"),
        ("Triggering-Event", '{"a": [1]}'),
        ("HX-History-Restore-Request", "true"),
    ),
    one("htmx-event-broken", "GET", "/htmx/details", ("HX-Request", "true"), ("Triggering-Event", "{")),
    one("htmx-template", "GET", "/htmx/template", ("HX-Request", "true")),
    one("htmx-event", "GET", "/htmx/event"),
    one("htmx-swap", "POST", "/htmx/swap", body=b"<p>"),
]

SIDE_EFFECTS = [
    several("events", post("/emit", b'{"a": 1}', JSON), get("/notes?count=1")),
    several("background", get("/background"), get("/notes?count=1")),
    # for the conversation that gets it as history
    several("publish", *[post("/publish?to=talk", body, JSON) for body in (b'"old"', b'{"kept": true}')]),
    several("metrics", get("/measured?q=1", ("x-label", "a")), get("/measured")),
]

EXCHANGES = [
    *PLAIN_EXCHANGES,
    *session_exchanges("client-session"),
    *session_exchanges("server-session"),
    *CSRF,
    *AUTH,
    *RATES,
    *log_exchanges("logged"),
    *log_exchanges("logged-parsed"),
    *CORS,
    *ERRORS,
    *HOOKS,
    *ANSWERS,
    *HTMX,
    *SIDE_EFFECTS,
]
