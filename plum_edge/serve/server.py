"""The server: its socket on 127.0.0.1, the signals that end it, and an end that lets the answer in work be finished.

Ctrl-C and SIGTERM: no new connection, who waits in line is told to come back, the answer in work has some seconds; a
second Ctrl-C ends it at once. Knows nothing of requests.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from plum_edge import Memory
from plum_edge.errors import UsageError
from plum_edge.serve.app import app
from plum_edge.serve.speaking import speak
from plum_edge.serve.worker import Worker

HOST = "127.0.0.1"
"""And no other: the log of a life is not for the network."""
PORT = 7586
"""PLUM on the keys of a telephone."""
WAITING = 64
"""Requests that may wait besides the one that is answered."""
_CONNECTIONS = 512
_SILENT_SECONDS = 30.0
"""How long a connection may be open without a whole request, or between two."""
_FINISH_SECONDS = 10.0
"""How long the answer in work may go on at the end."""
_LEAVE_SECONDS = 5
"""How long, after that, a client has to read what is left."""


def listen(port: int) -> socket.socket:
    """Return a socket that accepts connections on this machine; port 0 takes one that is free.

    Raises:
        UsageError: the port cannot be had.
    """
    # Told that it is TCP, asyncio sends at once; else head and body wait for each other's receipt, 40 ms an answer.
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((HOST, port))
        found.listen(_CONNECTIONS)
    except OSError as error:
        found.close()
        why = (error.strerror or str(error)).lower()
        raise UsageError(
            f"Port {port} of {HOST} cannot be had ({why}).", "Take another: plum-edge serve --port N"
        ) from error
    return found


class Patience(H11Protocol):
    """HTTP/1.1 that gives up a connection which says nothing, or half a request and no more."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take in what came, and wait for the rest where it is not a whole head yet."""
        super().data_received(data)
        if (self.cycle is None or self.cycle.response_complete) and not self.transport.is_closing():
            self._wait()

    def _wait(self) -> None:
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(_SILENT_SECONDS, self.timeout_keep_alive_handler)


class Server(uvicorn.Server):
    """Serves until a signal, or `stop`; use `run`."""

    def __init__(self, opened: Callable[[], Memory], token: str, *, log: bool = False, waiting: int = WAITING) -> None:
        self.worker = Worker(opened, speak, waiting)
        self.signal: int | None = None
        """The one that ended it."""
        super().__init__(_config(app(self.worker, token, log=log)))

    def open(self) -> None:
        """Open the memory and the model.

        Raises:
            PlumError: whatever that raises.
        """
        self.worker.start()

    def serve_on(self, listening: socket.socket) -> int | None:
        """Answer until the end, after `open`; return the signal that ended it, or None."""
        try:
            with self.capture_signals():  # from before its loop is made: what was not awaited would be complained of
                self.run(sockets=[listening])
        finally:
            self.worker.close()
            self.worker.hurry()
            self.worker.join(0 if self.force_exit else _FINISH_SECONDS)
        return self.signal

    def stop(self) -> None:
        """End it, from any thread, as a signal does."""
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End: see above."""
        self.worker.close()
        hurry = asyncio.get_running_loop().call_later(_FINISH_SECONDS, self.worker.hurry)
        try:
            await super().shutdown(sockets)
        finally:
            hurry.cancel()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Note a signal; the second Ctrl-C ends it at once."""
        self.signal = self.signal or sig
        super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Hear the signals while it serves; who called `serve_on` decides what they mean (uvicorn re-raises)."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _config(inner: ASGIApp) -> uvicorn.Config:
    logging.getLogger("uvicorn.error").propagate = False  # who was rude to us, and that it ends: nobody's business
    return uvicorn.Config(
        inner,
        http=Patience,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=int(_SILENT_SECONDS),
        timeout_graceful_shutdown=int(_FINISH_SECONDS) + _LEAVE_SECONDS,
    )
