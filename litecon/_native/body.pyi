"""The contract is `_core.pyi`."""

from .._core import BodyReader as BodyReader
from .._core import BodyStream as BodyStream
