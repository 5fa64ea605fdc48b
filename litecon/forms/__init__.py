"""Forms of both encodings, read as a whole or part by part; loaded when the first form is read."""

from .whole import FormAwaitable
from .parts import FormStream, Part

__all__ = ("FormAwaitable", "FormStream", "Part")
