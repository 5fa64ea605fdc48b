"""The fields and files of a form."""

from __future__ import annotations

from .multidict import MultiDict
from .upload_file import UploadFile

__all__ = ("FormMultiDict",)


class FormMultiDict(MultiDict[str | UploadFile]):
    """The fields of a form in their order, each a str or an `UploadFile`."""

    async def close(self) -> None:
        """Close all files; a second time does nothing."""
        self.close_now()

    def close_now(self) -> None:
        """Do what `close()` does; nothing of it waits."""
        for value in self.values():
            if isinstance(value, UploadFile):
                value.close_now()
