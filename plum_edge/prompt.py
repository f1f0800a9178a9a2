"""Renders a chat template so that it stays known which text is the template's and which is a person's.

Only the template's own text may name control tokens: a message that contains ``<|end|>`` is text. Plain text of the
template and the content beside it are still tokenised as one piece, as a runtime that renders to one string does.
Knows nothing of tokenizers or models.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from plum_edge.errors import NoModel
from plum_edge.records import Message


@dataclass(frozen=True, slots=True)
class Control:
    """A control token that the template names."""

    token: str


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text between control tokens; to be tokenised without looking for control tokens in it."""

    text: str
    contents: tuple[tuple[int, int], ...] = ()
    """Where in it, from character to character, contents of messages stand; empty messages have no place."""


class ChatTemplate:
    """A Jinja chat template, with the texts of the vocabulary's control tokens.

    The environment is sandboxed, as templates come with downloaded models. The time of day is not offered to them: a
    prompt is a function of its messages.

    Raises:
        NoModel: the template is not valid Jinja.
    """

    def __init__(self, source: str, controls: Iterable[str], *, bos: str = "", eos: str = "", model: str = "") -> None:
        import jinja2
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
        )
        environment.globals["raise_exception"] = _refuse
        self._failures = (jinja2.TemplateError, TypeError, ValueError, LookupError, ArithmeticError)
        self._model = model
        self._special = {"bos_token": bos, "eos_token": eos}
        longest_first = sorted({c for c in controls if c}, key=len, reverse=True)
        self._controls = re.compile("(" + "|".join(map(re.escape, longest_first)) + ")") if longest_first else None
        try:
            self._template = environment.from_string(source)
        except jinja2.TemplateError as error:
            raise NoModel(model, f"its chat template is damaged ({error})") from error

    def render(self, messages: Sequence[Message], *, generation: bool = True) -> list[Control | Text]:
        """Return the prompt as control tokens and the text between them. ``generation`` begins the assistant's turn.

        Raises:
            NoModel: the template does not take these messages (some allow no system message, or insist on turns).
        """
        opening, closing = _unused(messages)
        turns = [{"role": m.role, "content": _bracket(m.content, opening, closing)} for m in messages]
        try:
            rendered = self._template.render(messages=turns, add_generation_prompt=generation, **self._special)
        except self._failures as error:
            raise NoModel(self._model, f"its chat template does not take these messages ({error})") from error
        return list(self._parts(rendered, opening, closing))

    def _parts(self, rendered: str, opening: str, closing: str) -> Iterator[Control | Text]:
        """Split at control tokens, but only outside the brackets; join the text in between."""
        text, contents = "", []
        for chunk in re.split(f"({opening}[^{closing}]*{closing})", rendered):
            if chunk.startswith(opening):
                start = len(text)
                text += chunk.strip(opening + closing)
                contents.append((start, len(text)))
                continue
            outside = self._controls.split(chunk) if self._controls else [chunk]
            for n, part in enumerate(outside):
                if n % 2 == 0:
                    text += part
                    continue
                if text:
                    yield Text(text, tuple(contents))
                yield Control(part)
                text, contents = "", []
        if text:
            yield Text(text, tuple(contents))


def _unused(messages: Sequence[Message]) -> tuple[str, str]:
    """Return two private-use characters that no message holds."""
    used = set().union(*(m.content for m in messages))
    free = (c for c in map(chr, range(0xF0000, 0x10FFFE)) if c not in used)
    return next(free), next(free)


def _bracket(content: str, opening: str, closing: str) -> str:
    """Mark a content; white space at its ends stays outside, where a template's ``trim`` finds it."""
    core = content.strip()
    if not core:
        return content
    at = content.index(core)
    return f"{content[:at]}{opening}{core}{closing}{content[at + len(core) :]}"


def _refuse(message: Any) -> NoReturn:
    """What templates call ``raise_exception``."""
    import jinja2

    raise jinja2.TemplateError(str(message))


def later_turns(messages: Sequence[Message]) -> list[list[Message]]:
    """Return the conversation without its oldest turns: none left out, one, two, … System messages at the front stay.

    A turn begins with a user's message. The last of these is always there.
    """
    head = next((n for n, m in enumerate(messages) if m.role != "system"), len(messages))
    starts = [n for n in range(head + 1, len(messages)) if messages[n].role == "user"]
    return [[*messages[:head], *messages[n:]] for n in [head, *starts]]


def cut_longest(messages: Sequence[Message], share: float) -> list[Message]:
    """Return the messages with the longest of them cut to a little less than ``share`` of its length.

    A system message keeps its beginning, any other its end: that is where the question stands.
    """
    longest = max(range(len(messages)), key=lambda n: len(messages[n].content))
    message = messages[longest]
    size = int(len(message.content) * share * 0.95)
    text = message.content[:size] if message.role == "system" else message.content[len(message.content) - size :]
    return [replace(m, content=text) if n == longest else m for n, m in enumerate(messages)]
