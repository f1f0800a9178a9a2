"""A model that is not asked the same thing twice: what it said is kept, by the weights that were on and by the prompt.

A night asks one adapter the same questions when it watches, examines and compares. Knows nothing of what answers, nor
of what is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from plum_edge.answer import LanguageModel
from plum_edge.paths import sha256_file
from plum_edge.records import Message

_Key = tuple[object, tuple[Message, ...], tuple[object, ...]]


class Known:
    """Stands between an asker and a model. Of adapters that it did not put on itself nothing is kept."""

    def __init__(self, runtime: LanguageModel) -> None:
        self._runtime = runtime
        self._weights: dict[str | None, str] = {None: ""}
        """Hashes of adapters by what they are called: another may come under the same name."""
        self._p_yes: dict[_Key, float] = {}
        self._openings: dict[_Key, tuple[str, float]] = {}
        self._answers: dict[_Key, str] = {}
        self._ahead: set[_Key] = set()

    @property
    def adapter_id(self) -> str | None:
        """As the model's own."""
        return self._runtime.adapter_id

    def use(self, adapter_gguf: Path | None, adapter_id: str | None = None) -> None:
        """Swap the adapter, or take it off."""
        name = (adapter_id or str(adapter_gguf)) if adapter_gguf else None
        self._runtime.use(adapter_gguf, name)
        if adapter_gguf:
            self._weights[name] = sha256_file(adapter_gguf)

    def p_yes(self, messages: Sequence[Message]) -> float:
        """Return p(Yes) / (p(Yes) + p(No)) at the first token of the answer."""
        return self.p_yes_many([messages])[0]

    def p_yes_many(self, prompts: Sequence[Sequence[Message]]) -> list[float]:
        """Return the same of each prompt; those that are new are read together."""
        keys = [self._key(messages) for messages in prompts]
        new = {key: messages for key, messages in zip(keys, prompts, strict=True) if key not in self._p_yes}
        self._p_yes |= zip(new, self._runtime.p_yes_many(list(new.values())), strict=True)
        return [self._p_yes[key] for key in keys]

    def answer(self, messages: Sequence[Message], *, max_tokens: int, decided: bool | None = None) -> str:
        """Return the answer."""
        key = self._key(messages, max_tokens, decided)
        if key not in self._answers:
            self._answers[key] = self._runtime.answer(messages, max_tokens=max_tokens, decided=decided)
        return self._answers[key]

    def opening(self, messages: Sequence[Message], tokens: int) -> tuple[str, float]:
        """Return how the likeliest answer begins, and its loss in nats a token."""
        key = self._key(messages, tokens)
        if key not in self._openings:
            self._openings[key] = self._runtime.opening(messages, tokens)
        return self._openings[key]

    def read_ahead(self, prompts: Sequence[Sequence[Message]], tokens: int) -> None:
        """Write the likeliest answers side by side, but for those that were once: what was taken of them is kept."""
        new = {key: messages for messages in prompts if (key := self._key(messages, tokens)) not in self._ahead}
        self._runtime.read_ahead(list(new.values()), tokens)
        self._ahead |= new.keys()

    def _key(self, messages: Sequence[Message], *how: object) -> _Key:
        """Return what an answer hangs on: the weights, the prompt, and how it is asked."""
        return self._weights.get(self.adapter_id, object()), tuple(messages), how
