"""Handlers with special responses: events, streams, templates, files, caches, mounted applications, HTMX."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, Environment
from litestar import Request, Response, Router, asgi, get, post
from litestar.background_tasks import BackgroundTask
from litestar.channels import ChannelsPlugin
from litestar.connection import ASGIConnection
from litestar.events import listener
from litestar.exceptions import NotAuthorizedException
from litestar.plugins.htmx import HTMXRequest, HTMXTemplate, Reswap, TriggerEvent
from litestar.plugins.prometheus import PrometheusConfig
from litestar.response import File, Redirect, ServerSentEvent, ServerSentEventMessage, Stream, Template
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig

from .marks import FromQuery, JinjaTemplateEngine, JSONBody, NamedDependency

AnyRequest = Request[Any, Any, Any]

ASSETS = Path(__file__).parent / "assets"
PAGES = {
    "page.html": "<p>{{ request.method }} {{ request.url.path }} {{ request.query_params.get('a') }} {{ word }}</p>",
    "form.html": "<form>{{ csrf_input }}</form>{{ csrf_token() }} {{ url_for('template', page='x') }}",
    "part.html": "<b>{{ request.headers['host'] }}</b>",
}

TEMPLATES: TemplateConfig[Any] = TemplateConfig(
    instance=JinjaTemplateEngine.from_environment(Environment(loader=DictLoader(PAGES), autoescape=True))
)


# streams and events


@get("/events")
async def events(request: AnyRequest) -> ServerSentEvent:
    async def generate() -> AsyncGenerator[Any, None]:
        for index in range(int(request.query_params.get("count", 3))):
            yield ServerSentEventMessage(data=f"{request.url.path}\n{index}", event="tick", id=index, retry=10)

    return ServerSentEvent(generate())


@get("/numbers")
async def numbers() -> Stream:
    async def generate() -> AsyncGenerator[bytes, None]:
        for index in range(3):
            yield b"%d " % index * 40
            await asyncio.sleep(0)

    return Stream(generate(), media_type="text/plain")


@post("/echo")
async def echo(request: AnyRequest) -> Stream:
    # while a stream is under way, Litestar itself takes what is received
    body = await request.body()

    async def generate() -> AsyncGenerator[bytes, None]:
        yield b"<"
        for chunk in body.split(b" "):
            yield chunk
        yield request.url.path.encode()

    return Stream(generate(), media_type=request.content_type[0] or "text/plain")


STREAMS = Router("/streams", route_handlers=[events, numbers, echo])


# documents


@get("/template/{page:str}", name="template")
async def template(request: AnyRequest) -> Template:
    return Template(request.path_params["page"], context={"word": "<&>"})


@get("/form")
async def form_page() -> Template:
    return Template("form.html")


@get("/file")
async def file() -> File:
    return File(ASSETS / "hello.txt", filename="grüße.txt")


@get("/redirect")
async def redirect(request: AnyRequest) -> Redirect:
    return Redirect(request.url_for("template", page="page.html"))


@get("/large")
async def large() -> str:
    return "all work and no play " * 100


@get("/small")
async def small() -> str:
    return "short"


@get("/with-cookies")
async def with_cookies(request: AnyRequest) -> Response[dict[str, str]]:
    response = Response(request.cookies, headers={"x-shown": "1"})
    response.set_cookie("b", "2", max_age=5)
    response.delete_cookie("a")
    return response


DOCUMENTS = Router("/documents", route_handlers=[template, form_page, file, redirect, large, small, with_cookies])
STATIC = create_static_files_router("/static", [ASSETS], send_as_attachment=True)


# caches


def key_of(request: AnyRequest) -> str:
    # built once of the handler's request and once, to store it, of one that has nothing but the scope
    return f"{request.method} {request.url.path} {request.headers.get('x-variant')} {request.cookies.get('c')}"


@get("/", cache=True)
async def cached(request: AnyRequest) -> dict[str, Any]:
    return {"visit": visit(request), "query": request.query_params.dict()}


@get("/by-key", cache=60, cache_key_builder=key_of)
async def cached_by_key(request: AnyRequest) -> dict[str, Any]:
    return {"visit": visit(request), "variant": request.headers.get("x-variant")}


def visit(request: AnyRequest) -> int:
    count: int = request.app.state.get("cache_visits", 0) + 1
    request.app.state.cache_visits = count
    return count


CACHES = Router("/cached", route_handlers=[cached, cached_by_key])


# mounted applications


def need_ticket(connection: ASGIConnection[Any, Any, Any, Any], handler: Any) -> None:
    if connection.query_params.get("ticket") != "yes" and "x-ticket" not in connection.headers:
        raise NotAuthorizedException(f"no ticket for {connection.url.path} of {connection.client is not None}")


async def answer_with(send: Any, text: str) -> None:
    headers = [(b"content-type", b"text/plain"), (b"x-mounted", b"yes")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode(), "more_body": False})


@asgi("/mount", is_mount=True, copy_scope=True)
async def mounted(scope: Any, receive: Any, send: Any) -> None:
    request: AnyRequest = Request(scope, receive, send)
    body = await request.body() if request.method == "POST" else b""
    await answer_with(send, f"{request.url} {request.base_url} {scope['path']} {body!r}")


@asgi("/guarded-mount", is_mount=True, copy_scope=True, guards=[need_ticket])
async def guarded_mount(scope: Any, receive: Any, send: Any) -> None:
    await answer_with(send, f"{scope['path']} {scope['root_path']} {scope['query_string']!r}")


@asgi("/not-mounted", copy_scope=False, guards=[need_ticket])
async def not_mounted(scope: Any, receive: Any, send: Any) -> None:
    await answer_with(send, scope["path"])


MOUNTS = [mounted, guarded_mount, not_mounted]


# HTMX


@get("/details")
async def htmx_details(request: HTMXRequest) -> dict[str, Any]:
    details = request.htmx
    return {
        "is": bool(details),
        "boosted": details.boosted,
        "url": details.current_url,
        "path": details.current_url_abs_path,
        "restored": details.history_restore_request,
        "prompt": details.prompt,
        "target": details.target,
        "trigger": [details.trigger, details.trigger_name],
        "event": details.triggering_event,
    }


@get("/template")
async def htmx_template(request: HTMXRequest) -> Template:
    return HTMXTemplate(template_name="part.html", push_url=request.url.path, trigger_event="seen", after="swap")


@get("/event")
async def htmx_event() -> TriggerEvent[str]:
    return TriggerEvent("content", name="done", params={"a": 1}, after="receive")


@post("/swap")
async def htmx_swap(request: HTMXRequest) -> Reswap[str]:
    return Reswap((await request.body()).decode(), method="innerHTML")


HTMX = Router("/htmx", route_handlers=[htmx_details, htmx_template, htmx_event, htmx_swap], request_class=HTMXRequest)


# what happens besides the answer


@listener("noted")
async def on_noted(text: str, request: AnyRequest) -> None:
    request.app.state.notes.append(f"event {text} of {request.url.path} {await request.json()}")


@post("/emit")
async def emit(request: AnyRequest, data: JSONBody[Any]) -> None:
    request.app.emit("noted", "first", request=request)


def in_background(request: AnyRequest, text: str) -> None:
    request.app.state.notes.append(f"background {text} {request.url.path} {request.headers['host']}")


@get("/background")
async def background(request: AnyRequest) -> Response[str]:
    return Response("later", background=BackgroundTask(in_background, request, text="task"))


@post("/publish")
async def publish(channels: NamedDependency[ChannelsPlugin], data: JSONBody[Any], to: FromQuery[str]) -> None:
    await channels.wait_published(data, to)


@get("/notes")
async def notes(request: AnyRequest, count: FromQuery[int] = 0) -> list[str]:
    """What was noted since the last call, as soon as it is as much as is waited for."""
    kept = request.app.state.notes
    for _ in range(300):
        if len(kept) >= count:
            break
        await asyncio.sleep(0.01)
    taken, kept[:] = list(kept), []
    return taken


@get("/log")
async def log(request: AnyRequest) -> list[str]:
    lines = request.app.state.logger.lines
    taken, lines[:] = list(lines), []
    return taken


def label(request: AnyRequest) -> str:
    return f"{request.url.path} {request.headers.get('x-label', '-')} {request.query_params.get('q', '-')}"


@get("/")
async def measured(request: AnyRequest) -> str:
    return request.url.path


SIDE_EFFECTS = [
    emit,
    background,
    publish,
    notes,
    log,
    Router(
        "/measured",
        route_handlers=[measured],
        middleware=[PrometheusConfig(labels={"label": label}, prefix="equivalence").middleware],
    ),
]
