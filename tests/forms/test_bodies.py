"""Bodies of forms: made by real encoders, split anywhere, malformed, hostile."""

from __future__ import annotations

import gc
import importlib
import itertools
import os
import random
import shutil
import socket
import subprocess
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ..helpers import check_linear, drive
from .bodies import (
    BOUNDARY,
    FIELDS,
    FIELDS_FORM,
    MIX,
    MIX_FORM,
    MULTIPART,
    TRICKY,
    URLENCODED,
    make_request,
    multipart,
    part,
    raw_part,
    read_form,
    read_parts,
    request_class,
    split,
    urlencoded,
    verdict,
)

COUNTER = itertools.count()
READERS: dict[str, Any] = {"form": read_form, "stream_form": read_parts}


@pytest.fixture(params=READERS)
def read(request: pytest.FixtureRequest) -> Any:
    """Read all of a form, as a whole or part by part."""
    return READERS[request.param]


class TestEncoders:
    FILES: tuple[tuple[str, tuple[str, bytes, str]], ...] = (
        ("file", ("a.bin", TRICKY, "application/octet-stream")),
        ("file", ('q"uote.txt', b"", "text/plain")),
        ("other", ("äö €.png", bytes(range(256)) * 20, "image/png")),
    )
    EXPECTED = [(name, (filename, kind, data)) for name, (filename, data, kind) in FILES]

    @pytest.mark.parametrize("size", [1, 100, 65536])
    def test_httpx(self, side: Any, read: Any, size: int) -> None:
        httpx = pytest.importorskip("httpx")
        sent = httpx.Request("POST", "http://h/", data={"a": ["1", "ü"], "b": ""}, files=list(self.FILES))
        body, kind = sent.read(), sent.headers["content-type"].encode()
        request = make_request(side, *split(body, size), content_type=kind)
        assert drive(read(request)) == [("a", "1"), ("a", "ü"), ("b", ""), *self.EXPECTED]

    def test_httpx_urlencoded(self, side: Any, read: Any) -> None:
        httpx = pytest.importorskip("httpx")
        sent = httpx.Request("POST", "http://h/", data={"a": ["1", "ü &+=%"], "b ": "", "": "\r\n"})
        request = make_request(side, sent.read(), content_type=sent.headers["content-type"].encode())
        assert drive(read(request)) == [("a", "1"), ("a", "ü &+=%"), ("b ", ""), ("", "\r\n")]

    @pytest.mark.parametrize("size", [1, 8192])
    def test_requests_toolbelt(self, side: Any, read: Any, size: int) -> None:
        toolbelt = pytest.importorskip("requests_toolbelt")
        encoder = toolbelt.MultipartEncoder([("a", "1"), ("b", "ü"), *self.FILES])
        chunks = list(iter(lambda: encoder.read(size), b""))
        request = make_request(side, *chunks, content_type=encoder.content_type.encode())
        assert drive(read(request)) == [("a", "1"), ("b", "ü"), *self.EXPECTED]

    def test_curl(self, side: Any, read: Any, tmp_path: Path) -> None:
        (tmp_path / "data.bin").write_bytes(TRICKY)
        options = [
            "-F",
            "a=1",
            "-F",
            "b=ü",
            "-F",
            'f=@data.bin;filename="x\\"y.bin";type=a/b',
            "-F",
            "f=@data.bin",
            "-F",
            "e=",
        ]
        kind, body = sent_by_curl(options, tmp_path)
        assert drive(read(make_request(side, *split(body, 7), content_type=kind))) == [
            ("a", "1"),
            ("b", "ü"),
            ("f", ('x"y.bin', "a/b", TRICKY)),
            ("f", ("data.bin", "application/octet-stream", TRICKY)),
            ("e", ""),
        ]

    def test_curl_urlencoded(self, side: Any, read: Any, tmp_path: Path) -> None:
        kind, body = sent_by_curl(["--data-urlencode", "a=1 +&=ü", "-d", "b=2"], tmp_path)
        assert drive(read(make_request(side, body, content_type=kind))) == [("a", "1 +&=ü"), ("b", "2")]

    @pytest.mark.parametrize(
        ("raw", "filename"),
        [
            (b'filename="a%22b.txt"', 'a"b.txt'),
            (b'filename="a%0D%0Ab"', "a\r\nb"),
            (b'filename="a\\"b.txt"', 'a"b.txt'),
            (b'filename="100%.txt"', "100%.txt"),
            ('filename="naïve €.txt"'.encode(), "naïve €.txt"),
            (b"filename=plain.txt", "plain.txt"),
            (b'filename="a;b=c.txt"', "a;b=c.txt"),
            (b'filename=""', ""),
            (b"filename=\"x.txt\"; filename*=UTF-8''%e2%82%ac.txt", "€.txt"),
            (b'FileName="x.txt"', "x.txt"),
        ],
        ids=str,
    )
    def test_filenames_of_browsers(self, side: Any, read: Any, raw: bytes, filename: str) -> None:
        body = multipart(raw_part(b'form-data; name="f"; ' + raw, b"data", b"Content-Type: Text/Plain; charset=x"))
        for size in (1, len(body)):
            request = make_request(side, *split(body, size))
            assert drive(read(request)) == [("f", (filename, "text/plain", b"data"))]

    @pytest.mark.parametrize(
        ("raw", "name"),
        [
            (b'name="a%22b"', 'a"b'),
            (b"name=a", "a"),
            (b'name=""', ""),
            ('name="ü"'.encode(), "ü"),
            (b'name="a[0].b"', "a[0].b"),
            (b'NAME="a"', "a"),
        ],
        ids=str,
    )
    def test_names_of_browsers(self, side: Any, read: Any, raw: bytes, name: str) -> None:
        assert drive(read(make_request(side, multipart(raw_part(b"form-data; " + raw, b"v"))))) == [(name, "v")]

    @pytest.mark.parametrize(
        "boundary",
        [b"-" * 27 + b"9051914041544843365972754266", b"a", b"'()+_,-./:=?", b"x" * 70, b"with space", b"x" * 1024],
        ids=lambda each: str(each[:20]),
    )
    def test_boundaries(self, side: Any, read: Any, boundary: bytes) -> None:
        body = multipart(part("a", b"1"), part("f", b"--x", "f"), boundary=boundary)
        kind = b'Multipart/Form-Data; charset=utf-8; BOUNDARY="' + boundary + b'"'
        for size in (1, 13, len(body)):
            request = make_request(side, *split(body, size), content_type=kind)
            assert drive(read(request)) == [("a", "1"), ("f", ("f", "application/octet-stream", b"--x"))]

    def test_every_byte_in_a_file(self, side: Any, read: Any) -> None:
        data = bytes(range(256)) + b"\r\n" * 3 + bytes(range(255, -1, -1))
        request = make_request(side, multipart(part("f", data, "f")))
        assert drive(read(request)) == [("f", ("f", "application/octet-stream", data))]

    def test_headers_of_a_part(self, side: Any) -> None:
        body = multipart(part("f", b"1", "f", b"X-One: a: b ", b"content-length: 1", content_type=b"a/b; c=d"))
        expected = {
            "content-disposition": 'form-data; name="f"; filename="f"',
            "content-type": "a/b; c=d",
            "x-one": "a: b",
            "content-length": "1",
        }
        form = drive(make_request(side, body).form())
        stream = make_request(side, body).stream_form()
        for value in (form["f"], drive(anext(stream))):
            assert {name: each.strip() for name, each in value.headers.items()} == expected
            assert value.content_type == "a/b"
        form.close_now()


def sent_by_curl(options: list[str], directory: Path) -> tuple[bytes, bytes]:
    """Return the content type and the body that curl sends."""
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("there is no curl")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        received: list[tuple[bytes, bytes]] = []

        def serve() -> None:
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as lines:
                headers = {}
                while line := lines.readline().strip():
                    name, _, value = line.partition(b":")
                    headers[name.lower()] = value.strip()
                received.append((headers[b"content-type"], lines.read(int(headers[b"content-length"]))))
                connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        command = [curl, "-sS", "--noproxy", "*", "-H", "Expect:", *options, url]
        # with the library of the sanitizers in it curl hangs
        environment = {**os.environ, "LD_PRELOAD": ""}
        subprocess.run(command, cwd=directory, check=True, timeout=20, env=environment)
        thread.join(20)
    return received[0]


class TestSplits:
    """Where a body is cut into chunks makes no difference."""

    @pytest.mark.parametrize("suspend", [False, True], ids=["at-once", "suspending"])
    def test_under_every_loop(self, side: Any, run: Any, read: Any, suspend: bool) -> None:
        async def main() -> None:
            for size in (1, 2, 17, len(MIX)):
                assert await read(make_request(side, *split(MIX, size), suspend=suspend)) == MIX_FORM
            request = make_request(side, *split(FIELDS, 3), content_type=URLENCODED, suspend=suspend)
            assert await read(request) == FIELDS_FORM

        run(main)

    @pytest.mark.parametrize(
        ("body", "kind", "form"),
        [(MIX, MULTIPART, MIX_FORM), (FIELDS, URLENCODED, FIELDS_FORM)],
        ids=["multipart", "urlencoded"],
    )
    def test_every_position(self, side: Any, read: Any, body: bytes, kind: bytes, form: Any) -> None:
        for cut in range(len(body) + 1):
            request = make_request(side, body[:cut], body[cut:], content_type=kind)
            assert drive(read(request)) == form, cut

    @pytest.mark.parametrize(
        ("body", "kind", "form"),
        [(MIX, MULTIPART, MIX_FORM), (FIELDS, URLENCODED, FIELDS_FORM)],
        ids=["multipart", "urlencoded"],
    )
    def test_every_size_of_chunks(self, side: Any, read: Any, body: bytes, kind: bytes, form: Any) -> None:
        for size in range(1, 100):
            # with empty chunks between them
            chunks = [chunk for piece in split(body, size) for chunk in (b"", piece, b"")]
            assert drive(read(make_request(side, *chunks, content_type=kind))) == form, size

    def test_three_pieces_around_each_boundary(self, side: Any, read: Any) -> None:
        body = multipart(part("f", b"\r", "f"), part("a", b"1"))
        delimiter = b"\r\n--" + BOUNDARY
        start = body.index(delimiter)
        for first in range(start - 2, start + len(delimiter) + 4):
            for second in range(first, start + len(delimiter) + 5):
                request = make_request(side, body[:first], body[first:second], body[second:])
                assert drive(read(request)) == [("f", ("f", "application/octet-stream", b"\r")), ("a", "1")]

    @pytest.mark.parametrize("boundary", [b"ab", BOUNDARY], ids=["short", "long"])
    def test_content_that_looks_like_the_end(self, side: Any, read: Any, boundary: bytes) -> None:
        chance = random.Random(4)
        end = b"\r\n--" + boundary
        # the same objects over and over, as a server with a buffer pool or a test may send them
        pieces = [end[:1], end[:2], end[:3], end[:-1], end[1:], b"ab", b"\r", b"x", b"x" * 50, b"--", b"-\r\n\r"]
        for _ in range(150):
            chosen = chance.choices(pieces, k=40)
            while end in (data := b"".join(chosen)):
                chosen = [piece for piece in chosen if piece != b"ab" and piece != end[1:]]
            opening = b"--%s\r\n" % boundary + part("f", b"", "f")
            if chance.randrange(2):
                opening += chosen.pop(0)
            # in a chunk of its own, or in pieces like those of the content, up to the next head
            closing = end + b"\r\n" + part("a", b"1") + end + b"--"
            cut = chance.randrange(len(end) + 4)
            tail = [closing[:cut], closing[cut:]] if chance.randrange(2) else split(closing, 2)
            request = make_request(
                side, opening, *chosen, *tail, content_type=b"multipart/form-data; boundary=" + boundary
            )
            assert drive(read(request)) == [("f", ("f", "application/octet-stream", data)), ("a", "1")], (chosen, cut)

    def test_content_and_end_in_one_object(self, side: Any, read: Any) -> None:
        both = b"bc"
        opening = b"--abc\r\n" + part("f", b"", "f")
        chunks = [opening, both, both, b"\r\n--a", both, b"\r\n" + part("a", b"1"), b"\r\n--abc--"]
        request = make_request(side, *chunks, content_type=b"multipart/form-data; boundary=abc")
        assert drive(read(request)) == [("f", ("f", "application/octet-stream", b"bcbc")), ("a", "1")]

    @pytest.mark.parametrize("length", [0, 99, 100, 101, 1000])
    def test_length_that_a_part_announces_is_ignored(self, side: Any, read: Any, length: int) -> None:
        """RFC 7578 section 4.8."""
        lines = b"Content-Length: %d" % length, b"Content-Length: +1"
        body = multipart(part("f", b"x" * 100, "f", *lines), part("a", b"1", None, *lines))
        for size in (*range(1, 120), len(body)):
            expected = [("f", ("f", "application/octet-stream", b"x" * 100)), ("a", "1")]
            assert drive(read(make_request(side, *split(body, size)))) == expected, size

    @pytest.mark.parametrize("kind", [MULTIPART, URLENCODED], ids=["multipart", "urlencoded"])
    def test_exact_limits_at_every_position(self, side: Any, read: Any, kind: bytes) -> None:
        if kind == URLENCODED:
            body, limits, form = b"a=12345&b=%31%32%33%34%35", {"max_field_size": 5}, [("a", "12345"), ("b", "12345")]
        else:
            line = b"X-Long: " + b"x" * 60
            body, limits, form = (
                multipart(part("a", b"1", None, line)),
                {"max_part_header_size": len(line)},
                [("a", "1")],
            )
        for cut in range(len(body) + 1):
            request = make_request(side, body[:cut], body[cut:], content_type=kind, **limits)
            assert drive(verdict(read(request))) == ("read", form), cut

    @pytest.mark.parametrize(
        "body",
        [
            b"a long preamble" * 9 + multipart(part("a", b"1")),
            b"\n" * 99 + multipart(part("a", b"1")),
            multipart(part("a", b"1", None, b"X-One: a\nb: c")),
            multipart(part("a", b"1", None, b"X-One: a\rb: c")),
            multipart(part("a", b"1\r\n--" + BOUNDARY + b" \r\n")),
            multipart(part("a", b"1", None, b"Content-Length: 2")),
            multipart(part("a", b"1", None, b" folded", b"\tmore")),
        ],
        ids=["preamble", "line-feeds", "line-feed-in-header", "return-in-header", "boundary-space", "length", "folded"],
    )
    def test_broken_bodies_at_every_position(self, side: Any, read: Any, body: bytes) -> None:
        whole = drive(verdict(read(make_request(side, body))))
        for cut in range(len(body) + 1):
            split_up = drive(verdict(read(make_request(side, body[:cut], body[cut:]))))
            assert split_up[:3] == whole[:3], cut


def broken_bodies(seed: int) -> Iterator[tuple[bytes, bytes]]:
    """Give content types and bodies: cut off, changed, shortened, repeated, and bytes without sense."""
    chance = random.Random(seed)
    small = multipart(part("a", "ü".encode()), part("f", b"\r\n--\x00", 'x"y'), part("e"))
    for cut in range(len(small)):
        yield MULTIPART, small[:cut]
    pieces = [
        b"\r\n",
        b"--",
        b"--" + BOUNDARY,
        b"--" + BOUNDARY + b"--",
        b"\r",
        b"\n",
        b'"',
        b":",
        b";",
        b"=",
        b"\x00",
        b"%",
    ]
    pieces += [
        b"; charset=hex",
        b"Content-Type: a; charset=utf-16\r\n",
        b"Content-Length: 3\r\n",
        b"\xff",
        b" ",
        b"filename",
    ]
    for kind, body, count in ((MULTIPART, small, 1800), (URLENCODED, FIELDS, 400)):
        for _ in range(count):
            changed = bytearray(body)
            for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
                start = chance.randrange(len(changed) + 1)
                end = min(start + chance.choice((0, 1, 1, 2, 5, 40)), len(changed))
                match chance.randrange(4):
                    case 0:
                        del changed[start:end]
                    case 1:
                        changed[start:start] = changed[start:end]
                    case 2:
                        changed[start:end] = chance.randbytes(end - start)
                    case _:
                        changed[start:end] = chance.choice(pieces)
            yield kind, bytes(changed)
        for _ in range(count // 6):
            yield kind, chance.randbytes(chance.randrange(300))
            yield kind, b"".join(chance.choices(pieces, k=chance.randrange(30)))
    for value in (
        b"",
        b"; boundary=",
        b'; boundary=""',
        b"; boundary=\xff",
        b";;;",
        b"; boundary=a b",
        b'; boundary="',
    ):
        yield b"multipart/form-data" + value, small


@pytest.mark.slow
class TestBrokenBodies:
    @pytest.mark.parametrize("seed", [1])
    def test_same_outcome_on_both_sides(self, twins: Any, seed: int) -> None:
        seen: dict[str, int] = {}
        chance = random.Random(-seed)
        classes = [request_class(side, max_fields=20, max_field_size=50, max_file_size=100) for side in twins]
        for kind, body in broken_bodies(seed):
            chunks = split(body, chance.choice((1, 7, 50, 1000)))
            for read in READERS.values():
                outcomes = []
                for side, cls in zip(twins, classes, strict=True):
                    request = make_request(side, *chunks, content_type=kind, cls=cls)
                    outcomes.append(drive(verdict(read(request))))
                assert outcomes[0] == outcomes[1], body
                name = outcomes[0][1] if outcomes[0][0] == "raised" else "read"
                seen[name] = seen.get(name, 0) + 1
        assert set(seen) <= {"read", "ClientException", "RequestEntityTooLarge"}, seen
        assert all(count > 20 for count in seen.values()) and len(seen) >= 2, seen

    def test_every_prefix_ends_with_an_error(self, side: Any, read: Any) -> None:
        body = MIX.rstrip(b"\r\n")
        for cut in range(1, len(body)):
            assert drive(verdict(read(make_request(side, body[:cut]))))[1:3] == ("ClientException", 400), cut

    def test_every_prefix_with_a_disconnect(self, side: Any, read: Any) -> None:
        for cut in range(0, len(MIX), 5):
            events = [{"type": "http.request", "body": MIX[:cut], "more_body": True}, {"type": "http.disconnect"}]
            assert drive(verdict(read(make_request(side, *events))))[1] == "ClientDisconnect", cut

    def test_messages_have_no_contents_and_are_short(self, side: Any, read: Any) -> None:
        for body in (
            multipart(part("a", b"secret\xff")),
            multipart(part("a", b"secret", None, b"secret")),
            multipart(raw_part(b"form-data; secret=1", b"")),
            multipart(part("a", b"1", content_type=b"text/plain; charset=" + b"x" * 3000)),
        ):
            kind, name, status, text = drive(verdict(read(make_request(side, body))))
            assert (kind, name, status) == ("raised", "ClientException", 400)
            assert "secret" not in text
            assert len(text) < 300


def bad(outcome: tuple[Any, ...]) -> None:
    assert outcome[:3] == ("raised", "ClientException", 400), outcome


def too_large(outcome: tuple[Any, ...]) -> None:
    assert outcome[:3] == ("raised", "RequestEntityTooLarge", 413), outcome


class TestCases:
    """The lines of the case book."""

    @pytest.mark.parametrize(
        "kind",
        [
            b"multipart/form-data",
            b"multipart/form-data; boundary=",
            b'multipart/form-data; boundary=""',
            b"multipart/form-data; b=c",
        ],
        ids=str,
    )
    def test_no_boundary(self, side: Any, read: Any, kind: bytes) -> None:
        bad(drive(verdict(read(make_request(side, MIX, content_type=kind)))))

    @pytest.mark.parametrize("boundary", ["ü€", "a\nb", "a\rb", "x" * 100_000])
    def test_impossible_boundary(self, side: Any, read: Any, boundary: str) -> None:
        kind = b'multipart/form-data; boundary="' + boundary.encode() + b'"'
        bad(drive(verdict(read(make_request(side, MIX, content_type=kind)))))

    @pytest.mark.parametrize(
        "disposition",
        [b"form-data", b'form-data; filename="x"', b"form-data; names=x", b"attachment; name=x", b""],
        ids=str,
    )
    def test_part_without_name(self, side: Any, read: Any, disposition: bytes) -> None:
        bad(drive(verdict(read(make_request(side, multipart(raw_part(disposition, b"x")))))))

    def test_part_without_disposition(self, side: Any, read: Any) -> None:
        bad(drive(verdict(read(make_request(side, multipart(b"\r\nx"))))))
        bad(drive(verdict(read(make_request(side, multipart(b"Content-Type: text/plain\r\n\r\nx"))))))

    def test_name_twice(self, twins: Any, read: Any) -> None:
        body = multipart(raw_part(b"form-data", b"x", b'Content-Disposition: form-data; name="a"'))
        outcomes = [drive(verdict(read(make_request(side, body)))) for side in twins]
        assert outcomes[0] == outcomes[1]

    @pytest.mark.parametrize("epilogue", [b"", b"\r\n", b"\n", b"anything", b"\r\n--" + BOUNDARY + b"\r\n"], ids=str)
    def test_after_the_end(self, side: Any, read: Any, epilogue: bytes) -> None:
        body = multipart(part("a", b"1"), epilogue=epilogue)
        for size in (1, len(body)):
            assert drive(read(make_request(side, *split(body, size)))) == [("a", "1")]

    @pytest.mark.parametrize(
        "body", [b"--" + BOUNDARY + b"--", b"--" + BOUNDARY + b"--\r\n", b"x\r\n--" + BOUNDARY + b"--"]
    )
    def test_only_the_end_boundary(self, side: Any, read: Any, body: bytes) -> None:
        assert drive(read(make_request(side, body))) == []

    def test_empty_body(self, side: Any, read: Any) -> None:
        for kind in (MULTIPART, URLENCODED):
            assert drive(read(make_request(side, b"", content_type=kind))) == []
            assert drive(read(make_request(side, b"", b"", b"", content_type=kind))) == []

    def test_empty_parts(self, side: Any, read: Any) -> None:
        body = multipart(*[part(f"p{index}") for index in range(100)])
        assert drive(read(make_request(side, body))) == [(f"p{index}", "") for index in range(100)]

    @pytest.mark.measures
    @pytest.mark.parametrize("size", [1000, 65536, 10_000_000])
    @pytest.mark.parametrize(
        "filler", [b"x", b"\r\n", b"\r", b"--" + BOUNDARY[:-1] + b"\r\n"], ids=lambda each: str(each[:6])
    )
    def test_preamble_and_epilogue_of_5_mb(self, side: Any, read: Any, size: int, filler: bytes) -> None:
        padding = filler * (5_000_000 // len(filler)) + b"\r\n"
        body = multipart(part("a", b"1"), preamble=padding, epilogue=padding)
        start = time.thread_time()
        assert drive(read(make_request(side, *split(body, size), max_body_size=None))) == [("a", "1")]
        assert time.thread_time() - start < 5

    @pytest.mark.measures
    @pytest.mark.parametrize("size", [64, 65536])
    def test_thousands_of_tiny_parts(self, side: Any, read: Any, size: int) -> None:
        body = multipart(*[part("a")] * 50_000)
        request = make_request(side, *split(body, size), max_body_size=None)
        start = time.thread_time()
        too_large(drive(verdict(read(request))))
        assert time.thread_time() - start < 1
        # at once, and not at the end
        assert request.receive.calls <= 1001 * (len(part("a")) + len(BOUNDARY) + 6) // size + 2

    def test_many_parts_where_they_are_allowed(self, side: Any, read: Any) -> None:
        body = multipart(*[part("a")] * 20_000)
        assert len(drive(read(make_request(side, body, max_body_size=None, max_fields=None)))) == 20_000

    def test_one_text_part_of_gigabytes(self, side: Any, read: Any) -> None:
        calls = 0

        async def receive() -> Any:
            nonlocal calls
            calls += 1
            body = b"--" + BOUNDARY + b"\r\n" + part("a") if calls == 1 else b"x" * 65536
            return {"type": "http.request", "body": body, "more_body": True}

        too_large(drive(verdict(read(make_request(side, receive=receive, max_body_size=None)))))
        assert calls == 1 + 1024 * 1024 // 65536 + 1

    def test_one_urlencoded_field_of_gigabytes(self, side: Any, read: Any) -> None:
        for piece in (b"x", b"%", b"%41", b"+", b"%%%", b"%a", b"\xff"):
            calls = 0

            async def receive(piece: bytes = piece) -> Any:
                nonlocal calls
                calls += 1
                assert calls < 200, "it reads on beyond the limit"
                return {"type": "http.request", "body": b"a=" * (calls == 1) + piece * 65536, "more_body": True}

            request = make_request(side, receive=receive, content_type=URLENCODED, max_body_size=None)
            too_large(drive(verdict(read(request))))

    @pytest.mark.measures
    def test_headers_of_100_000_lines(self, side: Any, read: Any) -> None:
        body = multipart(part("a", b"1", None, *[b"X: y"] * 100_000))
        for chunks in ([body], split(body, 100)):
            request = make_request(side, *chunks)
            start = time.thread_time()
            too_large(drive(verdict(read(request))))
            assert time.thread_time() - start < 0.5
            assert request.receive.calls < 5

    @pytest.mark.measures
    @pytest.mark.parametrize(
        "line", [b"X: " + b"y" * 1_000_000, b"y" * 1_000_000, b"X: y\r\n " + b"z" * 1_000_000], ids=len
    )
    def test_one_header_line_of_1_mb(self, side: Any, read: Any, line: bytes) -> None:
        body = multipart(part("a", b"1", None, line))
        for chunks in ([body], split(body, 100)):
            request = make_request(side, *chunks)
            start = time.thread_time()
            too_large(drive(verdict(read(request))))
            assert time.thread_time() - start < 0.5
            assert request.receive.calls < 60

    @pytest.mark.measures
    def test_folded_header_lines_without_end(self, side: Any, read: Any) -> None:
        body = multipart(part("a", b"1", None, b"X: y", *[b" z"] * 100_000))
        start = time.thread_time()
        too_large(drive(verdict(read(make_request(side, body)))))
        assert time.thread_time() - start < 1

    @pytest.mark.parametrize(
        "charset",
        [
            "nope",
            "hex",
            "base64",
            "rot13",
            "zlib",
            "bz2",
            "uu",
            "quopri",
            "punycode",
            "idna",
            "undefined",
            "unicode_escape",
            *("raw_unicode_escape", "utf-7", " ", "a" * 3000, "../../x", "a\x00b", "mbcs", "os", "__init__", "ü"),
            *("utf-8ü", "utf-8\x00", "aliases", "encodings.utf_8"),
        ],
    )
    def test_charset_refused(self, side: Any, read: Any, charset: str) -> None:
        body = multipart(part("a", b"616263", content_type=f'text/plain; charset="{charset}"'.encode()))
        outcome = drive(verdict(read(make_request(side, body))))
        if charset == "mbcs" and outcome[0] == "read":
            pytest.skip("this system has it")
        bad(outcome)

    @pytest.mark.parametrize(
        ("charset", "data", "text"),
        [
            (b"utf-8", "ü".encode(), "ü"),
            (b"UTF8", "ü".encode(), "ü"),
            (b"iso-8859-1", b"\xfc", "ü"),
            (b'"latin-1"', b"\xfc", "ü"),
            (b"utf-16", "ü".encode("utf-16"), "ü"),
            (b"shift_jis", "日本".encode("shift_jis"), "日本"),
            (b"us-ascii", b"a", "a"),
            (b"utf-8-sig", b"\xef\xbb\xbfa", "a"),
            (b"KOI8-U", b"\xc1", "а"),
            (b"Windows-1252", b"\x80", "€"),
            (b"ISO_8859-15:1998", b"\xa4", "€"),
            (b"8859", b"\xfc", "ü"),
            (b'""', "ü".encode(), "ü"),
            (b"", "ü".encode(), "ü"),
        ],
        ids=str,
    )
    def test_charset(self, side: Any, read: Any, charset: bytes, data: bytes, text: str) -> None:
        body = multipart(part("a", data, content_type=b"text/plain; charset=" + charset))
        assert drive(read(make_request(side, body))) == [("a", text)]

    def test_charset_is_looked_up_in_ascii_alone(self, side: Any, read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """CPython 3.15 warns of any other."""
        asked = []
        charsets = importlib.import_module(f"{side.__name__}._shared.multipart")
        monkeypatch.setattr(charsets, "normalize_encoding", lambda name: asked.append(name) or name)
        for charset in ("ü", "utf-8ü", "latin-1"):
            body = multipart(part("a", b"1", content_type=f"text/plain; charset={charset}".encode()))
            drive(verdict(read(make_request(side, body))))
        assert asked == ["latin-1"]

    def test_charsets_are_not_kept(self, side: Any, read: Any) -> None:
        def try_names(start: int) -> None:
            for index in range(start, start + 500):
                kind = b"text/plain; charset=%s%d" % ((b"x", b"utf-8-", b"latin.")[index % 3], index)
                bad(drive(verdict(read(make_request(side, multipart(part("a", b"1", content_type=kind)))))))

        # names that no test before has asked for
        start = (1 + next(COUNTER)) * 1000
        try_names(start)
        gc.collect()
        tracemalloc.start()
        try:
            try_names(start + 500)
            gc.collect()
            assert tracemalloc.get_traced_memory()[0] < 40_000
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize(
        ("kind", "data"),
        [
            (None, b"\xff"),
            (None, b"\xed\xa0\x80"),
            (b"text/plain; charset=ascii", b"\x80"),
            (b"a/b; charset=utf-16", b"\x00\xd8"),
        ],
        ids=str,
    )
    def test_bytes_that_do_not_decode(self, side: Any, read: Any, kind: bytes | None, data: bytes) -> None:
        bad(drive(verdict(read(make_request(side, multipart(part("a", data, content_type=kind)))))))

    @pytest.mark.parametrize("charset", [b"nope", b"hex", b"punycode"])
    def test_charset_of_a_file_is_its_own(self, side: Any, read: Any, charset: bytes) -> None:
        body = multipart(part("a", b"\xff", "f", content_type=b"text/plain; charset=" + charset))
        assert drive(read(make_request(side, body))) == [("a", ("f", "text/plain", b"\xff"))]

    @pytest.mark.parametrize("raw", [b"\xff", b"a\xc3"])
    def test_header_that_does_not_decode(self, side: Any, read: Any, raw: bytes) -> None:
        bad(drive(verdict(read(make_request(side, multipart(raw_part(b'form-data; name="' + raw + b'"', b"")))))))

    @pytest.mark.parametrize(
        "filename",
        [
            "../../x",
            "/etc/passwd",
            "a\x00b",
            "\x00",
            "名前.txt",
            "",
            " ",
            ".",
            "..",
            "a" * 3000,
            "😀",
            "e\u0301",
            "CON",
            "a/b\\c",
            "~",
            "-rf",
        ],
        ids=lambda each: repr(each[:12]),
    )
    def test_filenames_are_opaque(self, side: Any, read: Any, filename: str) -> None:
        body = multipart(part("f", b"data", filename))
        assert drive(read(make_request(side, body))) == [("f", (filename, "application/octet-stream", b"data"))]

    @pytest.mark.parametrize(
        ("raw", "filename"),
        [
            (b"filename*=UTF-8''%e2%82%ac.txt", "€.txt"),
            (b"filename*=utf-8'de'%C3%BC.txt", "ü.txt"),
            (b"filename*=iso-8859-1''%FC.txt", "ü.txt"),
            (b"FileName* = utf-8''a", "a"),
            (b"filename*=utf-8''", ""),
            (b"filename*=utf-8''%C3%BC; filename=x", "ü"),
            (b"filename=x; filename*=utf-8''%C3%BC", "ü"),
            # what does not decode: the plain one or, without one, a file all the same
            (b"filename=x; filename*=utf-8''%FC", "x"),
            (b"filename=x; filename*=utf-16''%FC", "x"),
            (b"filename=x; filename*=utf-8''%zz", "x"),
            (b"filename=x; filename*=plain", "x"),
            (b"filename=x; filename*=", "x"),
            (b"filename*=utf-8''%FC", "ü"),
            (b"filename*=utf-16''%FC", "ü"),
            (b"filename*=plain", "plain"),
            (b"filename*=utf-8''..%2F..%2Fx", "../../x"),
        ],
        ids=str,
    )
    def test_filename_of_rfc_8187(self, side: Any, read: Any, raw: bytes, filename: str) -> None:
        body = multipart(raw_part(b"form-data; name=f; " + raw, b"data", b"Content-Type: text/x"))
        expected = [("f", (filename, "text/x", b"data"))]
        for size in (1, 10, len(body)):
            assert drive(read(make_request(side, *split(body, size)))) == expected

    @pytest.mark.parametrize(
        ("raw", "filename"),
        [
            (b"filename=my file.txt", "my file.txt"),
            (b"filename= my file.txt ; x=y", "my file.txt"),
            ("filename=größe 1.txt".encode(), "größe 1.txt"),
            ("filename=größe 1.txt".encode("latin-1"), "größe 1.txt"),
            ('filename="größe 1.txt"'.encode("latin-1"), "größe 1.txt"),
            (b'filename="\xff\xfe"', "ÿþ"),
            (b"filename=", ""),
            (b"filename=a=b", "a=b"),
            (b"filename=(a)[b]@", "(a)[b]@"),
            (b'filename="a\\"', "a\\"),
            (b'filename="a\\b"', "a\\b"),
            (b'filename="a\tb"', "a\tb"),
            (b'\tfilename\t=\t"a"\t', "a"),
        ],
        ids=str,
    )
    def test_filename_stays_whole(self, side: Any, read: Any, raw: bytes, filename: str) -> None:
        body = multipart(raw_part(b"form-data; name=f; " + raw, b"data\xff", b"Content-Type: text/x"))
        expected = [("f", (filename, "text/x", b"data\xff"))]
        for size in (1, 10, len(body)):
            assert drive(read(make_request(side, *split(body, size)))) == expected

    @pytest.mark.parametrize(
        "disposition", [b'form-data;\tname="a"', b'form-data\t; \t name\t=\t"a"\t', b"form-data;name=a"]
    )
    def test_tab_in_disposition(self, side: Any, read: Any, disposition: bytes) -> None:
        assert drive(read(make_request(side, multipart(raw_part(disposition, b"1"))))) == [("a", "1")]

    @pytest.mark.parametrize("padding", [b" ", b"\t", b" \t \t", b" " * 100_000], ids=len)
    def test_blanks_behind_a_boundary(self, side: Any, read: Any, padding: bytes) -> None:
        """RFC 2046 section 5.1.1."""
        body = multipart(part("a", b"1"), part("b", b"2")).replace(BOUNDARY + b"\r\n", BOUNDARY + padding + b"\r\n")
        for size in (1, 7, len(body)) if len(padding) < 99 else (4096, len(body)):
            assert drive(read(make_request(side, *split(body, size)))) == [("a", "1"), ("b", "2")]

    @pytest.mark.parametrize(
        "disposition",
        [
            b'form-data; name="a"; name="b"',
            b'form-data; name="a"; NAME="a"',
            b'form-data; name=a; filename="x"; filename="y"',
            b"form-data; name=a; filename*=utf-8''x; filename*=utf-8''y",
            b'form-data; name="a"b',
            b'form-data; name="a" b; filename=x',
            b'form-data; name=a"b',
            b'form-data; name="a',
            b'form-data; name="a; filename="b"',
            b'form-data; name="a"; filename="b"c"',
            b"form-data; name*=utf-8''a",
            b"form-data; name=a; name*=utf-8''b",
            b"form-data; NAME*=utf-8''b; name=a",
            b"form-data; name=a; name*0=b; name*1=c",
            b"form-data; name=a; name*0*=utf-8''b",
            b"form-data; name=a; filename*0=b; filename*1=c",
            b"form-data; name=a; filename=b; filename*0*=utf-8''c",
            b"form-data; name=a; filename**=utf-8''c",
        ],
        ids=str,
    )
    def test_disposition_that_reads_in_two_ways(self, side: Any, read: Any, disposition: bytes) -> None:
        bad(drive(verdict(read(make_request(side, multipart(raw_part(disposition, b"1")))))))

    @pytest.mark.parametrize(
        "lines",
        [
            (b"Content-Disposition: form-data; name=b",),
            (b"content-disposition: form-data; name=a",),
            (b"Content-Type: text/plain", b"Content-Type: text/plain"),
            (b"Content-Type: text/plain; charset=utf-8; charset=utf-16",),
            (b"Content-Type: text/plain; charset=utf-8; CHARSET=utf-8",),
            (b"Content-Type: text/plain; charset=utf-8; charset*=utf-16''a",),
            (b"Content-Type: text/plain; charset*0=utf-; charset*1=16",),
            (b'Content-Type: text/plain; charset="utf-16',),
            (b'Content-Type: text/plain; x="; charset=utf-16',),
            (b'Content-Type: text/plain; charset="utf-8"x',),
            (b"Content-Transfer-Encoding: base64",),
            (b"content-transfer-encoding:Quoted-Printable",),
            (b"Content-Transfer-Encoding: x-unknown",),
            (b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: binary"),
            (b"Content-Transfer-Encoding: 8bit", b"Content-Transfer-Encoding: base64"),
            (b"Content-Transfer-Encoding: 8bit, base64",),
            (b"X-One : a",),
            (b"X One: a",),
            (b": a",),
            (b"X-One",),
            (b"X-One: a", b" \t"),
            (b"X-\xc3\xbc: a",),
            (b"X-One: a\nX-Two: b",),
            (b"X-One: a\rb",),
            (b"X-One: a\r",),
            (b"\nX-One: a",),
            (b"X-O\nne: a",),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("is_file", [False, True])
    def test_head_that_reads_in_two_ways(self, side: Any, read: Any, lines: tuple[bytes, ...], is_file: bool) -> None:
        body = multipart(raw_part(b"form-data; name=a" + b"; filename=f" * is_file, b"1", *lines))
        for size in (1, 2, 50, len(body)):
            bad(drive(verdict(read(make_request(side, *split(body, size))))))

    @pytest.mark.parametrize("encoding", [b"7bit", b"8bit", b"binary", b"Binary", b" 8BIT ", b""], ids=str)
    @pytest.mark.parametrize("filename", [None, "f"])
    def test_encoding_that_changes_nothing(self, side: Any, read: Any, encoding: bytes, filename: str | None) -> None:
        """Some clients announce it, RFC 7578 section 4.7."""
        body = multipart(part("a", b"MQ==", filename, b"Content-Transfer-Encoding: " + encoding))
        value = "MQ==" if filename is None else (filename, "application/octet-stream", b"MQ==")
        assert drive(read(make_request(side, body))) == [("a", value)]

    @pytest.mark.parametrize(
        "parameters",
        [
            b"boundary=A; boundary=B",
            b"boundary=A; BOUNDARY=A",
            b'boundary="A"; boundary=B',
            b"boundary=A; x=y; boundary=",
            b"boundary=A; boundary*=utf-8''B",
            b"boundary*0=B; boundary=A",
            b"boundary=A; boundary*0*=utf-8''B",
            b'boundary="A',
            b'boundary="A"B',
            b'boundary="A" B',
            b'boundary=A"',
            b'x"; boundary=A; y"=',
            b'boundary=A; x="',
            b"boundary=A B",
            b"boundary=A\tB",
            b"boundary=A,B",
            b"boundary=A, multipart/form-data",
            b'boundary="A "',
            b'boundary="A\t"',
            b'boundary="A\\"',
            b'boundary="A\\B"',
            b'boundary="A\\"B"',
            b'boundary="A%22B"',
            b"boundary=A\\B",
        ],
        ids=str,
    )
    def test_boundary_parameter_that_reads_in_two_ways(self, side: Any, read: Any, parameters: bytes) -> None:
        kind = b"multipart/form-data; " + parameters
        boundary = side.Request(make_request(side, content_type=kind).scope).content_type[1]["boundary"]
        body = multipart(part("a", b"1"), boundary=boundary.encode())
        request = make_request(side, body, content_type=kind)
        bad(drive(verdict(read(request))))
        assert request.receive.calls == 0

    @pytest.mark.parametrize(
        "parameters",
        [
            b"boundary=A",
            b'boundary="A"',
            b"Boundary = A ",
            b'boundary = "A" ;',
            b"; ;boundary=A",
            b"charset=utf-8;boundary=A;x=y",
            b'x="; boundary=B";boundary=A',
            b"xboundary=B; boundary=A",
            b"x*=utf-8''B; boundary=A",
        ],
        ids=str,
    )
    def test_boundary_parameter(self, side: Any, read: Any, parameters: bytes) -> None:
        body = multipart(part("a", b"1"), boundary=b"A")
        request = make_request(side, body, content_type=b"multipart/form-data; " + parameters)
        assert drive(read(request)) == [("a", "1")]

    @pytest.mark.parametrize(
        "boundary", [b"=_a:b/c?", b"a(b)", b"a=", b"'a'", b"{a}", b"a;b", b"a, b c", b"a%b"], ids=str
    )
    def test_boundary_of_other_characters(self, side: Any, read: Any, boundary: bytes) -> None:
        body = multipart(part("a", b"1"), boundary=boundary)
        for kind in (b'"%b"' % boundary, boundary):
            if kind == boundary and (b";" in boundary or b"," in boundary):
                continue
            request = make_request(side, body, content_type=b"multipart/form-data; boundary=" + kind)
            assert drive(read(request)) == [("a", "1")]

    @pytest.mark.parametrize("second", [MULTIPART, b"multipart/form-data; boundary=x", b"text/plain", b""], ids=str)
    def test_two_content_types(self, side: Any, read: Any, second: bytes) -> None:
        bad(drive(verdict(read(make_request(side, MIX, headers=[(b"Content-Type", second)])))))

    @pytest.mark.parametrize(
        "body",
        [
            multipart(part("a", b"1")).replace(BOUNDARY + b"\r\n", BOUNDARY + b"\n"),
            multipart(part("a", b"1")).replace(BOUNDARY + b"\r\n", BOUNDARY + b" x\r\n"),
            multipart(part("a", b"1")).replace(BOUNDARY + b"--", BOUNDARY + b" --"),
            multipart(part("a", b"1\r\n--" + BOUNDARY + b"X")),
            multipart(part("a", b"1\r\n--" + BOUNDARY + b"-\r\n")),
            multipart(part("a", b"1\r\n--" + BOUNDARY + b"\n")),
            multipart(part("a", b"1\r\n--" + BOUNDARY + b"\rX")),
            multipart(part("a", b"--" + BOUNDARY)),
            multipart(part("a", b"--" + BOUNDARY + b"--")),
            multipart(part("a", b"--" + BOUNDARY + b"X\r\n")),
            multipart(part("a", b"--" + BOUNDARY + b"\r\n" + part("b", b"2"))),
            multipart(part("f", b"--" + BOUNDARY + b"\r\n" + part("b", b"2"), "f")),
            multipart(part("a", b"1"), part("a", b"--" + BOUNDARY + b"\r\n" + part("b", b"2"))),
            multipart(part("a", b"1", None, b"--" + BOUNDARY + b": x")),
            multipart(b"--" + BOUNDARY + b": x\r\n" + part("a", b"1")),
            multipart(b"--" + BOUNDARY + b"x: x\r\n" + part("f", b"1", "f")),
            b"\n" + multipart(part("a", b"1")),
            b"x" + multipart(part("a", b"1")),
            b"x\n" + multipart(part("a", b"1")),
            multipart(b" X-One: a\r\n" + part("a", b"1")),
        ],
        ids=range(20),
    )
    def test_boundary_that_reads_in_two_ways(self, side: Any, read: Any, body: bytes) -> None:
        for size in (1, 2, 50, len(body)):
            bad(drive(verdict(read(make_request(side, *split(body, size))))))

    @pytest.mark.parametrize("filename", [None, "f"])
    def test_content_that_begins_almost_with_the_boundary(self, side: Any, read: Any, filename: str | None) -> None:
        boundary = b"--" + BOUNDARY
        contents = [boundary[:end] + rest for end in range(len(boundary)) for rest in (b"", b"\r\n", b"\x00")]
        contents += [b"\r" + boundary, b"\n" + boundary, b" " + boundary, b"-" + boundary, boundary[1:], boundary[2:]]
        for content in contents:
            value = content.decode() if filename is None else (filename, "application/octet-stream", content)
            body = multipart(part("a", content, filename), part("b", b"1"))
            for size in (1, 3, len(body)):
                assert drive(read(make_request(side, *split(body, size)))) == [("a", value), ("b", "1")]

    @pytest.mark.measures
    @pytest.mark.parametrize("size", [100, 65536, 10_000_000])
    def test_a_million_urlencoded_fields(self, side: Any, read: Any, size: int) -> None:
        body = b"a=1&" * 1_000_000
        request = make_request(side, *split(body, size), content_type=URLENCODED, max_body_size=None)
        start = time.thread_time()
        too_large(drive(verdict(read(request))))
        assert time.thread_time() - start < 1
        assert request.receive.calls <= 1001 * 4 // size + 2

    @pytest.mark.parametrize("after_body", [False, True])
    @pytest.mark.parametrize("piece", [b"a&", b"ab&", b"&a=b", b"abc=&&", b"&"], ids=str)
    def test_memory_of_too_many_urlencoded_fields(self, side: Any, read: Any, piece: bytes, after_body: bool) -> None:
        """Fields are counted while they are parsed, also if the whole body is there."""
        body = piece * (4_000_000 // len(piece))

        async def read_it(request: Any) -> Any:
            if after_body:
                await request.body()
            return await read(request)

        request = make_request(side, body, content_type=URLENCODED)
        tracemalloc.start()
        try:
            outcome = drive(verdict(read_it(request)))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert outcome == ("read", []) if piece == b"&" else outcome[1] == "RequestEntityTooLarge"
        assert peak < 2_000_000

    @pytest.mark.parametrize("piece", [b"a&", b"ab&", b"&a=b", b"abc=&&", b"&"], ids=str)
    def test_memory_of_too_many_query_parameters(self, side: Any, piece: bytes) -> None:
        scope = {**make_request(side).scope, "query_string": piece * (4_000_000 // len(piece))}
        tracemalloc.start()
        try:
            if piece == b"&":
                assert not side.Request(scope).query_params
            else:
                with pytest.raises(side.RequestEntityTooLarge):
                    side.Request(scope).query_params  # noqa: B018
            assert tracemalloc.get_traced_memory()[1] < 2_000_000
        finally:
            tracemalloc.stop()

    @pytest.mark.measures
    @pytest.mark.parametrize(
        "piece", [b"a=1&", b"%", b"%41", b"&", b"=", b"+", b"\xff", b"a&", b"=&", b"%%41=+&"], ids=str
    )
    def test_urlencoded_is_linear_in_tiny_chunks(self, side: Any, read: Any, piece: bytes) -> None:
        cls = request_class(side, max_fields=None, max_field_size=None)

        def make(count: int) -> Callable[[], object]:
            body = piece * count
            return lambda: drive(read(make_request(side, *split(body, 3), content_type=URLENCODED, cls=cls)))

        check_linear(make, 1500)

    @pytest.mark.measures
    @pytest.mark.parametrize(
        "piece",
        [b"x", b"\r\n", b"\r", b"\r\n--" + BOUNDARY[:-2], b"\n", b"--" + BOUNDARY],
        ids=lambda each: str(each[:5]),
    )
    @pytest.mark.parametrize("filename", ["f", None], ids=["file", "text"])
    def test_multipart_is_linear_in_tiny_chunks(self, side: Any, read: Any, piece: bytes, filename: str | None) -> None:
        cls = request_class(side, max_field_size=None)

        def make(count: int) -> Callable[[], object]:
            # behind another byte, since a boundary at the beginning of the content is refused
            body = multipart(part("f", b"x" + piece * (count // len(piece)), filename))
            return lambda: drive(read(make_request(side, *split(body, 3), cls=cls)))

        check_linear(make, 8000)

    @pytest.mark.parametrize(
        "body", [b"a=1;b=2", b"a", b"a=", b"=a", b"&&", b"%", b"%zz", b"%ff", b"+", b"%2B", b"\x80\xff", b"a=b=c"]
    )
    def test_urlencoded_as_the_query(self, side: Any, read: Any, body: bytes) -> None:
        query = side.Request({**make_request(side).scope, "query_string": body}).query_params
        assert drive(read(make_request(side, body, content_type=URLENCODED))) == list(query.items())

    @pytest.mark.parametrize(
        "kind", [b"application/x-www-form-urlencoded; charset=utf-8", b"Application/X-WWW-Form-Urlencoded"], ids=str
    )
    def test_urlencoded_content_types(self, side: Any, read: Any, kind: bytes) -> None:
        pairs = [("a", "1"), ("ü", "&=")]
        assert drive(read(make_request(side, urlencoded(pairs), content_type=kind))) == pairs

    @pytest.mark.parametrize(
        "kind", [b"", b"text/plain", b"application/json", b"multipart/mixed; boundary=x", b"nonsense"]
    )
    def test_other_content_types(self, side: Any, read: Any, kind: bytes) -> None:
        request = make_request(side, b"a=1", content_type=kind)
        assert drive(read(request)) == []
        assert drive(request.body()) == b"a=1"
