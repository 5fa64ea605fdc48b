"""Multipart forms of Litestar apps, read with litecon's scanner into what Litestar reads them into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from litestar import __version__
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from .. import exceptions
from .._core import MultipartReader
from .._shared.multipart import decode_text
from ..limits import Limits

if TYPE_CHECKING:
    from .request import Request

__all__ = ("boundary_of", "read_multipart")

# the bounds of Litestar's parser, by how many parts are accepted; the handler bounds the whole body
_limits: dict[int | None, Limits] = {}
_SPOOL_SIZE: Final = 1024 * 1024
_HAS_413: Final = __version__.major >= 3


def boundary_of(request: Request[Any, Any, Any]) -> str | None:
    """Return the boundary of a multipart form; None for anything else, and where it is missing or empty.

    Args:
        request: Of a Litestar app.
    """
    kind, parameters = request.content_type
    return parameters.get("boundary") or None if kind == RequestEncodingType.MULTI_PART else None


async def read_multipart(request: Request[Any, Any, Any], boundary: str, part_limit: int | None) -> dict[str, Any]:
    """Return the parts of a form by their names: a str, an UploadFile, or a list of these.

    Args:
        request: Of a Litestar app.
        boundary: Of its content type.
        part_limit: How many parts are accepted.

    Raises:
        ClientException: It is no multipart form, or a text cannot be decoded; in Litestar 2 also where a bound is
            passed.
        RequestEntityTooLarge: It is larger than the handler accepts; from Litestar 3 on also where a bound is passed.
    """
    fields: dict[str, list[Any]] = {}
    # the one that is arriving
    part: _Part | None = None
    try:
        reader = MultipartReader(boundary, _limits_of(part_limit), True)
        async for chunk in request.stream():
            for event in reader.feed(chunk):
                if type(event) is tuple:
                    _add(fields, *event)
                elif type(event) is bytes:
                    await part.write(event)  # type: ignore[union-attr]
                elif event is not None:
                    part = _Part(event)
                else:
                    _add(fields, part.head.name, await part.finish())  # type: ignore[union-attr]
                    part = None
            reader.check()
    except BaseException as error:
        for value in [value for values in fields.values() for value in values] + [part and part.file]:
            if isinstance(value, UploadFile):
                value.file.close()
        if isinstance(error, exceptions.HTTPException):
            raise _refusal(error) from error
        raise
    return {name: values if len(values) > 1 else values[0] for name, values in fields.items()}


def _add(fields: dict[str, list[Any]], name: str, value: Any) -> None:
    values = fields.get(name)
    if values is None:
        fields[name] = [value]
    else:
        values.append(value)


def _limits_of(part_limit: int | None) -> Limits:
    limits = _limits.get(part_limit)
    if limits is None:
        limits = _limits[part_limit] = Limits(
            max_fields=part_limit,
            max_field_size=None,
            max_part_headers=8,
            max_part_header_size=4096 + 128,
        )
    return limits


def _refusal(error: exceptions.HTTPException) -> Exception:
    """Return Litestar's exception for one of litecon's."""
    if not isinstance(error, exceptions.RequestEntityTooLarge):
        return ClientException("Invalid multipart/form-data")
    return RequestEntityTooLarge() if _HAS_413 else ClientException("Request Entity Too Large")


class _Part:
    """A file that is arriving, or a text whose head has an empty file name.

    Args:
        head: Of the part.
    """

    __slots__ = ("_data", "file", "head")

    def __init__(self, head: Any) -> None:
        self.head = head
        self.file: UploadFile | None = None
        self._data = bytearray()

    async def write(self, chunk: bytes) -> None:
        """Add what has arrived; beyond what a file keeps in memory it is written at once.

        Args:
            chunk: The next bytes.
        """
        self._data += chunk
        if len(self._data) > _SPOOL_SIZE and self.head.filename:
            await self._flush()

    async def finish(self) -> Any:
        """Return the file, at its beginning, or the text."""
        if not self.head.filename:
            return decode_text(self._data, self.head.charset)
        if self.file is None:
            self.file = self._made()
            self.file.file.write(self._data)
        elif self._data:
            await self._flush()
        await self.file.seek(0)
        return self.file

    async def _flush(self) -> None:
        if self.file is None:
            self.file = self._made()
        data, self._data = self._data, bytearray()
        await self.file.write(data)

    def _made(self) -> UploadFile:
        headers = {name.title(): value for name, value in self.head.headers.items()}
        return UploadFile(self.head.content_type or "text/plain", self.head.filename, headers=headers)
