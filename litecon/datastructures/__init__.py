"""What the accessors of a connection return."""

from .accept import Accept
from .address import Address
from .headers import Headers
from .multidict import MultiDict
from .state import State
from .url import URL

__all__ = ("URL", "Accept", "Address", "Headers", "MultiDict", "State")
