"""Handlers of all kinds, and parameters and bodies of all kinds."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, HttpMethod, Request, Response, Router, delete, get, head, patch, post, put, route
from litestar.datastructures import FormMultiDict, Headers, UploadFile
from litestar.di import Provide
from litestar.dto import DTOData
from litestar.enums import MediaType, RequestEncodingType
from litestar.params import Body

from .marks import (
    FromPath,
    FromQuery,
    JSONBody,
    MsgPackBody,
    MultipartBody,
    NamedDependency,
    RawBody,
    URLEncodedBody,
    cookie,
    header,
    query,
)
from .models import (
    Celsius,
    Person,
    PersonDTO,
    Point,
    PointDTO,
    Upload,
    Weather,
    decode_celsius,
    encode_celsius,
    is_celsius,
)

AnyRequest = Request[Any, Any, Any]


# kinds


@get("/thread", sync_to_thread=True)
def in_thread(request: AnyRequest) -> str:
    return f"{request.method} {request.url.path}"


@get("/inline", sync_to_thread=False)
def inline(request: AnyRequest) -> str:
    return f"{request.method} {request.url.path}"


@get("/awaited", media_type=MediaType.TEXT)
async def awaited() -> str:
    return "awaited"


@head("/headed")
async def headed(request: AnyRequest) -> Response[None]:
    return Response(None, headers={"x-query": str(request.url.query)})


@put("/it")
async def put_it(request: AnyRequest) -> dict[str, Any]:
    return {"method": request.method, "body": (await request.body()).decode()}


@patch("/it")
async def patch_it(data: JSONBody[dict[str, Any]], request: AnyRequest) -> dict[str, Any]:
    return {"method": request.method, "data": data}


@delete("/it")
async def delete_it(request: AnyRequest) -> None:
    request.app.state.deleted = True


@route("/any", http_method=[HttpMethod.GET, HttpMethod.POST, HttpMethod.DELETE], status_code=200)
async def any_method(request: AnyRequest) -> dict[str, str]:
    return {"method": request.method}


@get("/msgpack", media_type=MediaType.MESSAGEPACK)
async def give_msgpack() -> Point:
    return Point(1, 2)


class Numbers(Controller):
    path = "/numbers"

    @get("/{number:int}")
    async def one(self, number: FromPath[int], request: AnyRequest) -> dict[str, Any]:
        return {"number": number, "params": request.path_params, "route": request.route_handler.handler_name[-11:]}

    @post("/", status_code=202)
    async def several(self, data: JSONBody[list[int]]) -> int:
        return sum(data)


KINDS = Router(
    "/kinds",
    route_handlers=[
        in_thread,
        inline,
        awaited,
        headed,
        put_it,
        patch_it,
        delete_it,
        any_method,
        give_msgpack,
        Numbers,
        Router("/nested", route_handlers=[Numbers]),
    ],
)


# parameters


@get("/path/{number:int}/{text:str}/{day:date}/{id_:uuid}/{rest:path}")
async def path_kinds(
    number: FromPath[int], text: FromPath[str], day: FromPath[date], id_: FromPath[UUID], rest: FromPath[str]
) -> dict[str, Any]:
    return {"number": number, "text": text, "day": day, "id": id_, "rest": str(rest)}


@get("/query")
async def query_kinds(
    request: AnyRequest,
    number: FromQuery[int],
    flag: FromQuery[bool] = False,
    texts: FromQuery[list[str] | None] = None,
    other: Annotated[str, query("other-name", max_length=5)] = "",
) -> dict[str, Any]:
    pairs = list(request.query_params.multi_items())
    return {"number": number, "flag": flag, "texts": texts, "other": other, "pairs": pairs}


@get("/headers")
async def header_kinds(
    token: Annotated[str, header("X-Token")], count: Annotated[int, header("X-Count", ge=1)] = 1
) -> dict[str, Any]:
    return {"token": token, "count": count}


@get("/cookies")
async def cookie_kinds(
    taste: Annotated[str, cookie("taste")], crumbs: Annotated[int | None, cookie("crumbs")] = None
) -> dict[str, Any]:
    return {"taste": taste, "crumbs": crumbs}


@get("/celsius", type_decoders=[(is_celsius, decode_celsius)], type_encoders={Celsius: encode_celsius})
async def decoded_query(at: FromQuery[Celsius]) -> Celsius:
    return at


@post("/body-twice")
async def body_twice(body: RawBody, request: AnyRequest) -> dict[str, Any]:
    return {"parameter": body.decode("latin-1"), "same": body == await request.body()}


PARAMETERS = Router(
    "/parameters", route_handlers=[path_kinds, query_kinds, header_kinds, cookie_kinds, decoded_query, body_twice]
)


# bodies


@post("/struct")
async def struct(data: JSONBody[Point]) -> Point:
    return Point(data.y, data.x)


@post("/dataclass")
async def as_dataclass(data: JSONBody[Person], request: AnyRequest) -> dict[str, Any]:
    return {"person": data, "json": await request.json()}


@post("/optional")
async def optional(data: JSONBody[Point | None]) -> dict[str, Any]:
    return {"data": data}


# what a DTO is called in the schema depends on how many apps there were before
@post("/dto", dto=PersonDTO, include_in_schema=False)
async def with_dto(data: JSONBody[Person]) -> Person:
    return Person(data.name, 99, data.tags)


@patch("/dto", dto=PointDTO, return_dto=None, include_in_schema=False)
async def with_partial_dto(data: JSONBody[DTOData[Point]]) -> dict[str, Any]:
    return {"given": data.as_builtins(), "point": data.update_instance(Point(1, 2))}


@post("/weather", type_decoders=[(is_celsius, decode_celsius)], type_encoders={Celsius: encode_celsius})
async def weather(data: JSONBody[Weather], request: AnyRequest) -> dict[str, Any]:
    return {"place": data.place, "celsius": data.celsius, "json": await request.json()}


@post("/msgpack")
async def msgpack_body(data: MsgPackBody[Point], request: AnyRequest) -> dict[str, Any]:
    return {"data": data, "msgpack": await request.msgpack()}


@post("/urlencoded")
async def urlencoded(data: URLEncodedBody[Person]) -> Person:
    return data


@post("/urlencoded-dict")
async def urlencoded_dict(data: URLEncodedBody[dict[str, Any]], request: AnyRequest) -> dict[str, Any]:
    return {"data": data, "form": list((await request.form()).multi_items())}


@post("/urlencoded-dto", dto=PersonDTO, include_in_schema=False)
async def urlencoded_dto(data: URLEncodedBody[Person]) -> Person:
    return data


@post("/multipart")
async def multipart(data: MultipartBody[Upload], request: AnyRequest) -> dict[str, Any]:
    files = [await described(file) for file in data.files]
    form = await request.form()
    return {"title": data.title, "files": files, "names": sorted(form), "closed": [f.file.closed for f in data.files]}


@post("/one-file")
async def one_file(data: MultipartBody[UploadFile]) -> dict[str, Any]:
    return await described(data)


@post("/many-files")
async def many_files(data: MultipartBody[list[UploadFile]]) -> list[dict[str, Any]]:
    return [await described(file) for file in data]


@post("/few-parts")
async def few_parts(
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART, multipart_form_part_limit=2)],
) -> list[str]:
    return sorted(data)


@post("/limited", request_max_body_size=10)
async def limited(request: AnyRequest) -> str:
    return (await request.body()).decode()


@post("/limited-data", request_max_body_size=10)
async def limited_data(data: JSONBody[Any]) -> Any:
    return data


@post("/unlimited", request_max_body_size=None)
async def unlimited(request: AnyRequest) -> int:
    return len(await request.body())


async def described(file: UploadFile) -> dict[str, Any]:
    content = await file.read()
    await file.seek(0)
    return {
        "name": file.filename,
        "type": file.content_type,
        "headers": dict(file.headers),
        "size": len(content),
        "start": content[:20].decode("latin-1"),
        "in memory": file.rolled_to_disk,
    }


async def formed(request: AnyRequest) -> FormMultiDict:
    return await request.form()


BODIES = Router(
    "/bodies",
    route_handlers=[
        struct,
        as_dataclass,
        optional,
        with_dto,
        with_partial_dto,
        weather,
        msgpack_body,
        urlencoded,
        urlencoded_dict,
        urlencoded_dto,
        multipart,
        one_file,
        many_files,
        few_parts,
        limited,
        limited_data,
        unlimited,
    ],
)


# dependencies


async def the_request(request: AnyRequest) -> Request:
    return request


def the_agent(request: AnyRequest) -> str:
    return request.headers.get("user-agent", "nobody")


def the_headers(request: AnyRequest) -> Headers:
    return request.headers


async def opened(request: AnyRequest) -> AsyncGenerator[list[str], None]:
    notes: list[str] = []
    request.app.state.notes.append(f"opened {request.url.path}")
    yield notes
    request.app.state.notes.append(f"closed {request.url.path} {notes}")


@post(
    "/",
    dependencies={
        "r": Provide(the_request),
        "agent": Provide(the_agent, sync_to_thread=True),
        "given": Provide(the_headers, sync_to_thread=False),
        "notes": Provide(opened),
        "form": Provide(formed),
    },
)
async def injected(
    r: NamedDependency[Request],
    agent: NamedDependency[str],
    given: NamedDependency[Headers],
    notes: NamedDependency[list[str]],
    form: NamedDependency[FormMultiDict],
    request: Request,
) -> dict[str, Any]:
    notes.append(agent)
    return {
        "same": r is request,
        "agent": agent,
        "headers": sorted(given),
        "form": list(form.multi_items()),
        "body": (await r.body()).decode(),
    }


DEPENDENCIES = Router("/dependencies", route_handlers=[injected])
