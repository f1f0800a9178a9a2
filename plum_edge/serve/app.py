"""HTTP: the routes, the token, bodies that are too large or too slow, streams, and clients that vanish.

What is no answer is OpenAI's error object. What is asked goes to the worker's line; this side only ever waits for
clients, for all of them in one thread. Knows nothing of how an answer is made.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from plum_edge.errors import PlumError, Unavailable, UsageError
from plum_edge.serve import shapes, wire
from plum_edge.serve.token import same
from plum_edge.serve.wire import Refusal, Wish
from plum_edge.serve.worker import Busy, Ended, Event, Failed, Job, Said, Worker

LARGEST = 8 << 20
"""Bytes of a body. A context of 100,000 tokens is half a megabyte of text."""
_READ_ON = 8 * LARGEST
"""So much of a larger one is read past all the same: who is cut off while he speaks does not hear why."""
BODY_SECONDS = 30.0
"""A body that takes longer is given up."""
LOG_HEADER = "x-plum-log"
TALK_HEADER = "x-plum-conversation"
_LONGEST_NAME = 200
_ON_OFF = {"on": True, "off": False}
_GONE = Response(status_code=499)
"""For a client that is not there to read it."""

_bugs = logging.getLogger("plum_edge.serve")


def app(worker: Worker, token: str, *, log: bool = False) -> ASGIApp:
    """Return the application; ``log`` says what is done with a request that does not."""
    since = int(time.time())
    answers = Answers(worker, log)

    async def models(_request: Request) -> Response:
        return _json(shapes.models(since))

    async def model(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in wire.MODELS:
            raise Refusal(404, f"There is no model {name!r} here.", param="model", code=wire.NO_MODEL)
        return _json(shapes.model(name, since))

    routes = [
        Route("/v1/models", models),
        Route("/v1/models/{name:path}", model),
        Route("/v1/chat/completions", answers.chat, methods=["POST"]),
        Route("/v1/completions", answers.completion, methods=["POST"]),
    ]
    handlers = {Refusal: _refused, HTTPException: _no_route, ClientDisconnect: _vanished}
    return Guard(Starlette(routes=routes, exception_handlers=handlers), token)


class Guard:
    """Lets nothing in without the token."""

    def __init__(self, inner: ASGIApp, token: str) -> None:
        self._inner, self._token = inner, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        kind, _, given = Request(scope).headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and same(given.strip(), self._token):
            await self._inner(scope, receive, send)
            return
        refusal = Refusal(401, "The token is missing or wrong: Authorization: Bearer TOKEN.", code="invalid_api_key")
        refusal.headers["WWW-Authenticate"] = "Bearer"
        await _told(refusal)(scope, receive, send)


@dataclass
class Pending:
    """A request whose answer is on its way: what comes of it, told by the worker and heard here."""

    worker: Worker
    receive: Receive
    job: Job
    events: asyncio.Queue[Event | None]
    """None: the client has gone."""
    _watch: asyncio.Task[None] | None = field(default=None, init=False)

    @classmethod
    def of(cls, worker: Worker, request: Request, wish: Wish, log: bool, conversation: str | None) -> Pending:
        """Put a request into the worker's line.

        Raises:
            Refusal: the line is full.
        """
        loop, events = asyncio.get_running_loop(), asyncio.Queue[Event | None]()

        def tell(event: Event) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: everybody has gone
                loop.call_soon_threadsafe(events.put_nowait, event)

        pending = cls(worker, request.receive, Job(wish, tell, log, conversation), events)
        try:
            worker.submit(pending.job)
        except Busy as busy:
            raise _refusal(busy) from busy
        pending._watch = asyncio.create_task(pending._until_gone())
        return pending

    async def next(self) -> Said | Ended:
        """Return what comes next.

        Raises:
            Refusal: there is no answer, or no more of it.
            ClientDisconnect: nobody is there any more.
        """
        event = await self.events.get()
        if event is None:
            raise ClientDisconnect
        if isinstance(event, Failed):
            raise _refusal(event.why)
        return event

    def leave(self) -> None:
        """Nobody listens any more: an answer that is not ended need not be."""
        self.worker.withdraw(self.job)
        if self._watch is not None:
            self._watch.cancel()

    async def _until_gone(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass
        self.worker.withdraw(self.job)
        self.events.put_nowait(None)


@dataclass
class Answers:
    """The two routes that answer."""

    worker: Worker
    log: bool

    async def chat(self, request: Request) -> Response:
        """Answer /v1/chat/completions."""
        return await self._answer(request, wire.chat, chat=True)

    async def completion(self, request: Request) -> Response:
        """Answer /v1/completions."""
        return await self._answer(request, wire.completion, chat=False)

    async def _answer(self, request: Request, parse: Callable[[bytes], Wish], *, chat: bool) -> Response:
        log, conversation = _flag(request, self.log), _conversation(request)
        wish = parse(await _body(request))
        pending = Pending.of(self.worker, request, wish, log, conversation)
        handed_on = False
        try:
            first = await pending.next()  # before a stream begins: what fails until then is an error by its status
            shape = shapes.Shape(wish.model, chat, wish.usage, pending.job.adapter)
            if wish.stream:
                handed_on = True
                headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
                return StreamingResponse(
                    _stream(pending, first, shape), headers=headers, media_type="text/event-stream"
                )
            return await _whole(pending, first, shape)
        finally:
            if not handed_on:
                pending.leave()


async def _whole(pending: Pending, event: Said | Ended, shape: shapes.Shape) -> Response:
    said = []
    while isinstance(event, Said):
        said.append(event.text)
        event = await pending.next()
    return _json(shape.whole("".join(said), event.finish, event.tally))


async def _stream(pending: Pending, event: Said | Ended, shape: shapes.Shape) -> AsyncIterator[bytes]:
    try:
        yield shapes.event(shape.opening())
        while isinstance(event, Said):
            yield shapes.event(shape.piece(event.text))
            event = await pending.next()
        yield shapes.event(shape.closing(event.finish))
        if shape.with_usage:
            yield shapes.event(shape.took(event.tally))
        yield shapes.DONE
    except Refusal as refusal:
        yield shapes.event(shapes.error(refusal))
    except ClientDisconnect:
        return
    finally:
        pending.leave()


async def _body(request: Request) -> bytes:
    """Return the body.

    Raises:
        Refusal: it is too large, or too slow.
    """
    body, size = bytearray(), 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                if size <= LARGEST:
                    body += chunk
                elif size > _READ_ON:
                    break
    except TimeoutError as error:
        raise Refusal(408, f"The body did not arrive within {BODY_SECONDS:.0f} seconds.") from error
    if size > LARGEST:
        raise Refusal(413, f"The body is larger than {LARGEST >> 20} MB.")
    return bytes(body)


def _flag(request: Request, default: bool) -> bool:
    """Return whether the conversation is to be logged."""
    said = request.headers.get(LOG_HEADER)
    if said is None:
        return default
    if said.strip().lower() not in _ON_OFF:
        raise Refusal(400, f"The header {LOG_HEADER} must be on or off.", param=LOG_HEADER)
    return _ON_OFF[said.strip().lower()]


def _conversation(request: Request) -> str | None:
    """Return what the client calls the conversation."""
    said = request.headers.get(TALK_HEADER, "").strip()
    if len(said) > _LONGEST_NAME:
        raise Refusal(400, f"The header {TALK_HEADER} is longer than {_LONGEST_NAME} characters.", param=TALK_HEADER)
    return said or None


def _refusal(why: Exception) -> Refusal:
    """Return what a client is told of an error; one of ours is a sentence already, any other is a bug."""
    if isinstance(why, Busy):
        what = "The server is stopping." if why.closed else "Too many requests are waiting already."
        refusal = Refusal(503, f"{what} Try again in {why.seconds} s.", code="overloaded")
        refusal.headers["Retry-After"] = str(why.seconds)
        return refusal
    if isinstance(why, PlumError):
        status = 400 if isinstance(why, UsageError) else 503 if isinstance(why, Unavailable) else 500
        return Refusal(status, str(why))
    _bugs.error("an answer failed", exc_info=why)
    return Refusal(500, f"The answer failed ({type(why).__name__}); the server's own output says more.")


def _json(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(shapes.as_json(value), status, headers, media_type="application/json")


def _told(refusal: Refusal) -> Response:
    return _json(shapes.error(refusal), refusal.status, refusal.headers)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return _told(error)


async def _no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known = "POST /v1/chat/completions, POST /v1/completions and GET /v1/models"
    refusal = Refusal(error.status_code, f"{request.method} {request.url.path} is not known here; known are {known}.")
    refusal.headers.update(error.headers or {})
    return _told(refusal)


async def _vanished(_request: Request, _error: Exception) -> Response:
    return _GONE
