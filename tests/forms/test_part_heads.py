"""The heads of parts: the usual one of a file, which has a fast path, is read like any other, and none takes long."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from litecon._shared import multipart

from ..helpers import outcome

names = st.text('ab;%\\" :C/ü\x00', max_size=8).map(str.encode)
kinds = st.text('aB/;= .+-"', max_size=8).map(str.encode)


@given(names, names, kinds)
@example(b"a", b"b.png", b"Image/PNG")
@example(b"", b"", b"a/b")
@example(b"a", b"C:/x", b"a/b; charset=utf-8")
def test_the_usual_head_of_a_file(name: bytes, filename: bytes, kind: bytes) -> None:
    head = b'Content-Disposition: form-data; name="%b"; filename="%b"\r\nContent-Type: %b' % (name, filename, kind)
    assert outcome(multipart.parse_head, head) == outcome(multipart._parse_head_lines, head)


def test_what_browsers_send_is_usual() -> None:
    head = b'Content-Disposition: form-data; name="file"; filename="a b.tar.gz"\r\nContent-Type: application/x-gzip'
    assert multipart._SIMPLE_FILE_HEAD.fullmatch(head) is not None


BEGINNINGS = (
    b"Content-Disposition: form-data; name=a",
    b"Content-Disposition: form-data; name=",
    b'Content-Disposition: form-data; name="',
    b"Content-Disposition: form-data; name=a; filename=",
    b'Content-Disposition: form-data; name=a; filename="',
    b"Content-Disposition: form-data; name=a; filename*=",
    b"Content-Disposition: form-data; name=a\r\nContent-Type: ",
    b"Content-Disposition: form-data; name=a\r\nContent-Type: a/b; charset=",
    b'Content-Disposition: form-data; name=a\r\nContent-Type: a/b; charset="',
    b"Content-Disposition: form-data; name=a\r\nX-One: a",
)
REPEATED = (
    *(b" ", b"\t", b'"', b"'", b"\\", b'\\"', b'"\\', b";", b"; ", b"=", b"= ", b"%", b"%22", b"*", b":", b"x"),
)
REPEATED += (b"\r\n ", b"\r\n \t", b"\r\n\t\r\n", b"\xff", b"\x00", b'; x="y"', b"; x= y", b'" ; "', b"''")
ENDS = (b"", b'"', b'x"', b'""', b"=", b";", b"\\", b'\\"', b"\r\n ", b" x", b"\xff")


@pytest.mark.measures
@pytest.mark.parametrize("beginning", BEGINNINGS, ids=str)
def test_time_is_linear(beginning: bytes) -> None:
    """Quadratic time is half a second and more."""
    for piece, end in itertools.product(REPEATED, ENDS):
        head = beginning + piece * (8_000 // len(piece)) + end
        start = time.thread_time()
        outcome(multipart.parse_head, head)
        assert time.thread_time() - start < 0.15, (piece, end)


@pytest.mark.measures
@pytest.mark.parametrize(
    "beginning", [b"", b"a/b; boundary=", b'a/b; boundary="', b"a/b; x=y", b"a/b; boundary=x; "], ids=str
)
def test_time_of_a_content_type_is_linear(beginning: bytes) -> None:
    for piece, end in itertools.product(REPEATED, ENDS):
        value = beginning + piece * (8_000 // len(piece)) + end
        start = time.thread_time()
        outcome(multipart.check_content_type, [value])
        assert time.thread_time() - start < 0.15, (piece, end)
