"""The contract is `_core.pyi`."""

from .._core import ConnectionBase as ConnectionBase
from .._core import with_fast_constructor as with_fast_constructor
