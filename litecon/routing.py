"""`RouteTable`, named routes without a framework, and the URL of a route of such a table or of a framework."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

from ._errors import misconfigured, quoted, with_note
from ._shared.scope import lookup
from .exceptions import LiteconException, NoRouteMatchFoundException

if TYPE_CHECKING:
    from .datastructures import URL

__all__ = ("RouteTable", "absolute_url")

# named instead of imported, since most tables need none of these modules
_CLASSES: Final = {
    "str": "builtins.str",
    "int": "builtins.int",
    "float": "builtins.float",
    "uuid": "uuid.UUID",
    "decimal": "decimal.Decimal",
    "date": "datetime.date",
    "datetime": "datetime.datetime",
    "time": "datetime.time",
    "timedelta": "datetime.timedelta",
    "path": "pathlib.PurePath",
}
# subclasses that are not accepted, since their text differs from that of the class
_NOT_CLASSES: Final = {"int": "builtins.bool", "date": "datetime.datetime"}
_TAKE_TEXT: Final = frozenset({"float", "uuid", "date", "datetime", "time", "timedelta", "path"})

# the characters that are not encoded, besides the unreserved ones (RFC 3986 section 3.3); delimiters in a value are
_SAFE_IN_SEGMENT: Final = ":@"
_SAFE_IN_TEMPLATE: Final = ":@!$&'()*+,;="
_SAFE_IN_PATH: Final = "/%" + _SAFE_IN_TEMPLATE
_STRAY_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_DOT_SEGMENT: Final = re.compile(r"(?:\A|/)(?:\.|%2[Ee]){1,2}(?=/|\Z)")
_HOST: Final = re.compile(r"[A-Za-z0-9._~:\[\]-]+")

_NOT_FOUND_NAMES: Final = frozenset({"NoMatchFound", "NoRouteMatchFoundException"})
_NOT_FOUND_TYPES: Final = (ValueError, TypeError, AssertionError, AttributeError, LookupError, ArithmeticError)


class _Parameter(NamedTuple):
    name: str
    kind: str


class RouteTable:
    """Names of routes and their paths, for applications without a framework; store it in the scope as `app`.

    ```python
    table = RouteTable()
    table.add("user", "/users/{user_id:int}")
    table.route_reverse("user", user_id=7)  # "/users/7"
    ```
    """

    __slots__ = ("__weakref__", "_routes")

    def __init__(self) -> None:
        self._routes: dict[str, tuple[str | _Parameter, ...]] = {}

    def add(self, name: str, template: str) -> None:
        """Add a route.

        Args:
            name: The name of the route, which must be new.
            template: The path of the route, decoded, with parameters in the form `{name:type}`, each a whole segment.
                The types are str, int, float, uuid, decimal, date, datetime, time, timedelta and path. Repeated and
                trailing slashes are ignored.

        Raises:
            ValueError: There is a route of that name, or the template is invalid.
        """
        if name in self._routes:
            raise ValueError(f"there is a route {quoted(name)} already: route names must be unique")
        self._routes[name] = _parse_template(template)

    def route_reverse(self, name: str, /, **path_parameters: Any) -> str:
        """Return the path of a route with its parameters filled in, percent-encoded (RFC 3986 section 3.3).

        Args:
            name: The name of the route.
            **path_parameters: A value of the parameter's type for each parameter of the route's path. All types but int
                and decimal accept a str. A value is one segment; only one of the type path may have slashes.

        Raises:
            NoRouteMatchFoundException: There is no such route, or a parameter is missing, surplus or of the wrong type.
        """
        route = self._routes.get(name)
        if route is None:
            raise NoRouteMatchFoundException(f"no route is named {quoted(name)}")
        segments = []
        left = set(path_parameters)
        for part in route:
            if isinstance(part, str):
                segments.append(part)
                continue
            if part.name not in path_parameters:
                raise NoRouteMatchFoundException(
                    f"route {quoted(name)} needs the path parameter {quoted(part.name)} of type {part.kind}"
                )
            left.discard(part.name)
            try:
                segments.append(_encode_value(part.kind, path_parameters[part.name]))
            except (ValueError, ArithmeticError) as error:
                raise NoRouteMatchFoundException(
                    f"route {quoted(name)}: the path parameter {quoted(part.name)} {_describe(error, part.kind)}"
                ) from error
        if left:
            raise NoRouteMatchFoundException(f"route {quoted(name)} has no path parameter {quoted(min(left))}")
        return "/" + "/".join(segments)


class _BadValueError(ValueError):
    pass


def _describe(error: Exception, kind: str) -> str:
    return str(error) if isinstance(error, _BadValueError) else f"is not a valid {kind}"


def _parse_template(template: str) -> tuple[str | _Parameter, ...]:
    if not isinstance(template, str) or not template.startswith("/"):
        raise ValueError(f"the path {quoted(template)} must start with a slash")
    parts: list[str | _Parameter] = []
    names = set()
    for segment in template.split("/"):
        if not segment:
            continue
        if segment[0] == "{" and segment[-1] == "}":
            name, colon, kind = (text.strip() for text in segment[1:-1].partition(":"))
            if not colon or not name.isidentifier():
                raise ValueError(f"the path {quoted(template)}: {quoted(segment)} must be of the form {{name:type}}")
            if kind not in _CLASSES:
                expected = ", ".join(_CLASSES)
                raise ValueError(f"the path {quoted(template)}: no type is named {quoted(kind)}, expected {expected}")
            if name in names:
                raise ValueError(f"the path {quoted(template)} has the parameter {quoted(name)} twice")
            names.add(name)
            parts.append(_Parameter(name, kind))
        elif "{" in segment or "}" in segment:
            raise ValueError(f"the path {quoted(template)}: a parameter must be a whole segment, not {quoted(segment)}")
        elif segment in (".", "..") or "?" in segment or "#" in segment:
            raise ValueError(f"the path {quoted(template)}: {quoted(segment)} is not a path segment")
        else:
            parts.append(quote(segment, safe=_SAFE_IN_TEMPLATE))
    return tuple(parts)


def _load(name: str) -> type[Any]:
    module, _, attribute = name.partition(".")
    loaded: type[Any] = getattr(import_module(module), attribute)
    return loaded


def _encode_value(kind: str, value: Any) -> str:
    expected = _load(_CLASSES[kind])
    if isinstance(value, expected) and not (kind in _NOT_CLASSES and isinstance(value, _load(_NOT_CLASSES[kind]))):
        text = _to_text(kind, value)
    elif kind in _TAKE_TEXT and isinstance(value, str):
        text = str.__str__(value)
        _parse(kind, expected, text)
    else:
        raise _BadValueError(f"is of type {type(value).__name__!r}, expected {kind}")
    segments = [segment for segment in text.split("/") if segment] if kind == "path" else [text]
    if not segments or not segments[0]:
        raise _BadValueError("is empty")
    # clients resolve dot segments, even percent-encoded ones
    if "." in segments or ".." in segments:
        raise _BadValueError(f"is {quoted(text)}: '.' and '..' are not valid segments")
    # a file name may have bytes that could not be decoded
    return "/".join([quote(segment, safe=_SAFE_IN_SEGMENT, errors="surrogateescape") for segment in segments])


def _to_text(kind: str, value: Any) -> str:
    # not str(value), which differs for an enum of strings or numbers
    if kind == "str":
        return str.__str__(value)
    if kind == "int":
        return int.__repr__(value)
    if kind == "float":
        return float.__repr__(value)
    if kind == "path":
        path: PurePath = value
        return path.as_posix()
    if kind == "timedelta":
        # no router can parse str(value)
        from msgspec import to_builtins

        return str(to_builtins(value))
    return str(value)


def _parse(kind: str, expected: type[Any], text: str) -> None:
    """Raise ValueError or OverflowError if Litestar's router would not accept a text for that type."""
    if kind == "path":
        return
    if kind in ("float", "uuid"):
        expected(text)
        return
    from msgspec import ValidationError, convert

    try:
        convert(text, expected)
    except ValidationError as error:
        if kind != "timedelta":
            # NOTE: ValidationError is not a ValueError in the lowest supported version of msgspec
            raise ValueError(str(error)) from None
        expected(seconds=int(float(text)))


def absolute_url(
    app: Any, name: str, path_parameters: Mapping[str, Any], scope: Mapping[str, Any], base_url: URL
) -> str:
    """Return the absolute URL of a route of an application.

    Args:
        app: An application with `route_reverse` (Litestar, `RouteTable`) or `url_path_for` (Starlette, FastAPI).
        name: The route's name.
        path_parameters: A value for each parameter of the route's path.
        scope: The scope of the connection; its `router`, if any, takes precedence over an app without `route_reverse`.
        base_url: The URL of the root of the application.

    Raises:
        NoRouteMatchFoundException: There is no such route, or it does not take these parameters.
        ImproperlyConfiguredException: The application cannot reverse names.
    """
    prefix = base_url.path
    reverse: Callable[..., Any] | None = getattr(app, "route_reverse", None)
    if reverse is None:
        # Starlette stores the outermost router, which knows mounted routes by their full paths
        reverse = getattr(lookup(scope, "router"), "url_path_for", None) or getattr(app, "url_path_for", None)
        if reverse is None:
            raise misconfigured(
                f"the application of type {type(app).__name__!r} has neither 'route_reverse' nor 'url_path_for'"
            )
        # in a mounted application `root_path` includes the path of the mount, as do the paths of the outermost router
        if lookup(scope, "app_root_path") == "":
            prefix = ""
    try:
        reversed_path = reverse(name, **path_parameters)
        path = str(reversed_path)
        path = _encode_path(path.replace("%", "%25") if _is_decoded(app, reversed_path) else path)
        netloc = _host_of(reversed_path) or base_url.netloc
    except LiteconException:
        raise
    except Exception as error:
        if not _is_not_found(error):
            raise
        not_found = NoRouteMatchFoundException(
            f"no route {quoted(name)} takes the path parameters given ({quoted(list(path_parameters))})"
        )
        raise with_note(not_found, f"the application said: {type(error).__name__} {quoted(str(error))}") from error
    # with a scheme but no authority, the URL would have another meaning
    scheme = _scheme_of(reversed_path, base_url.scheme) if netloc else ""
    return str(base_url.from_components(scheme=scheme, netloc=netloc, path=prefix.rstrip("/") + path))


def _is_not_found(error: Exception) -> bool:
    # exceptions of frameworks are recognised by name, so that the frameworks need not be imported
    return isinstance(error, _NOT_FOUND_TYPES) or any(cls.__name__ in _NOT_FOUND_NAMES for cls in type(error).__mro__)


def _is_decoded(app: Any, path: object) -> bool:
    """Return whether a path is from Starlette or Litestar, which do not encode values: "%41" is three characters there.

    Args:
        app: The application that was asked.
        path: What it returned.
    """
    return hasattr(path, "make_absolute_url") or any(
        str(cls.__module__).partition(".")[0] == "litestar" for cls in type(app).__mro__
    )


def _encode_path(path: str) -> str:
    """Return a path, decoded or percent-encoded, as percent-encoded; escapes that it already has are kept."""
    path = quote(_STRAY_PERCENT.sub("%25", path), safe=_SAFE_IN_PATH, errors="surrogateescape")
    if _DOT_SEGMENT.search(path) is not None:
        raise ValueError("'.' and '..' are not valid segments")
    return path if path.startswith("/") else "/" + path


def _host_of(path: object) -> str:
    host = getattr(path, "host", "")
    if not host:
        return ""
    if not isinstance(host, str) or _HOST.fullmatch(host) is None:
        raise ValueError(f"{quoted(host)} is not a valid host")
    return host


def _scheme_of(path: object, scheme: str) -> str:
    secure = scheme in ("https", "wss")
    protocol = getattr(path, "protocol", "")
    if protocol == "http":
        return "https" if secure else "http"
    if protocol == "websocket":
        return "wss" if secure else "ws"
    return scheme
