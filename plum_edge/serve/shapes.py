"""What goes back: OpenAI's objects for answers, pieces of answers, models and errors. Knows nothing of HTTP."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from plum_edge.runtime import Tally
from plum_edge.serve.wire import MODELS, Refusal

DONE = b"data: [DONE]\n\n"
"""What ends a stream."""


def as_json(value: object) -> bytes:
    """Return JSON in ASCII: half a surrogate pair, which a client may send, has no UTF-8."""
    return json.dumps(value, separators=(",", ":")).encode()


def event(value: object) -> bytes:
    """Return one event of a stream."""
    return b"data: " + as_json(value) + b"\n\n"


def error(refusal: Refusal) -> dict[str, Any]:
    """Return OpenAI's error object."""
    kinds = {401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}
    kind = kinds.get(refusal.status, "server_error" if refusal.status >= 500 else "invalid_request_error")
    return {"error": {"message": refusal.what, "type": kind, "param": refusal.param, "code": refusal.code}}


def models(since: int) -> dict[str, Any]:
    """Return the list of models; ``since`` is when the server started, in seconds since 1970."""
    return {"object": "list", "data": [model(name, since) for name in MODELS]}


def model(name: str, since: int) -> dict[str, Any]:
    """Return one of `MODELS`."""
    described = {"id": name, "object": "model", "created": since, "owned_by": "plum-edge"}
    return described | {"description": MODELS[name].about}


def usage(tally: Tally) -> dict[str, int]:
    """Return what an answer took, in tokens of the base."""
    both = tally.read + tally.drawn
    return {"prompt_tokens": tally.read, "completion_tokens": tally.drawn, "total_tokens": both}


@dataclass
class Shape:
    """How one answer is told: of a chat, or of a completion."""

    model: str
    chat: bool
    with_usage: bool = False
    """Whether a stream tells what it took."""
    adapter: str | None = None
    """The adapter that answers; clients know it as ``system_fingerprint``."""
    _id: str = field(default_factory=lambda: secrets.token_hex(12))
    _created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, text: str, finish: str, tally: Tally) -> dict[str, Any]:
        """Return an answer in one piece."""
        said = {"message": {"role": "assistant", "content": text, "refusal": None}} if self.chat else {"text": text}
        kind = "chat.completion" if self.chat else "text_completion"
        return self._head(kind) | {"choices": [self._choice(said, finish)], "usage": usage(tally)}

    def opening(self) -> dict[str, Any]:
        """Return the first piece of a stream: who speaks, and nothing said yet."""
        return self._piece({"delta": {"role": "assistant", "content": ""}} if self.chat else {"text": ""})

    def piece(self, text: str) -> dict[str, Any]:
        """Return a piece of an answer."""
        return self._piece({"delta": {"content": text}} if self.chat else {"text": text})

    def closing(self, finish: str) -> dict[str, Any]:
        """Return the last piece: why the answer ended."""
        return self._piece({"delta": {}} if self.chat else {"text": ""}, finish)

    def took(self, tally: Tally) -> dict[str, Any]:
        """Return the piece after the last, without choices: what the answer took."""
        return self._head(self._streamed) | {"choices": [], "usage": usage(tally)}

    @property
    def _streamed(self) -> str:
        return "chat.completion.chunk" if self.chat else "text_completion"

    def _piece(self, said: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        told = {"usage": None} if self.with_usage else {}
        return self._head(self._streamed) | {"choices": [self._choice(said, finish)]} | told

    def _choice(self, said: dict[str, Any], finish: str | None) -> dict[str, Any]:
        return {"index": 0} | said | {"logprobs": None, "finish_reason": finish}

    def _head(self, kind: str) -> dict[str, Any]:
        return {
            "id": f"{'chatcmpl' if self.chat else 'cmpl'}-{self._id}",
            "object": kind,
            "created": self._created,
            "model": self.model,
            "system_fingerprint": f"adapter-{self.adapter}" if self.adapter else "base",
        }
