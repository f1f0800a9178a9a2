"""``llm -m plum``: the memory as a model of Simon Willison's ``llm``, with its chat and its logs (extra ``llm``).

llm finds this module by its entry point and keeps a log of its own; what is said there comes into ours by `plum-edge
import`, and not by itself. The home is $PLUM_EDGE_HOME, or the usual one; its model opens with the first question and
stays open as long as llm runs. Knows nothing of how an answer is made.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property

import llm
from llm.parts import TextPart
from pydantic import Field

from plum_edge import Memory, Message, PlumError
from plum_edge.records import Role
from plum_edge.runtime import Tally

_ROLES: dict[str, Role] = {"system": "system", "user": "user", "assistant": "assistant"}


@llm.hookimpl
def register_models(register: Callable[..., None]) -> None:
    """Tell llm of the model."""
    register(Plum())


class Options(llm.Model.Options):
    """What ``-o`` can set. What is not set is as in the home's config.toml."""

    temperature: float | None = Field(default=None, ge=0, le=2, description="0 takes the likeliest token each time.")
    top_p: float | None = Field(default=None, gt=0, le=1, description="Only the likeliest tokens, of this share.")
    max_tokens: int | None = Field(default=None, ge=1, description="Tokens of an answer, at most.")
    seed: int | None = Field(default=None, description="Of the draws.")
    retrieve: bool = Field(default=False, description="Let the model read what the log has on the question.")
    adapter: bool = Field(default=True, description="Answer with the memory; false asks the base alone.")


class Plum(llm.Model):
    """The base with the adapter in use: what the memory is."""

    model_id = "plum"
    can_stream = True
    Options = Options

    def execute(
        self, prompt: llm.Prompt, stream: bool, response: llm.Response, conversation: llm.Conversation | None
    ) -> Iterator[str]:
        """Yield the answer to a prompt, which holds all that was said before.

        Raises:
            llm.ModelError: whatever a user of plum-edge can meet, in its own words.
        """
        options, tally = prompt.options, Tally()
        assert isinstance(options, Options)
        try:
            settings = replace(
                self._memory.config.generate,
                **{
                    name: value
                    for name in ("temperature", "top_p", "max_tokens", "seed")
                    if (value := getattr(options, name)) is not None
                },
            )
            messages = _messages(prompt)
            if not messages or not messages[-1].content.strip():
                raise llm.ModelError('The question is empty. Ask like this: llm -m plum "Did we talk about the tap?"')
            room = self._memory.speaker.room(messages, retrieve=options.retrieve, adapter=options.adapter)
            if room is not None and not room.fits:
                raise llm.ModelError(f"This is {room.tokens:,} tokens long, and the model reads {room.most:,} at once.")
            yield from self._memory.reply(
                messages,
                retrieve=options.retrieve,
                adapter=options.adapter,
                settings=settings,
                tally=tally,
            )
        except PlumError as error:
            raise llm.ModelError(str(error)) from error
        response.set_usage(input=tally.read, output=tally.drawn)

    @cached_property
    def _memory(self) -> Memory:
        memory = Memory()
        atexit.register(memory.close)
        return memory


def _messages(prompt: llm.Prompt) -> list[Message]:
    """Return what was said, and what is asked now."""
    return [
        Message(_ROLES[one.role], "\n".join(part.text for part in one.parts if isinstance(part, TextPart)))
        for one in prompt.messages
        if one.role in _ROLES
    ]
