"""The charsets of text fields."""

from __future__ import annotations

import codecs
from contextlib import suppress
from encodings import normalize_encoding
from encodings.aliases import aliases
from typing import Final

from ._errors import broken_field

__all__ = ("decode_text",)

# the interpreter's encodings, by the names of their modules: those that have other names too, and those that have none; not
# the ones that no form uses, and that take quadratic time or are no encoding of bytes
_CODECS: Final = frozenset(aliases.values()) - {"utf_7"} | set(
    "cp1006 cp720 cp737 cp856 cp874 cp875 koi8_t koi8_u mac_arabic mac_croatian mac_farsi mac_romanian utf_8_sig".split()
)


def decode_text(data: bytes | bytearray, charset: str | None) -> str:
    """Return the text of a field.

    Args:
        data: As it was received.
        charset: As the client says it, None for UTF-8.

    Raises:
        ClientException: The charset is unknown or none of text, or the data is not encoded in it.
    """
    codec = "utf-8" if charset is None or charset.lower() == "utf-8" else _text_codec(charset)
    try:
        return data.decode(codec)
    except ValueError:
        # raised below, where the error with the bytes in it is no context
        pass
    raise broken_field(f"it is not encoded in {codec}")


def _text_codec(charset: str) -> str:
    """Return the name of a text encoding; raise ClientException where there is none of that name."""
    # NOTE: codecs.lookup() keeps each name that it does not know for ever, and looks for a module of that name on the disk
    # the year of a standard, which some names end with, is in few of the aliases
    name = normalize_encoding(charset.partition(":")[0]).lower()
    name = aliases.get(name) or aliases.get(name.replace(".", "_")) or name
    info = None
    if name in _CODECS and charset.isascii() and charset.isprintable():
        # one of another system may be missing
        with suppress(LookupError):
            info = codecs.lookup(name)
    if info is None or not info._is_text_encoding:
        # its name is a part of the body, which no message shows
        raise broken_field("its charset is unknown, or none of text")
    return info.name
