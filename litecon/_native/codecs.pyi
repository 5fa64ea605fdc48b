"""The contract is `_core.pyi`."""

from .._core import measure_json as measure_json
from .._core import measure_msgpack as measure_msgpack
