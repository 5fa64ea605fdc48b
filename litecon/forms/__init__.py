"""Forms of both encodings, read as a whole or part by part; loaded when the first form is read."""

from .._core import FormAwaitable
from .parts import FormStream, Part
from .whole import read_parts

__all__ = ("FormAwaitable", "FormStream", "Part", "read_parts")
