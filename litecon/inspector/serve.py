"""The command line: choose a server, run the inspector on it, and end it with Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NoReturn

from .. import __version__
from .._core import COMPILED, FALLBACK_REASON
from ..types import ASGIApp
from .app import Inspector
from .recent import Recent

__all__ = ("main",)

_BACKLOG: Final = 128
_GRACE: Final = 2
"""The number of seconds that a request may take to end after Ctrl-C."""


@dataclass(frozen=True)
class _Options:
    """The options of the command line."""

    host: str
    port: int
    uds: str | None
    root_path: str
    certificate: str | None
    key: str | None
    key_password: str | None
    recent: bool
    quiet: bool


class _Problem(Exception):
    """The inspector cannot be served; the text is a sentence that says why."""


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"litecon: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the inspector until Ctrl-C, and return the exit code.

    Args:
        arguments: The arguments of the command line; None for those in `sys.argv`.
    """
    given = vars(_parser().parse_args(arguments))
    if given.pop("version"):
        # not with argparse, which would wrap the line
        print(f"litecon {__version__} ({_side()})")
        return 0
    server = given.pop("server")
    try:
        # service managers send SIGTERM instead of Ctrl-C
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        _serve(_Options(**given), server)
    except KeyboardInterrupt:
        return 0
    except _Problem as problem:
        print(f"litecon: {problem}", file=sys.stderr)
        return 1
    return 0


def _parser() -> ArgumentParser:
    parser = _Parser(prog="python -m litecon", description="Serve a page that shows what litecon sees in any request.")
    parser.add_argument("--host", default="127.0.0.1", help="the name or address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=_port, default=8000, help="the port to listen on, 0 for a free one (default: %(default)s)"
    )
    parser.add_argument(
        "--server", choices=tuple(_SERVERS), default="uvicorn", help="an installed server (default: %(default)s)"
    )
    parser.add_argument("--uds", metavar="PATH", help="listen on a unix socket instead; an existing socket is replaced")
    parser.add_argument(
        "--root-path", default="", metavar="PATH", help="the path at which a proxy mounts the inspector"
    )
    parser.add_argument("--ssl-certfile", dest="certificate", metavar="FILE", help="serve https, with this certificate")
    parser.add_argument(
        "--ssl-keyfile", dest="key", metavar="FILE", help="the private key, if the certificate's file has none"
    )
    parser.add_argument("--ssl-keyfile-password", dest="key_password", metavar="TEXT", help="the password of the key")
    parser.add_argument(
        "--recent", action="store_true", help="keep the last 50 requests in memory, and show them to everybody"
    )
    parser.add_argument("--quiet", action="store_true", help="do not print a line for each request")
    parser.add_argument("--version", action="store_true", help="print the version, which side runs and why, and exit")
    return parser


def _side() -> str:
    return "compiled" if COMPILED else f"pure Python: {FALLBACK_REASON}"


def _port(text: str) -> int:
    from argparse import ArgumentTypeError

    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535):
        raise ArgumentTypeError(f"{text[:40]!r} is not a port: expected a number from 0 to 65535")
    return int(text)


def _serve(options: _Options, server: str) -> None:
    if find_spec(server) is None:
        raise _Problem(_missing(server))
    _check_files(options)
    listener = _listen_at(options.uds) if options.uds else _listen(options.host, options.port)
    address = _address(options, listener)
    line = f"litecon {__version__} inspects requests at {address} ({_side()}; {server}; Ctrl-C ends it)"
    try:
        _SERVERS[server](listener, line, options)
    except ImportError as error:
        raise _Problem(f"the server {server} cannot be imported: {error}") from None
    finally:
        if options.uds:
            Path(options.uds).unlink(missing_ok=True)


def _check_files(options: _Options) -> None:
    if options.key and not options.certificate:
        raise _Problem("a key needs a certificate: name it with --ssl-certfile")
    for path in filter(None, (options.certificate, options.key)):
        if not Path(path).is_file():
            raise _Problem(f"there is no file {path[:200]!r}")


def _address(options: _Options, listener: socket.socket) -> str:
    if options.uds:
        return f"the unix socket {options.uds}"
    host = f"[{options.host}]" if ":" in options.host else options.host
    scheme = "https" if options.certificate else "http"
    return f"{scheme}://{host}:{listener.getsockname()[1]}{options.root_path.rstrip('/')}/"


def _inspector(options: _Options) -> Inspector:
    return Inspector(Recent() if options.recent else None, None if options.quiet else _print)


def _print(line: str) -> None:
    # flushed, so that a pipe gets the line immediately, too
    print(line, flush=True)


def _missing(server: str) -> str:
    others = [name for name in _SERVERS if name != server and find_spec(name) is not None]
    extra = '"litecon[inspector]"' if server == "uvicorn" else server
    instead = f", or choose an installed one with --server {others[0]}" if others else ""
    return f"the server {server} is not installed: pip install {extra}{instead}"


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _Problem(f"cannot listen on {host[:80]!r} port {port}: {_plain_reason(reason)}") from None


def _listen_at(path: str) -> socket.socket:
    if not hasattr(socket, "AF_UNIX"):
        raise _Problem("this system has no unix sockets")
    try:
        if Path(path).is_socket():
            Path(path).unlink()
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(_BACKLOG)
    except OSError as error:
        raise _Problem(f"cannot listen on {path[:200]!r}: {error.strerror or error}") from None
    return listener


def _plain_reason(reason: str) -> str:
    if "in use" in reason.lower():
        return "another program uses it; choose another with --port, or --port 0 for a free one"
    return reason


def _run_uvicorn(listener: socket.socket, line: str, options: _Options) -> None:
    import logging

    import uvicorn

    config = uvicorn.Config(
        _inspector(options),
        log_level="error",
        access_log=False,
        lifespan="on",
        # NOTE: the inspector must show the request as it arrives, not as uvicorn changes it for forwarding headers
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE,
        root_path=options.root_path,
        ssl_certfile=options.certificate,
        ssl_keyfile=options.key,
        ssl_keyfile_password=options.key_password,
    )
    server = uvicorn.Server(config)
    shut_down = server.shutdown

    async def shut_down_quietly(sockets: list[socket.socket] | None = None) -> None:
        # a request that is cancelled at shutdown is not an error
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await shut_down(sockets)

    server.shutdown = shut_down_quietly  # type: ignore[method-assign]
    print(line, flush=True)
    server.run(sockets=[listener])


def _run_hypercorn(listener: socket.socket, line: str, options: _Options) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.loglevel = "ERROR"
    config.graceful_timeout = _GRACE
    config.root_path = options.root_path
    config.certfile = options.certificate
    config.keyfile = options.key or options.certificate
    config.keyfile_password = options.key_password
    untyped_app: Any = _inspector(options)

    async def run() -> None:
        interrupted = _interruption()
        serving = asyncio.create_task(serve(untyped_app, config, shutdown_trigger=interrupted.wait))
        interruption = asyncio.create_task(interrupted.wait())
        await asyncio.wait((serving, interruption), return_when=asyncio.FIRST_COMPLETED)
        # NOTE: hypercorn waits for open connections without a bound (0.18, on Python 3.12 and later), and before 3.12
        # the event loop logs a traceback for each that is cancelled
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        await asyncio.wait((serving,), timeout=_GRACE if interrupted.is_set() else None)
        interruption.cancel()
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving

    print(line, flush=True)
    asyncio.run(run())


def _run_granian(listener: socket.socket, line: str, options: _Options) -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    # granian takes no socket: the listener only proved that the address is free
    host, port = (options.host, options.port) if options.uds else listener.getsockname()[:2]
    listener.close()
    if options.uds:
        Path(options.uds).unlink()
    # NOTE: not its embedded server, which is experimental and panics when it ends (2.8)
    server = Granian(
        Inspector.__module__,
        address=host,
        port=port,
        uds=Path(options.uds) if options.uds else None,
        url_path_prefix=options.root_path or None,
        ssl_cert=Path(options.certificate) if options.certificate else None,
        ssl_key=Path(options.key or options.certificate) if options.certificate else None,
        ssl_key_password=options.key_password,
        interface=Interfaces.ASGI,
        log_level=LogLevels.error,
        workers_kill_timeout=_GRACE,
    )
    print(line, flush=True)
    try:
        server.serve(target_loader=partial(_load_app, options))
    except SystemExit:
        # NOTE: Ctrl-C reaches the worker of granian too, which may then end before granian stops it: no failure (2.8)
        if not server.interrupt_signal:
            raise


def _load_app(options: _Options, target: str) -> ASGIApp:
    """Return the application, in the process of granian's worker."""
    return _inspector(options)


def _interruption() -> asyncio.Event:
    """Return an event that Ctrl-C sets."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, event.set)
        except NotImplementedError:
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(event.set))
    return event


_SERVERS: Final[dict[str, Callable[[socket.socket, str, _Options], None]]] = {
    "uvicorn": _run_uvicorn,
    "granian": _run_granian,
    "hypercorn": _run_hypercorn,
}
