"""The contract is `_core.pyi`."""

from .._core import measure_msgpack as measure_msgpack
from .._core import nests_deeper as nests_deeper
