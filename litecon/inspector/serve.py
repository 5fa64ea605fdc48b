"""The command line: choose a server, run the inspector on it, and end it with Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from typing import Any, Final, NoReturn

from .. import __version__
from .._core import COMPILED, FALLBACK_REASON
from ..types import ASGIApp
from .app import app

__all__ = ("main",)

_BACKLOG: Final = 128
_GRACE: Final = 2
"""The number of seconds that a request may take to end after Ctrl-C."""


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
    options = _parser().parse_args(arguments)
    try:
        # service managers send SIGTERM instead of Ctrl-C
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        _serve(options.host, options.port, options.server)
    except KeyboardInterrupt:
        return 0
    except _Problem as problem:
        print(f"litecon: {problem}", file=sys.stderr)
        return 1
    return 0


def _parser() -> ArgumentParser:
    parser = _Parser(prog="python -m litecon", description="Serve a page that shows what litecon sees in any request.")
    parser.add_argument("--host", default="127.0.0.1", help="the name or address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=8000, help="0 for a free one (default: %(default)s)")
    parser.add_argument(
        "--server", choices=tuple(_SERVERS), default="uvicorn", help="an installed one (default: %(default)s)"
    )
    parser.add_argument("--version", action="version", version=f"litecon {__version__} ({_side()})")
    return parser


def _side() -> str:
    return "compiled" if COMPILED else f"pure Python: {FALLBACK_REASON}"


def _port(text: str) -> int:
    from argparse import ArgumentTypeError

    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535):
        raise ArgumentTypeError(f"{text[:40]!r} is no port: expected a number from 0 to 65535")
    return int(text)


def _serve(host: str, port: int, server: str) -> None:
    if find_spec(server) is None:
        raise _Problem(_missing(server))
    run = _SERVERS[server]
    listener = _listen(host, port)
    address = f"[{host}]" if ":" in host else host
    line = (
        f"litecon {__version__} inspects requests at http://{address}:{listener.getsockname()[1]}/"
        f" ({_side()}; {server}; Ctrl-C ends it)"
    )
    try:
        run(listener, line)
    except ImportError as error:
        raise _Problem(f"the server {server} cannot be imported: {error}") from None


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


def _plain_reason(reason: str) -> str:
    if "in use" in reason.lower():
        return "another program uses it; choose another with --port, or --port 0 for a free one"
    return reason


def _run_uvicorn(listener: socket.socket, line: str) -> None:
    import logging

    import uvicorn

    config = uvicorn.Config(
        app,
        log_level="error",
        access_log=False,
        lifespan="on",
        # NOTE: the inspector shows what arrives, and not what uvicorn makes of forwarding headers
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE,
    )
    server = uvicorn.Server(config)
    shut_down = server.shutdown

    async def shut_down_quietly(sockets: list[socket.socket] | None = None) -> None:
        # a request that is cancelled at the end is no error
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await shut_down(sockets)

    server.shutdown = shut_down_quietly  # type: ignore[method-assign]
    print(line, flush=True)
    server.run(sockets=[listener])


def _run_hypercorn(listener: socket.socket, line: str) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.loglevel = "ERROR"
    config.graceful_timeout = _GRACE
    untyped_app: Any = app

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


def _run_granian(listener: socket.socket, line: str) -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    # granian takes no socket: the listener only proved that the address is free
    host, port = listener.getsockname()[:2]
    listener.close()
    # NOTE: not its embedded server, which is experimental and panics when it ends (2.8)
    server = Granian(
        app.__module__,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        log_level=LogLevels.error,
        workers_kill_timeout=_GRACE,
    )
    print(line, flush=True)
    try:
        server.serve(target_loader=_load_app)
    except SystemExit:
        # NOTE: Ctrl-C reaches the worker of granian too, which may then end before granian stops it: no failure (2.8)
        if not server.interrupt_signal:
            raise


def _load_app(target: str) -> ASGIApp:
    """Return the application, in the process of granian's worker."""
    return app


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


_SERVERS: Final[dict[str, Callable[[socket.socket, str], None]]] = {
    "uvicorn": _run_uvicorn,
    "granian": _run_granian,
    "hypercorn": _run_hypercorn,
}
