"""The encoding of forms that a test sends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

__all__ = ("File", "Files", "Form", "encode_form")

Form: TypeAlias = Mapping[str, Any] | Iterable[tuple[str, Any]]
"""The fields of a form; a list or tuple is a field for each of its items."""

File: TypeAlias = bytes | tuple[str, bytes] | tuple[str, bytes, str]
"""The content of a file; or its filename and content; or filename, content and media type."""

Files: TypeAlias = Mapping[str, File] | Iterable[tuple[str, File]]
"""The files of a form, by the names of their fields."""

_BOUNDARY: Final = b"litecon-form-boundary"
# WHATWG HTML, multipart/form-data encoding algorithm
_QUOTED: Final = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


def _form_fields(form: Form) -> list[tuple[str, str | bytes]]:
    items: Iterable[tuple[str, Any]] = form.items() if isinstance(form, Mapping) else form
    return [
        (name, one if isinstance(one, (str, bytes)) else str(one))
        for name, value in items
        for one in (value if isinstance(value, (list, tuple)) else (value,))
    ]


def encode_form(form: Form | None, files: Files | None) -> tuple[bytes, bytes]:
    """Return the content type and the body of a form: urlencoded if `files` is None, else multipart.

    Args:
        form: The fields; None for none.
        files: The files; None for an urlencoded form.

    Raises:
        TypeError: A file is neither bytes nor a tuple of filename, content and media type.
    """
    fields = _form_fields(form or ())
    if files is None:
        return b"application/x-www-form-urlencoded", urlencode(fields).encode("ascii")
    parts = [(_part_head(name), value if isinstance(value, bytes) else value.encode("utf-8")) for name, value in fields]
    parts += map(_file_part, files.items() if isinstance(files, Mapping) else files)
    boundary = _BOUNDARY
    number = 0
    # not random, so that a test sees the same bytes each time
    while any(boundary in content for part in parts for content in part):
        number += 1
        boundary = b"%s-%d" % (_BOUNDARY, number)
    body = b"".join(b"--%s\r\n%s\r\n\r\n%s\r\n" % (boundary, head, content) for head, content in parts)
    return b"multipart/form-data; boundary=" + boundary, b"%s--%s--\r\n" % (body, boundary)


def _part_head(name: str, rest: str = "") -> bytes:
    return f'Content-Disposition: form-data; name="{name.translate(_QUOTED)}"{rest}'.encode()


def _file_part(item: tuple[str, File]) -> tuple[bytes, bytes]:
    """Return the header lines and the content of the part of a file."""
    name, file = item
    filename, content, content_type = name, file, "application/octet-stream"
    if isinstance(file, tuple) and len(file) == 3:
        filename, content, content_type = file
    elif isinstance(file, tuple) and len(file) == 2:
        filename, content = file
    if not isinstance(content, bytes) or not isinstance(filename, str):
        raise TypeError(
            f"the file {name!r:.80} is a {type(file).__name__}: pass bytes, (filename, bytes) or "
            "(filename, bytes, content_type)"
        )
    rest = f'; filename="{filename.translate(_QUOTED)}"\r\nContent-Type: {content_type}'
    return _part_head(name, rest), content
