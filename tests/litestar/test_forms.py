"""A multipart form is read by litecon's scanner, with the same result as Litestar's."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import litestar
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from litestar import Litestar, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException, HTTPException, ImproperlyConfiguredException
from litestar.params import Body
from litestar.testing import TestClient

from ..helpers import Receiver, await_, body_events
from .scopes import APP, litestar_scope
from .versions import IS_THREE, handler_of

BOUNDARY = "x"
HANDLER = handler_of(request_max_body_size=None)


def part(disposition: bytes, content: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([b"--x", b"content-disposition: form-data; " + disposition, *headers, b"", content, b""])


def form_of(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--x--\r\n"


FILE = part(b'name="f"; filename="n.png"', b"\x00\xff\r\n-", b"Content-Type: Image/PNG; a=b", b"x-own: one")
FORMS = [
    form_of(),
    b"",
    form_of(part(b'name="a"', b"1"), part(b'name="a"', b"2"), part(b'name="b"', b"")),
    form_of(FILE, part(b'name="a"', "ü".encode()), FILE),
    form_of(part(b'name="f"; filename=""', b"", b"content-type: application/octet-stream")),
    form_of(part(b'name="f"; filename=""', b"not empty")),
    form_of(part(b'name="f"; filename="n"', b"")),
    form_of(part(b'name="f"; filename="a%22b.txt"', b"1"), part(b'name="a b"', b"2")),
    form_of(part(b'name="a"', b"\xfc", b"content-type: text/plain; charset=latin-1")),
    form_of(part(b'name="f"; filename="big"', b"0123456789" * 150_000)),
]


def scope_of(
    body: bytes, content_type: str = f"multipart/form-data; boundary={BOUNDARY}", **changes: Any
) -> dict[str, Any]:
    headers = [(b"content-type", content_type.encode())]
    return litestar_scope(method="POST", headers=headers, route_handler=HANDLER, **changes)


async def raw_of(cls: Any, body: bytes, size: int, **changes: Any) -> Any:
    """Return the mapping that Litestar shares, files as what is in them, or what reading it raises."""
    chunks = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
    request = cls(scope_of(body, **changes), Receiver(body_events(*chunks)))
    try:
        await request.form()
    except HTTPException as error:
        return type(error), error.status_code, error.detail
    form = request._connection_state.form
    return {
        name: [await told(value) for value in values] if isinstance(values, list) else await told(values)
        for name, values in form.items()
    }


async def told(value: Any) -> Any:
    if not isinstance(value, UploadFile):
        return value
    content = await value.read()
    rolled = value.rolled_to_disk
    await value.close()
    return type(value), value.filename, value.content_type, value.headers, content, rolled


@pytest.mark.parametrize("size", [7, 100, 10_000_000])
@pytest.mark.parametrize("body", FORMS, ids=range(len(FORMS)))
def test_as_litestar_reads_it(dropin: Any, body: bytes, size: int) -> None:
    if size == 7 and len(body) > 1000:
        pytest.skip("it takes long")
    ours, theirs = (asyncio.run(raw_of(cls, body, size)) for cls in (dropin.Request, litestar.Request))
    assert ours == theirs
    assert list(ours) == list(theirs)


BROKEN = [
    b"--x",
    form_of(FILE)[:40],
    form_of(FILE)[:-10],
    b"--x\r\n\r\n1\r\n--x--\r\n",
    b"no form",
    form_of(part(b'name="a"', b"1", *[b"x-%d: 1" % number for number in range(8)])),
    form_of(part(b'name="a"', b"1", b"x-long: " + b"y" * 5000)),
    form_of(*[part(b'name="a"', b"1")] * 1001),
]
# which Litestar 3 tells from what is broken
TOO_MUCH = BROKEN[-3:]


@pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning")
@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
def test_refused_as_litestar_refuses_it(dropin: Any, body: bytes) -> None:
    ours, theirs = (asyncio.run(raw_of(cls, body, 10_000)) for cls in (dropin.Request, litestar.Request))
    assert ours == theirs
    assert ours[1] == (413 if IS_THREE and body in TOO_MUCH else 400)


@pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning")
@pytest.mark.parametrize("body", [form_of(FILE), form_of(part(b'name="a"', b"1"), FILE)], ids=range(2))
def test_overridden_stream_without_an_empty_end(dropin: Any, body: bytes) -> None:
    """Where the body is broken off, it is refused, as with litecon's own stream."""

    class Streaming(dropin.Request):  # type: ignore[misc, name-defined]
        async def stream(self) -> Any:
            async for chunk in super().stream():
                if chunk:
                    yield chunk

    whole = asyncio.run(raw_of(litestar.Request, body, 10_000))
    for cut in range(len(body) - 1):
        outcome = asyncio.run(raw_of(Streaming, body[:cut], 10_000))
        if not cut:
            assert outcome == {}
        elif cut < len(body) - 2:
            assert outcome == (ClientException, 400, "Invalid multipart/form-data"), cut
        else:
            assert outcome == whole


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "multipart/form-data; boundary=", 'multipart/form-data; boundary=""']
)
def test_without_a_boundary(dropin: Any, content_type: str) -> None:
    ours, theirs = (
        asyncio.run(refusal(cls, form_of(FILE), content_type)) for cls in (dropin.Request, litestar.Request)
    )
    assert ours == theirs


async def refusal(cls: Any, body: bytes, content_type: str) -> Any:
    request = cls(scope_of(body, content_type), Receiver(body_events(body)))
    with pytest.raises(HTTPException) as caught:
        await request.form()
    return type(caught.value), caught.value.detail


@pytest.mark.parametrize(
    "content_type", ["boundary=x; boundary=y", "boundary=x; boundary*=utf-8''y", 'x"; boundary=x; y"=', 'boundary="x "']
)
def test_boundary_that_reads_in_two_ways(dropin: Any, content_type: str) -> None:
    kind, detail = asyncio.run(refusal(dropin.Request, form_of(FILE), f"multipart/form-data; {content_type}"))
    assert (kind, detail) == (ClientException, "Invalid multipart/form-data")


names = st.text('ab "%;=', min_size=1, max_size=4).map(lambda text: text.replace('"', "%22").encode())
contents = st.binary(max_size=20) | st.sampled_from([b"\r\n", b"\r\n--", b"\r\n--y", b"--x"])


def test_random_forms(dropin: Any) -> None:
    @given(st.lists(st.tuples(names, st.none() | names, contents), max_size=4), st.integers(1, 50))
    @example([(b"a", b"n", b"\r\n--")], 3)
    @example([(b"a", b"n", b"--x")], 3)
    def check(parts: list[tuple[bytes, bytes | None, bytes]], size: int) -> None:
        body = form_of(
            *[
                part(b'name="%b"; filename="%b"' % (name, filename), content)
                if filename is not None
                else part(b'name="%b"' % name, content.hex().encode())
                for name, filename, content in parts
            ]
        )
        ours, theirs = (asyncio.run(raw_of(cls, body, size)) for cls in (dropin.Request, litestar.Request))
        if any(filename is not None and content.startswith(b"--x") for _, filename, content in parts):
            # RFC 2046 takes it for the end of the part, Litestar for content
            assert ours == (ClientException, 400, "Invalid multipart/form-data")
        else:
            assert ours == theirs

    check()


@pytest.mark.parametrize(
    "content_type", [b"text/plain; charset=utf-8", b"text/plain; charset=nope", b"text/plain; charset=hex"]
)
def test_text_that_cannot_be_decoded(dropin: Any, content_type: bytes) -> None:
    # a 500 without the plugin
    body = form_of(FILE, part(b'name="a"', b"\xff", b"content-type: " + content_type))
    request = dropin.Request(scope_of(body), Receiver(body_events(body)))
    with pytest.raises(ClientException) as caught:
        await_(request.form())
    assert caught.value.detail == "Invalid multipart/form-data"
    assert caught.value.status_code == 400


def test_ambiguous_heads_are_refused(dropin: Any) -> None:
    # Litestar takes the last, and "" for a name that is missing
    for disposition in (b'name="a"; name="b"', b'name="a"; filename="b"; filename="c"', b"name", b'filename="b"'):
        body = form_of(part(disposition, b"1"))
        with pytest.raises(ClientException):
            await_(dropin.Request(scope_of(body), Receiver(body_events(body))).form())


def test_files_are_closed_where_the_rest_is_broken(dropin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[UploadFile] = []
    construct = UploadFile.__init__

    def keep(self: UploadFile, *arguments: Any, **keywords: Any) -> None:
        construct(self, *arguments, **keywords)
        made.append(self)

    monkeypatch.setattr(UploadFile, "__init__", keep)
    big = part(b'name="f"; filename="big"', b"0123456789" * 150_000)
    for body in (form_of(FILE, FILE)[:-20], form_of(FILE, FILE, big)[:-20]):
        chunks = [body[start : start + 65536] for start in range(0, len(body), 65536)]
        with pytest.raises(ClientException):
            await_(dropin.Request(scope_of(body), Receiver(body_events(*chunks))).form())
        assert made
        assert all(file.file.closed for file in made)
        made.clear()


FORM = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]


@post("/data")
async def of_data(data: FORM) -> dict[str, str]:
    return {
        name: (await value.read()).decode() if isinstance(value, UploadFile) else value for name, value in data.items()
    }


@post("/few")
async def few(
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART, multipart_form_part_limit=2)],
) -> int:
    return len(data)


@post("/form")
async def of_form(request: litestar.Request[Any, Any, Any]) -> int:
    return len(await request.form())


@pytest.mark.parametrize("path", ["/data", "/form"])
def test_litestars_own_parser_is_not_asked(dropin: Any, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any, **keywords: Any) -> Any:
        raise ImproperlyConfiguredException("Litestar's parser was asked")

    for module in ("litestar._kwargs.extractors", "litestar.connection.request"):
        monkeypatch.setattr(f"{module}.parse_multipart_form", fail)
    with TestClient(Litestar([of_data, of_form], plugins=[dropin.LiteconPlugin()])) as client:
        answer = client.post(path, data={"a": "1"}, files={"f": ("n", b"2")})
        assert answer.status_code == 201, answer.text
        assert answer.json() == ({"a": "1", "f": "2"} if path == "/data" else 2)
    with TestClient(Litestar([of_data, of_form])) as client:
        assert client.post(path, files={"f": ("n", b"2")}).status_code == 500


def test_limits_of_the_app_and_of_the_handler(dropin: Any) -> None:
    answers = []
    for plugins in ([], [dropin.LiteconPlugin()]):
        with TestClient(Litestar([of_form, few], plugins=plugins, multipart_form_part_limit=3)) as client:
            forms = [{"files": {str(number): ("n", b"2") for number in range(count)}} for count in range(1, 5)]
            answers.append([[client.post(path, **form).status_code for form in forms] for path in ("/form", "/few")])
    refused = 413 if IS_THREE else 400
    assert answers[0] == answers[1] == [[201, 201, 201, refused], [201, 201, refused, refused]]


def test_a_form_of_another_kind_is_left_to_litestar(dropin: Any) -> None:
    answers = []
    for plugins in ([], [dropin.LiteconPlugin()]):
        with TestClient(Litestar([of_data], plugins=plugins)) as client:
            told = [client.post("/data", json={"a": 1}), client.post("/data"), client.post("/data", data={"a": "1"})]
            answers.append([(answer.status_code, answer.text) for answer in told])
    assert answers[0] == answers[1]


def test_the_app_is_only_asked_for_its_limit(dropin: Any) -> None:
    body = form_of(part(b'name="a"', b"1"), part(b'name="b"', b"2"))
    app = type("App", (), {"multipart_form_part_limit": 1})()
    request = dropin.Request(scope_of(body, litestar_app=app), Receiver(body_events(body)))
    with pytest.raises(ClientException):
        await_(request.form())
    assert APP.multipart_form_part_limit == 1000
