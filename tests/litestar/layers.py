"""Middleware, guards, hooks and exception handlers, each around handlers that show its effect."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from litestar import Request, Response, Router, WebSocket, get, post, websocket
from litestar.config.cors import CORSConfig
from litestar.config.csrf import CSRFConfig
from litestar.connection import ASGIConnection
from litestar.datastructures import State, UploadFile
from litestar.exceptions import HTTPException, NotAuthorizedException, PermissionDeniedException
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult, DefineMiddleware
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.middleware.session.client_side import CookieBackendConfig
from litestar.middleware.session.server_side import ServerSideSessionConfig
from litestar.security.jwt import JWTAuth, JWTCookieAuth
from litestar.security.jwt import Token as JWTToken
from litestar.security.session_auth import SessionAuth

from .marks import FromQuery, JSONBody, MultipartBody, URLEncodedBody
from .models import Token, User
from .versions import logging_middleware

AnyRequest = Request[Any, Any, Any]
AnyConnection = ASGIConnection[Any, Any, Any, Any]

SECRET = "a secret that is long enough for every algorithm here"

CSRF = CSRFConfig(secret=SECRET, exclude=["^/(?!csrf)[a-z]"])
CORS = CORSConfig(
    allow_origins=["https://good.example", "https://*.better.example"],
    allow_methods=["GET", "POST"],
    allow_headers=["X-Token"],
    expose_headers=["X-Shown"],
    allow_credentials=True,
    max_age=60,
)


# sessions


@get("/")
async def read_session(request: AnyRequest) -> dict[str, Any]:
    return {"session": request.session, "id": request.get_session_id()}


@post("/")
async def write_session(request: AnyRequest, data: JSONBody[dict[str, Any]]) -> dict[str, Any]:
    request.session.update(data)
    return {"session": request.session, "id": request.get_session_id()}


@post("/replace")
async def replace_session(request: AnyRequest) -> None:
    request.set_session({"replaced": (await request.body()).decode()})


@post("/clear")
async def clear_session(request: AnyRequest) -> str:
    request.clear_session()
    return str(request.get_session_id())


@websocket("/socket")
async def socket_session(socket: WebSocket[Any, Any, Any]) -> None:
    await socket.accept()
    await socket.send_json({"session": socket.session, "id": socket.get_session_id()})
    await socket.close()


SESSION_HANDLERS = [read_session, write_session, replace_session, clear_session, socket_session]
# a router is copied with its middleware, which the cipher of this one does not allow: the app has it
CLIENT_SESSION = CookieBackendConfig(secret=b"0123456789abcdef", exclude=["^/(?!client-session)[a-z]"])
SESSIONS = [
    Router("/client-session", route_handlers=SESSION_HANDLERS),
    Router("/server-session", route_handlers=SESSION_HANDLERS, middleware=[ServerSideSessionConfig().middleware]),
]


# forms behind the token against cross-site requests, which reads them first


@get("/")
async def csrf_page(request: AnyRequest) -> str:
    return request.cookies.get("csrftoken", "no token yet")


@post("/urlencoded")
async def csrf_form(data: URLEncodedBody[dict[str, str]], request: AnyRequest) -> dict[str, Any]:
    return {"data": sorted(data), "form": sorted(await request.form()), "body": len(await request.body())}


@post("/multipart")
async def csrf_files(data: MultipartBody[dict[str, Any]], request: AnyRequest) -> dict[str, Any]:
    upload: UploadFile = data["file"]
    form = await request.form()
    return {
        "names": sorted(data),
        "file": [upload.filename, (await upload.read()).decode(), type(upload).__name__],
        "same": form["file"] is upload,
    }


@post("/json")
async def csrf_json(data: JSONBody[Any]) -> Any:
    return data


@post("/open", exclude_from_csrf=True)
async def csrf_open(data: JSONBody[Any]) -> Any:
    return data


CSRF_FORMS = Router("/csrf", route_handlers=[csrf_page, csrf_form, csrf_files, csrf_json, csrf_open])


# who is it


class Authentication(AbstractAuthenticationMiddleware):
    async def authenticate_request(self, connection: AnyConnection) -> AuthenticationResult:
        value = connection.headers.get("x-api-key") or connection.query_params.get("key")
        if not value:
            raise NotAuthorizedException(f"no key for {connection.url.path} of {connection.base_url}")
        return AuthenticationResult(user=User(value.title()), auth=Token(value))


@get("/")
async def whoami(request: Request[User, Token, State]) -> dict[str, Any]:
    return {"user": request.user, "auth": request.auth}


@get("/open", exclude_from_auth=True)
async def anyone(request: AnyRequest) -> bool:
    return "user" in request.scope


def need_admin(connection: AnyConnection, handler: Any) -> None:
    if connection.user.name != "Admin":
        raise PermissionDeniedException(f"{connection.user.name} from {connection.url.path}")


async def need_header(connection: AnyConnection, handler: Any) -> None:
    if "x-guard" not in connection.headers or connection.cookies.get("guard") == "no":
        raise NotAuthorizedException(f"no header in {sorted(connection.query_params)}")


@get("/admin", guards=[need_admin, need_header])
async def admin(request: AnyRequest) -> str:
    return request.user.name


@websocket("/socket", guards=[need_admin])
async def who_socket(socket: WebSocket[User, Token, State]) -> None:
    await socket.accept()
    await socket.send_json([socket.user.name, socket.auth.value])
    await socket.close()


def user_of_session(session: dict[str, Any], connection: AnyConnection) -> User | None:
    return User(f"{session['name']} at {connection.url.path}") if "name" in session else None


async def user_of_token(token: JWTToken, connection: AnyConnection) -> User | None:
    return User(f"{token.sub} at {connection.url.path}") if token.sub != "unknown" else None


@post("/login", exclude_from_auth=True)
async def login(request: AnyRequest) -> str:
    request.set_session({"name": (await request.json())["name"]})
    return "welcome"


@get("/me")
async def me(request: AnyRequest) -> dict[str, Any]:
    return {"user": request.user, "auth": request.auth}


@get("/claims")
async def claims(request: AnyRequest) -> dict[str, Any]:
    return {"user": request.user, "subject": request.auth.sub, "extras": request.auth.extras}


def token_for(subject: str, **extras: Any) -> str:
    """Return a token whose times are not those of the run."""
    token = JWTToken(
        sub=subject,
        exp=datetime(2100, 1, 1, tzinfo=UTC),
        iat=datetime(2020, 1, 1, tzinfo=UTC),
        extras=extras,
    )
    return token.encode(secret=SECRET, algorithm="HS256")


session_auth = SessionAuth[User, Any](
    retrieve_user_handler=user_of_session, session_backend_config=ServerSideSessionConfig(key="login")
)
jwt_auth = JWTAuth[User](retrieve_user_handler=user_of_token, token_secret=SECRET)
jwt_cookie_auth = JWTCookieAuth[User](retrieve_user_handler=user_of_token, token_secret=SECRET)

AUTHENTICATION = [
    Router("/auth", route_handlers=[whoami, anyone, admin, who_socket], middleware=[DefineMiddleware(Authentication)]),
    Router("/session-auth", route_handlers=[login, me], middleware=[session_auth.middleware]),
    Router("/jwt", route_handlers=[claims], middleware=[jwt_auth.middleware]),
    Router("/jwt-cookie", route_handlers=[claims], middleware=[jwt_cookie_auth.middleware]),
]


# rate limit


@get("/")
async def limited() -> str:
    return "not yet"


def who_asks(request: AnyRequest) -> str:
    return f"{request.client.host if request.client else None} {request.headers.get('x-who', '')} {request.method}"


async def is_checked(request: AnyRequest) -> bool:
    return request.query_params.get("free") != "yes"


LIMITS = [
    Router("/rate", route_handlers=[limited], middleware=[RateLimitConfig(("hour", 2)).middleware]),
    Router(
        "/rate-of-one",
        route_handlers=[limited],
        middleware=[
            RateLimitConfig(
                ("day", 1), identifier_for_request=who_asks, check_throttle_handler=is_checked, store="one"
            ).middleware
        ],
    ),
]


# logging


class KeptLogger:
    """A logger that leaves its lines where a handler finds them."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, event: str, **values: Any) -> None:
        self.lines.append(" ".join([event, *(f"{name}={value!r}" for name, value in values.items())]))


@post("/", status_code=200)
async def logged(request: AnyRequest) -> dict[str, Any]:
    form = await request.form()
    values = [value if isinstance(value, str) else value.filename for _, value in form.multi_items()]
    return {"body": len(await request.body()) if "multipart" not in request.content_type[0] else None, "form": values}


@post("/typed/{number:int}", status_code=200)
async def logged_typed(data: JSONBody[dict[str, Any]], request: AnyRequest) -> dict[str, Any]:
    return {"data": data, "json": await request.json()}


FIELDS: Any = (
    "path", "method", "content_type", "headers", "cookies", "query", "path_params", "body", "scheme",
)  # fmt: skip
LOGGED = [
    Router(
        f"/{name}",
        route_handlers=[logged, logged_typed],
        middleware=[logging_middleware(FIELDS, parses)],
    )
    for name, parses in (("logged", False), ("logged-parsed", True))
]


# errors


class Teapot(Exception):
    pass


def answer_teapot(request: AnyRequest, error: Exception) -> Response[Any]:
    said = {
        "error": str(error),
        "method": request.method,
        "url": str(request.url),
        "agent": request.headers.get("user-agent"),
        "query": request.query_params.dict(),
    }
    return Response(said, status_code=418)


def answer_missing(request: AnyRequest, error: HTTPException) -> Response[Any]:
    return Response(f"nothing at {request.url.path}, {request.method}", status_code=404, media_type="text/plain")


def answer_key_error(request: AnyRequest, error: Exception) -> Response[Any]:
    return Response({"key": error.args[0], "handler": request.route_handler.name}, status_code=400)


@get("/teapot")
async def teapot(kind: FromQuery[str] = "short") -> None:
    raise Teapot(kind)


@get("/key", exception_handlers={KeyError: answer_key_error}, name="key error")
async def key_error() -> None:
    raise KeyError("the key")


@get("/http")
async def http_error() -> None:
    raise HTTPException(status_code=409, detail="conflict", extra={"a": [1]}, headers={"x-why": "because"})


@get("/unhandled")
async def unhandled() -> None:
    raise RuntimeError("nobody handles it")


@post("/after-body")
async def after_body(request: AnyRequest) -> None:
    raise Teapot(json.dumps(await request.json()))


ERRORS = Router("/errors", route_handlers=[teapot, key_error, http_error, unhandled, after_body])


# hooks


async def before_request(request: AnyRequest) -> Any:
    request.state.before = request.url.path
    if request.query_params.get("short") == "yes":
        return {"answered": "before", "body": (await request.body()).decode()}
    return None


async def after_request(response: Response[Any]) -> Response[Any]:
    response.headers["x-after"] = "yes"
    return response


async def after_response(request: AnyRequest) -> None:
    # it was read before: after the answer there is no body any more
    body = await request.body()
    request.app.state.notes.append(f"after {request.method} {request.url} {body!r} {request.state.before}")


@post("/", before_request=before_request, after_request=after_request, after_response=after_response)
async def hooked(request: AnyRequest) -> dict[str, Any]:
    return {"before": request.state.before, "body": len(await request.body())}


HOOKS = Router("/hooks", route_handlers=[hooked])
