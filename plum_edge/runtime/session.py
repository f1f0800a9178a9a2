"""What the memory is asked with: a base and an adapter in llama.cpp, chat prompts, p(Yes), streamed answers.

Knows nothing of the log, of training, or of how llama.cpp is called (engine.py does). Not for use from two threads at
once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from plum_edge.config import Template
from plum_edge.errors import IntegrityError, NoModel
from plum_edge.records import Message
from plum_edge.runtime.ahead import Ahead
from plum_edge.runtime.answer import Tally, spoken
from plum_edge.runtime.engine import Engine
from plum_edge.runtime.loops import Loops
from plum_edge.runtime.room import Room, newest
from plum_edge.runtime.sampling import GREEDY, Sampling
from plum_edge.runtime.thinking import MARKS
from plum_edge.templates.prompt import ChatTemplate, Control, Text, cut_longest

_SPECIAL = {2, 3}
"""Types in tokenizer.ggml.token_type that text must not become: unknown, control."""


class Runtime:
    """A base model in llama.cpp, with at most one adapter.

    ``context`` in tokens is the most that may be read (0: the model's own); memory is taken for what is read.
    ``threads``: 0 takes the physical cores, at most 4, and one for a small model.
    ``exact`` keeps the KV cache in f32 without flash attention, for parity checks. ``template`` says how the chat
    template is used: as the `tokens.ChatTokenizer` does that the adapter was trained by.

    Raises:
        NoModel: the file is missing, no GGUF model, or refused by llama.cpp.
    """

    def __init__(
        self,
        base_gguf: Path,
        *,
        context: int = 0,
        threads: int = 0,
        exact: bool = False,
        template: Template | None = None,
    ) -> None:
        self.adapter_id: str | None = None
        self._settings = template
        self._engine = Engine(base_gguf, context=context, threads=threads, exact=exact)
        self._ahead = Ahead(self._engine)
        said = self._engine.header.metadata
        self._name = str(base_gguf)
        self._tokens: list[str] = said.get("tokenizer.ggml.tokens", [])
        types = zip(self._tokens, said.get("tokenizer.ggml.token_type", []), strict=False)
        self._controls = {token: i for i, (token, kind) in enumerate(types) if kind in _SPECIAL}
        thoughts = {*MARKS, *MARKS.values()}
        self._marks = {i: token for i, token in enumerate(self._tokens) if token in thoughts}
        self._yes, self._no = _variants(self._tokens, "yes"), _variants(self._tokens, "no")

    @property
    def context(self) -> int:
        """Tokens that a prompt and its answer have together."""
        return self._engine.context

    @property
    def bos(self) -> int:
        """The id of the token that begins every text; -1 where the vocabulary has none."""
        return self._engine.vocabulary.bos

    @property
    def eos(self) -> int:
        """The id of the token that ends a text; -1 where the vocabulary has none."""
        return self._engine.vocabulary.eos

    @property
    def adds_bos(self) -> bool:
        """Whether a text that is no chat begins with ``bos``."""
        return self._engine.vocabulary.adds_bos

    def use(self, adapter_gguf: Path | None, adapter_id: str | None = None, scale: float = 1.0) -> None:
        """Swap the adapter; None takes it off. ``scale`` multiplies its own. The one in use stays if this fails.

        Raises:
            ForeignAdapter: no such file, no adapter, or one for another base.
        """
        self._engine.adapt(adapter_gguf, scale)
        self._ahead.forget()
        self.adapter_id = adapter_id if adapter_gguf else None

    # -- tokens --------------------------------------------------------------------------------------------------------

    def chat_ids(self, messages: Sequence[Message]) -> list[int]:
        """Return the prompt's ids, up to where the assistant begins. Contents never become control tokens.

        Raises:
            NoModel: the base has no chat template, or it does not take these messages.
        """
        return self.ids(self.parts(messages))

    def parts(self, messages: Sequence[Message], *, generation: bool = True) -> list[Control | Text]:
        """Return the prompt before it is tokenised; ``generation`` begins the assistant's turn.

        Raises:
            NoModel: as `chat_ids`.
        """
        return self._template.render(messages, generation=generation)

    def ids(self, parts: Sequence[Control | Text]) -> list[int]:
        """Return the ids of text and of control tokens, which must be among `controls`."""
        ids: list[int] = []
        for part in parts:
            ids += [self._controls[part.token]] if isinstance(part, Control) else self.encode(part.text)
        return ids

    @property
    def controls(self) -> list[str]:
        """The texts of the vocabulary's control tokens."""
        return list(self._controls)

    def prompt_tokens(self, messages: Sequence[Message]) -> int:
        """Return how many tokens are read before the first one of the answer, after what is too long was cut."""
        return len(self._fitted(messages, 1))

    def room(self, messages: Sequence[Message], max_tokens: int) -> Room:
        """Return how much of what can be read a conversation takes, room for an answer of ``max_tokens`` left."""
        return newest(messages, self._count, self.context - self._reserve(max_tokens))[1]

    def encode(self, text: str) -> list[int]:
        """Return the ids of plain text, bos not added; the name of a control token in it is text."""
        return self._engine.vocabulary.encode(text)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids as an answer reads: without control tokens and the space before the first word."""
        pieces = (self._engine.vocabulary.piece(token, first=n == 0) for n, token in enumerate(ids))
        return b"".join(pieces).decode("utf-8", "replace")

    @cached_property
    def _template(self) -> ChatTemplate:
        said = self._engine.header.metadata
        source = said.get("tokenizer.chat_template")
        if not isinstance(source, str):
            raise NoModel(self._name, "it has no chat template")
        numbers = (said.get(f"tokenizer.ggml.{role}_token_id", -1) for role in ("bos", "eos"))
        bos, eos = (self._tokens[n] if 0 <= n < len(self._tokens) else "" for n in numbers)
        return ChatTemplate(source, self._controls, bos=bos, eos=eos, model=self._name, settings=self._settings)

    # -- answers -------------------------------------------------------------------------------------------------------

    def logits(self, ids: Sequence[int]) -> np.ndarray:
        """Return the logits after each of ``ids``, (n, vocabulary) f32, computed from an empty cache.

        Raises:
            ValueError: more ids than the context holds, or none.
        """
        return self._engine.every(ids)

    def tail(self, ids: Sequence[int], count: int) -> np.ndarray:
        """Return the logits after each of the last ``count`` of ``ids``, (count, vocabulary) f32.

        What the cache knows of ``ids`` is not computed again: questions about one text cost little after the first.

        Raises:
            ValueError: more ids than the context holds, none, or a count that is not among them.
        """
        return self._engine.tail(ids, count)

    def p_yes(self, messages: Sequence[Message]) -> float:
        """Return p(Yes) / (p(Yes) + p(No)) at the first token of the answer.

        Raises:
            NoModel: the vocabulary has no single token for one of the two.
            IntegrityError: the model's output is no number.
        """
        self._can_say_yes()
        return self.p_yes_of(self._engine.last(self._fitted(messages, 1)))

    def p_yes_many(self, prompts: Sequence[Sequence[Message]]) -> list[float]:
        """Return `p_yes` of each prompt: they are read side by side, what they begin with in common once.

        What a chat has in the cache stays there.

        Raises:
            NoModel, IntegrityError: as `p_yes`.
        """
        self._can_say_yes()
        return self._engine.each([self._fitted(messages, 1) for messages in prompts], self.p_yes_of)

    def _can_say_yes(self) -> None:
        if not (self._yes and self._no):
            raise NoModel(self._name, "its vocabulary has no single token for Yes and for No")

    def p_yes_of(self, row: np.ndarray) -> float:
        """Return the same from the logits at the first token of an answer, (vocabulary,): whoever computed them.

        Raises:
            IntegrityError: they are no numbers.
        """
        yes, no = (float(np.logaddexp.reduce(row[ids].astype(np.float64))) for ids in (self._yes, self._no))
        if not math.isfinite(yes - no):
            raise IntegrityError("The model's output is not a number.", "Try without the adapter.")
        return 1.0 / (1.0 + math.exp(min(no - yes, 700.0)))

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int = 256,
        sampling: Sampling = GREEDY,
        decided: bool | None = None,
        stopped: Callable[[], bool] | None = None,
        tally: Tally | None = None,
    ) -> Iterator[str]:
        """Yield the answer piece by piece, whole characters only; ``stopped`` is asked before each token, and
        ``tally`` is told what it takes.

        What the model thinks before it answers is left out, and an answer that falls into a loop ends there.

        It begins with the yes or no that was ``decided`` on, if one was; what follows is as the model goes on from it.
        When the conversation is longer than the context, the oldest turns are left out and the system message stays. An
        adapter swapped meanwhile is in force from the next token on. The iterator may be closed at any time.
        """
        prompt = self._fitted(messages, self._reserve(max_tokens))
        first = {None: (), True: self._yes, False: self._no}[decided]
        yield from self.go_on(
            prompt, max_tokens=max_tokens, sampling=sampling, first=first, stopped=stopped, tally=tally
        )

    def go_on(
        self,
        prompt: Sequence[int],
        *,
        max_tokens: int,
        sampling: Sampling = GREEDY,
        first: Sequence[int] = (),
        stopped: Callable[[], bool] | None = None,
        tally: Tally | None = None,
    ) -> Iterator[str]:
        """Yield what follows a prompt of ids that fits, as `stream` does; ``first`` are those it may begin with."""
        yield from spoken(
            self._engine,
            prompt,
            self._marks,
            max_tokens=max_tokens,
            sampling=sampling,
            first=first,
            drawn=self._ahead.tokens(prompt) if sampling == GREEDY and not first else (),
            stopped=stopped,
            tally=tally,
        )

    def read_ahead(self, prompts: Sequence[Sequence[Message]], tokens: int) -> None:
        """Write the likeliest answers to several prompts side by side, at most so many tokens each.

        Until the adapter is changed, `opening` and `answer` at temperature 0 take them from there: several times faster
        than one by one, and each token is computed once for both.
        """
        fitted = [self._fitted(messages, tokens) for messages in prompts]
        self._ahead.write([ids for ids in fitted if len(ids) + tokens <= self.context], tokens)

    def answer(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int = 256,
        sampling: Sampling = GREEDY,
        decided: bool | None = None,
    ) -> str:
        """Return the whole answer, as `stream` writes it."""
        return "".join(self.stream(messages, max_tokens=max_tokens, sampling=sampling, decided=decided))

    def opening(self, messages: Sequence[Message], tokens: int) -> tuple[str, float]:
        """Return how the likeliest answer begins, and its loss in nats a token; infinite where it says nothing."""
        prompt = self._fitted(messages, tokens)
        said: list[int] = []
        losses: list[float] = []
        while len(said) < tokens and len(prompt) + len(said) < self.context:
            token, loss = self._ahead.likeliest(prompt, said)
            if self._engine.vocabulary.ends(token):
                break
            losses.append(loss)
            said.append(token)
        return self.decode(said), sum(losses) / len(losses) if losses else math.inf

    def write(
        self,
        messages: Sequence[Message],
        schema: Mapping[str, object],
        *,
        max_tokens: int,
        sampling: Sampling = GREEDY,
        stopped: Callable[[], bool] | None = None,
    ) -> str:
        """Return JSON that keeps to the schema; it breaks off after ``max_tokens``, in a loop, or when stopped.

        What the cache has in common with the prompt is not read again; `empty` it where every run must be the same.
        """
        ids = self._fitted(messages, min(max_tokens, self.context // 2))
        end = len(ids) + max_tokens
        pieces: list[bytes] = []
        banned = [token for token in self._controls.values() if not self._engine.vocabulary.stops(token)]
        loops = Loops()
        with self._engine.grammar(schema, banned) as grammar, self._engine.sampler(sampling) as sampler:
            while len(ids) < min(end, self.context) and not (stopped and stopped()):
                token = grammar.choose(self._engine.last(ids), sampler)
                if self._engine.vocabulary.ends(token) or loops.add(token):
                    break
                grammar.accept(token)
                sampler.accept(token)
                pieces.append(self._engine.vocabulary.piece(token, first=not pieces))
                ids.append(token)
        return b"".join(pieces).decode("utf-8", "replace")

    def empty(self) -> None:
        """Forget what was read: what comes next is computed as by a model that was just opened."""
        self._engine.clear()
        self._ahead.forget()

    def _fitted(self, messages: Sequence[Message], reserve: int) -> list[int]:
        """Return the prompt's ids, shortened to leave ``reserve`` tokens: oldest turns first, then the longest text."""
        room = max(1, self.context - reserve)
        ids = self.chat_ids(messages)
        if len(ids) <= room:
            return ids
        kept, _ = newest(messages, self._count, room)
        while len(ids := self.chat_ids(kept)) > room and (shorter := cut_longest(kept, room / len(ids))) != kept:
            kept = shorter
        return ids[-room:]

    def _reserve(self, max_tokens: int) -> int:
        """Return the tokens that are left for an answer."""
        return min(max_tokens, self.context // 4)

    def _count(self, messages: Sequence[Message]) -> int:
        return len(self.chat_ids(messages))

    # -- life ----------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Free everything; a second call does nothing, any other call then raises ValueError."""
        self._engine.close()

    def __enter__(self) -> Runtime:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _variants(tokens: Sequence[str], word: str) -> list[int]:
    """Return the ids of the single tokens that say ``word``: with or without a space before it, capital or not."""
    wanted = {f"{space}{form}" for space in ("", "▁", "Ġ") for form in (word, word.capitalize())}
    return [i for i, token in enumerate(tokens) if token in wanted]
