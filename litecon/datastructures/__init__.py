"""The classes of the values that the members of a connection return."""

from .accept import Accept
from .address import Address
from .form_multidict import FormMultiDict
from .headers import Headers
from .multidict import MultiDict
from .state import State
from .upload_file import UploadFile
from .url import URL

__all__ = ("URL", "Accept", "Address", "FormMultiDict", "Headers", "MultiDict", "State", "UploadFile")
