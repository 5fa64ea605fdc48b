"""Forms of both encodings, read as a whole or part by part; loaded when a form is read first."""

from .awaitable import FormReading
from .parts import FormStream, Part

__all__ = ("FormReading", "FormStream", "Part")
