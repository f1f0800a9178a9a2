"""A base in llama.cpp as a plain language model over strings: how likely is this after that, and what comes next?

What a benchmark wants. Follows the conventions of EleutherAI's lm-evaluation-harness, so that figures can be compared:
spaces at the end of a context belong to what follows, context and continuation are tokenised as one, a context that is
too long loses its beginning. Knows nothing of the harness itself, nor of tasks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from plum_edge.records import Message
from plum_edge.runtime import Runtime, Sampling
from plum_edge.runtime.likelihood import losses, rolling
from plum_edge.templates.prompt import Control, Text

_OPEN, _CLOSE = "\ue000", "\ue001"
"""Stand around control tokens in a chat that was rendered to a string: so that the same words in a task stay words."""


class Texts:
    """Likelihoods and completions of strings; the adapter is the runtime's."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._control = re.compile(f"{_OPEN}({'|'.join(map(re.escape, runtime.controls))}){_CLOSE}")

    @property
    def prefix(self) -> int:
        """The token that stands before a text that has nothing before it: bos, or eos where there is none."""
        return self.runtime.bos if self.runtime.bos >= 0 else self.runtime.eos

    def encode(self, text: str, *, begins: bool = True) -> list[int]:
        """Return a text's ids. One that ``begins`` gets bos where the model wants it and no chat template brings it."""
        pieces = self._control.split(text)
        parts = [Control(p) if n % 2 else Text(p) for n, p in enumerate(pieces) if p]
        chat = bool(parts) and isinstance(parts[0], Control)
        ids = self.runtime.ids(parts)
        return [self.runtime.bos, *ids] if begins and self.runtime.adds_bos and not chat else ids

    def chat(self, messages: Sequence[Message], *, generation: bool = True) -> str:
        """Return a chat as a string that `encode` reads."""
        parts = self.runtime.parts(messages, generation=generation)
        return "".join(f"{_OPEN}{p.token}{_CLOSE}" if isinstance(p, Control) else p.text for p in parts)

    def pair(self, context: str, continuation: str) -> tuple[list[int], list[int]]:
        """Return the ids of a context and of what follows it, tokenised as one text."""
        if not context:
            ids = self.encode(continuation, begins=False)
            return [self.prefix], ids[1:] if ids[:1] == [self.prefix] else ids
        stripped = context.rstrip()
        before, after = (stripped, context[len(stripped) :] + continuation) if stripped else (context, continuation)
        whole, known = self.encode(before + after), self.encode(before)
        return whole[: len(known)], whole[len(known) :]

    def loglikelihood(self, context: str, continuation: str) -> tuple[float, bool]:
        """Return log p(continuation | context) in nats, and whether each of its tokens is the likeliest."""
        before, after = self.pair(context, continuation)
        if not after:
            return 0.0, True
        whole = [*before, *after][-self.runtime.context - 1 :]
        lost, greedy = losses(self.runtime, whole, min(len(after), len(whole) - 1))
        return -float(lost.sum()), bool(greedy.all())

    def rolling(self, text: str) -> float:
        """Return log p(text) in nats, each token given as much before it as the context holds."""
        return -float(rolling(self.runtime, self.encode(text, begins=False), self.prefix).sum())

    def complete(
        self, context: str, *, until: Sequence[str] = (), max_tokens: int = 256, temperature: float = 0.0
    ) -> str:
        """Return what follows a context, up to the first of ``until`` (left out), the model's own end, or the limit."""
        ids = self.encode(context) or [self.prefix]
        room = max(1, self.runtime.context - max_tokens)
        said = ""
        for piece in self.runtime.go_on(ids[-room:], max_tokens=max_tokens, sampling=Sampling(temperature)):
            said += piece
            ends = [at for stop in until if stop and (at := said.find(stop)) >= 0]
            if ends:
                return said[: min(ends)]
        return said
