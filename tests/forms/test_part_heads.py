"""The usual head of a file, which has a fast path, is read like any other."""

from __future__ import annotations

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
