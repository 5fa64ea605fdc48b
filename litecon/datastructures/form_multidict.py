"""The fields and files of a form."""

from __future__ import annotations

from .multidict import MultiDict
from .upload_file import UploadFile

__all__ = ("FormMultiDict",)


class FormMultiDict(MultiDict[str | UploadFile]):
    """The fields of a form, in order; each value is a str or an `UploadFile`."""

    async def close(self) -> None:
        """Close all files; a second time does nothing."""
        self.close_now()

    def close_now(self) -> None:
        """Close all files, as `close()` does, which never suspends."""
        for value in self.values():
            if isinstance(value, UploadFile):
                value.close_now()
