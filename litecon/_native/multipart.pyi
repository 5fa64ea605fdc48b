"""The contract is `_core.pyi`."""

from .._core import MultipartReader as MultipartReader
