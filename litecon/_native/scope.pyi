"""The contract is `_core.pyi`."""

from .._core import ConnectionBase as ConnectionBase
from .._core import quickly_constructed as quickly_constructed
from .._core import use_classes as use_classes
