"""A request as it comes, checked: JSON of OpenAI's protocol in, a `Wish` out, or a `Refusal` that says what is wrong.

What would change the answer and cannot be done (tools, several choices, images, …) is refused by name, never passed
over; what does not touch the answer (user, metadata, store, …) is. Knows nothing of HTTP and of models.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from plum_edge.records import Message, Role


@dataclass(frozen=True, slots=True)
class Speaker:
    """What a model name stands for."""

    adapter: bool
    retrieve: bool
    about: str


MODELS = {
    "plum": Speaker(True, False, "the memory: the base with the adapter in use"),
    "plum-retrieve": Speaker(True, True, "the memory, which also reads what the log has on the question"),
    "plum-base": Speaker(False, False, "the base alone; nothing is logged"),
}


class Refusal(Exception):
    """What a client is told instead of an answer; the fields are those of OpenAI's error object."""

    def __init__(self, status: int, what: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(what)
        self.status, self.what, self.param, self.code = status, what, param, code
        self.headers: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client asks for."""

    model: str
    messages: tuple[Message, ...]
    settings: Mapping[str, float] = field(default_factory=dict)
    """Fields of `config.Generate` that the request names."""
    stops: tuple[str, ...] = ()
    stream: bool = False
    usage: bool = False
    """Whether a stream ends with what it took (``stream_options.include_usage``)."""

    @property
    def speaker(self) -> Speaker:
        """Who is asked."""
        return MODELS[self.model]


_NUMBERS: dict[str, tuple[type, float, float]] = {
    "temperature": (float, 0, 2),
    "top_p": (float, 0, 1),
    "min_p": (float, 0, 1),
    "top_k": (int, 0, 1 << 31),
    "repetition_penalty": (float, 0.01, 10),
    "seed": (int, -(1 << 63), 1 << 64),
    "max_tokens": (int, 1, 1 << 31),
    "max_completion_tokens": (int, 1, 1 << 31),
}
"""Kind, least and most of each number that is taken. Those beyond OpenAI's own have the names that others gave them."""
_LEAST_TOP_P = 1e-6
"""What a top_p of 0 means: the likeliest token."""
_ONLY: dict[str, tuple[object, ...]] = {
    "n": (1,),
    "best_of": (1,),
    "echo": (False,),
    "suffix": ("",),
    "logprobs": (False, 0),
    "top_logprobs": (0,),
    "logit_bias": ({},),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "tools": ([],),
    "functions": ([],),
    "response_format": ({"type": "text"},),
    "modalities": (["text"],),
}
"""What can only be left out, or be this."""
_ROLES: dict[object, Role] = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
_TEXTS = ("text", "input_text", "output_text")
_STOPS = 4
"""So many stops may be named, as at OpenAI."""
_MESSAGES = 2048
"""So many messages may be sent, as at OpenAI."""


def chat(body: bytes) -> Wish:
    """Return what a request to /v1/chat/completions wishes.

    Raises:
        Refusal: it is no such request, or one that cannot be done.
    """
    asked = _object(body)
    given = asked.get("messages")
    if not isinstance(given, list) or not given:
        raise Refusal(400, "messages must be a list with at least one message.", param="messages")
    if len(given) > _MESSAGES:
        raise Refusal(400, f"messages holds {len(given):,}; at most {_MESSAGES:,} are taken.", param="messages")
    messages = tuple(_message(one, f"messages[{n}]") for n, one in enumerate(given))
    if messages[-1].role != "user":
        raise Refusal(400, "The last message must be the user's: that is what is answered.", param="messages")
    return _wish(asked, messages)


def completion(body: bytes) -> Wish:
    """Return what a request to /v1/completions wishes: its prompt is what the user says, as with Ollama.

    Raises:
        Refusal: as `chat`.
    """
    asked = _object(body)
    prompt = asked.get("prompt")
    if isinstance(prompt, list) and len(prompt) == 1:
        prompt = prompt[0]
    if not isinstance(prompt, str):
        raise Refusal(400, "prompt must be one text; several, and token ids, are not taken.", param="prompt")
    return _wish(asked, (Message("user", _text(prompt, "prompt")),))


def _object(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, f"The body is not valid JSON ({_short(error)}).") from error
    if not isinstance(asked, dict):
        raise Refusal(400, "The body must be a JSON object.")
    return asked


def _short(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]


def _wish(asked: Mapping[str, Any], messages: tuple[Message, ...]) -> Wish:
    model = asked.get("model")
    if not isinstance(model, str) or model not in MODELS:
        known = ", ".join(MODELS)
        raise Refusal(404, f"There is no model {model!r} here; there are: {known}.", param="model", code=NO_MODEL)
    for name, allowed in _ONLY.items():
        if asked.get(name) is not None and asked[name] not in allowed:
            raise Refusal(400, f"{name} is not supported here; leave it out.", param=name, code="unsupported_parameter")
    stream = _flag(asked, "stream")
    options = asked.get("stream_options") or {}
    if not isinstance(options, dict) or (options and not stream):
        raise Refusal(400, "stream_options must be an object, and goes with stream.", param="stream_options")
    return Wish(model, messages, _settings(asked), _stops(asked), stream, _flag(options, "include_usage"))


NO_MODEL = "model_not_found"


def _message(one: object, where: str) -> Message:
    if not isinstance(one, dict):
        raise Refusal(400, f"{where} must be an object.", param=where)
    role = one.get("role")
    if not isinstance(role, str) or role not in _ROLES:
        raise Refusal(400, f"{where}.role must be one of {', '.join(map(str, _ROLES))}.", param=f"{where}.role")
    return Message(_ROLES[role], _text(one.get("content"), f"{where}.content"))


def _text(content: object, where: str) -> str:
    if isinstance(content, str):
        return content.encode("utf-8", "replace").decode()  # JSON can hold half a surrogate pair, which is no text
    if not isinstance(content, list):
        raise Refusal(400, f"{where} must be a text, or a list of parts.", param=where)
    texts = []
    for part in content:
        kind, text = (part.get("type"), part.get("text")) if isinstance(part, dict) else (None, None)
        if kind not in _TEXTS or not isinstance(text, str):
            raise Refusal(400, f"{where} may hold parts of type text only.", param=where, code="unsupported_content")
        texts.append(text)
    return _text("\n".join(texts), where)


def _flag(asked: Mapping[str, Any], name: str) -> bool:
    value = asked.get(name)
    if value is not None and not isinstance(value, bool):
        raise Refusal(400, f"{name} must be true or false.", param=name)
    return bool(value)


def _settings(asked: Mapping[str, Any]) -> dict[str, float]:
    found = {name: _number(asked[name], name) for name in _NUMBERS if asked.get(name) is not None}
    if (most := found.pop("max_completion_tokens", None)) is not None:
        found["max_tokens"] = most
    if "top_p" in found:
        found["top_p"] = max(found["top_p"], _LEAST_TOP_P)
    return found


def _number(value: object, name: str) -> float:
    kind, least, most = _NUMBERS[name]
    if isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most:
        if kind is float:
            return float(value)
        if int(value) == value:
            return int(value)
    what = "a whole number" if kind is int else "a number"
    raise Refusal(400, f"{name} must be {what} from {least:g} to {most:g}.", param=name)


def _stops(asked: Mapping[str, Any]) -> tuple[str, ...]:
    given = asked.get("stop")
    stops = [given] if isinstance(given, str) else given or []
    if not isinstance(stops, list) or len(stops) > _STOPS or not all(isinstance(one, str) and one for one in stops):
        raise Refusal(400, f"stop must be a text, or a list of at most {_STOPS}, none of them empty.", param="stop")
    return tuple(stops)
