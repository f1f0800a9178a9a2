"""Who writes a segment's pairs: the deployed base itself in llama.cpp, or the phrase augmenter; and what becomes of it.

Joins store, runtime and augment. What the base writes of a window depends on the window, the model and the prompts, not
on the rest of the log. It is kept with the conversation and never asked for again: pairs that are made anew, after a
kill or after another conversation was forgotten, are made of the same words. The base is open while it writes and not
longer: a large one does not fit into memory beside the trainer's.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import count
from pathlib import Path
from typing import Literal

from plum_edge import bases
from plum_edge.augment import language
from plum_edge.augment.augmenter import FOREIGN, Augmenter, foreign, prepare
from plum_edge.augment.checks import Checked, Mentions
from plum_edge.augment.llm import augmenter as llm
from plum_edge.augment.llm import judge, prompts
from plum_edge.augment.llm.windows import Window, windows
from plum_edge.augment.phrases.augmenter import PhraseAugmenter
from plum_edge.bases import Base
from plum_edge.config import Config
from plum_edge.errors import Interrupted, NoModel
from plum_edge.paths import Home, sha256_file
from plum_edge.records import Message, Progress, Segment, content_hash, spoken_date
from plum_edge.runtime import Runtime
from plum_edge.store import Store
from plum_edge.templates.tokens import ChatTokenizer

_CONTEXT = 8192
"""Tokens of context, where the base and the settings have more: room for keys and values is not free."""
_ANSWER = 768
"""Tokens of an answer, where the context is long enough: a third of it otherwise."""
_LEAST = 64
"""Tokens of a conversation below which a window shows nothing worth asking about."""
_SPARE = 8
"""Tokens that a window is left short of its room: what stands side by side may be cut otherwise than apart."""
_TOLD = 3
"""Reasons for refusal that a note names."""


class PairGenerator:
    """Makes the pairs of one segment after the other. With ``keep`` false nothing is stored, and what is there is used.

    ``stopped`` is asked between tokens; what a window gave before stays.
    """

    def __init__(
        self,
        home: Home,
        store: Store,
        config: Config,
        base: Base,
        *,
        keep: bool = True,
        stopped: Callable[[], bool] | None = None,
    ) -> None:
        self.home, self.store, self.config, self.base = home, store, config, base
        self.keep, self.stopped = keep, stopped
        self._open: Runtime | None = None
        self._unkept: dict[str, list[str]] = {}
        self._small = ""
        self._made: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._foreign: dict[str, set[str]] = {}
        self._reads: judge.Reader | None = None

    @cached_property
    def augmenter(self) -> Augmenter:
        """Who makes the pairs."""
        seed, topics = self.config.train.seed, self.config.augment.topics
        return PhraseAugmenter(seed, topics) if self.by == "phrases" else llm.LlmAugmenter(self.written, seed, topics)

    @property
    def by(self) -> Literal["llm", "phrases"]:
        """Who writes: as configured; with ``auto`` the base if it is said to be able to."""
        wanted = self.config.augment.augmenter
        if wanted == "auto":
            return "llm" if self.base.writes_pairs else "phrases"
        return wanted

    def write(self, segments: Sequence[Segment], *, enough: Callable[[], object], progress: Progress) -> list[Segment]:
        """Have the base write of segments, as far as it has not yet, and close it; return those that can be learned.

        ``enough`` is asked before each segment but the first. Where phrases make the pairs there is nothing to do.

        Raises:
            Interrupted, NoModel, IntegrityError: as `pairs_of`; what a window gave before stays.
        """
        if self.by == "phrases":
            return list(segments)
        done = []
        try:
            for number, segment in enumerate(segments):
                if number and enough():
                    break
                if not foreign(segment, self.augmenter.languages):
                    self.written(segment, partial(_tell, progress, number, len(segments), segment))
                done.append(segment)
        finally:
            self.close()
        return done

    def pairs_of(self, segment: Segment, prior: Mentions) -> Checked:
        """Return the pairs of a segment, checked, and what was refused by reason; the same for the same log.

        Raises:
            Interrupted: it was stopped while the base wrote.
            NoModel, IntegrityError: the base cannot be deployed.
        """
        try:
            checked = self.augmenter.pairs_of(segment, prior)
        finally:
            self.close()
        if checked.rejected[FOREIGN]:
            self._foreign.setdefault(foreign(segment, self.augmenter.languages), set()).add(segment.conversation)
        self._refused += checked.rejected
        self._made.update(pair.origin for pair in checked.kept if pair.split == "train")
        return checked

    def written(self, segment: Segment, told: Callable[[int, int], None] = lambda _asked, _of: None) -> llm.Written:
        """Return each window of a segment with what the base wrote of it; what is kept is not asked again.

        The base is opened where it is asked, and stays open until `close`. ``told(n, of)`` is called before it is asked
        for the n-th answer, from 0.
        """
        found: list[tuple[Window, list[str]]] = []
        shown = self._windows(segment)
        every = len(shown) * llm.PASSES
        for place, window in enumerate(shown):
            name = llm.name(window, self.model)
            answers = self.store.writings.get(segment.conversation, name) or self._unkept.get(name)
            if answers is None:
                numbers = count(place * llm.PASSES)
                answers = self._ask(segment, window, partial(_count, told, numbers, every))
                if self.keep:
                    self.store.writings.put(segment.conversation, name, answers)
                else:
                    self._unkept[name] = answers
            found.append((window, answers))
        return found

    def close(self) -> None:
        """Close the base; what it is asked next opens it again."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def made_with(self) -> dict[str, str]:
        """Return what a step of the fold notes of this: nothing where phrases made the pairs, as it always was."""
        return {"pairs": f"llm {prompts.VERSION} {self.model}"} if self.by == "llm" else {}

    def notes(self) -> list[str]:
        """Return what the user should know of how the pairs were made, and of what was refused."""
        return [*self._of_pairs(), *self._of_languages()]

    def _of_pairs(self) -> list[str]:
        wanted = self.config.augment.augmenter
        if self.by == "phrases":
            return [f"pairs were made of phrases: {self.base.name} is not said to write its own"] * (wanted == "auto")
        if self._small:
            return [self._small]
        total, refused = sum(self._made.values()), self._refused.copy()
        refused.pop(FOREIGN, None)
        if not total and not refused:
            return []
        why = ", ".join(f"{reason} {count}" for reason, count in refused.most_common(_TOLD))
        own = f"{self.base.name} wrote {self._made['llm']:,} of {total:,} pairs"
        own += f"; {sum(refused.values()):,} were refused ({why})" * bool(refused)
        return [own + "; phrases stand in for the others" * bool(self._made["phrases"])]

    def _of_languages(self) -> list[str]:
        known = " and ".join(sorted(map(language.name, self.augmenter.languages)))
        able = f"{self.base.name} reads {known} for this"
        if self.by == "phrases":
            able = (
                f"pairs are made of phrases, in {known} only; a base that writes pairs itself may read it (German, too)"
            )
        notes = []
        for code, talks in sorted(self._foreign.items()):
            named = ", ".join(sorted(talks)[:_TOLD]) + ", …" * (len(talks) > _TOLD)
            what = f"{len(talks)} conversation{'s' * (len(talks) > 1)} ({named})"
            notes.append(f"not learned, as it is in {language.name(code)}: {what}. {able}. It stays in the log")
        return notes

    @cached_property
    def model(self) -> str:
        """Names what writes: the hash of the deployed base's bytes, and how much it reads and says at a time."""
        return content_hash(sha256_file(self._gguf), str(self._context), str(self._answer))

    @cached_property
    def _gguf(self) -> Path:
        return bases.gguf(self.base, self.home, self.config.generate.dtype)

    @cached_property
    def _tokenizer(self) -> ChatTokenizer:
        """The trainer's, which cuts text as llama.cpp does: windows are measured without the base being opened."""
        return ChatTokenizer(self.base.folder, self.base.chat_template, self.config.template)

    @property
    def _context(self) -> int:
        return min(self.config.generate.context or _CONTEXT, self.base.context, _CONTEXT)

    @property
    def _answer(self) -> int:
        return min(_ANSWER, self._context // 3)

    def _windows(self, segment: Segment) -> list[Window]:
        """Return the windows that leave room for the longest prompt around them and for the answer."""
        empty = Window(spoken_date(segment.created_at), (), frozenset())
        longest = max(len(self._tokenizer.prompt(messages)) for messages in prompts.every(empty))
        room = self._context - longest - self._answer - _SPARE
        if room < _LEAST:
            self._small = (
                f"pairs were made of phrases: {self._context:,} tokens of context are too few for {self.base.name} "
                "to write its own"
            )
            return []
        return windows(prepare(segment), room, lambda text: len(self._tokenizer.encode(text)))

    def _ask(self, segment: Segment, window: Window, told: Callable[[], None]) -> list[str]:
        """Return what the base writes of a window, and, where it can be trusted as a reader, what it says of that."""
        if self._open is None:
            settings = self.config
            self._open = Runtime(
                self._gguf, context=self._context, threads=settings.generate.threads, template=settings.template
            )
        model = self._open
        model.empty()  # what is kept must not depend on what was read before

        def generate(messages: Sequence[Message], schema: Mapping[str, object]) -> str:
            told()
            text = model.write(messages, schema, max_tokens=self._answer, stopped=self.stopped)
            if self.stopped is not None and self.stopped():
                raise Interrupted
            return text

        answers = llm.ask(window, generate)
        if not self.base.writes_pairs:  # who is not said to write is no reader either
            return answers
        reads = self._reads = self._reads or _reader(model)
        if not reads.trusted:
            return answers
        return [*answers, llm.judged(segment, answers, lambda *asked: _says(reads, model, *asked))]


def _reader(model: Runtime) -> judge.Reader:
    """Return how well the open base reads; one that has no word for yes and no does not."""
    try:
        return judge.reader(model.p_yes)
    except NoModel:
        return judge.Reader(0.5, 0.5)


def _says(reads: judge.Reader, model: Runtime, passage: str, question: str, answer: str) -> bool:
    """Whether the open base reads it so, with the border that its controls gave."""
    return model.p_yes(judge.asked(passage, question, answer)) >= reads.border


def _count(told: Callable[[int, int], None], numbers: Iterator[int], of: int) -> None:
    told(next(numbers), of)


def _tell(progress: Progress, done: int, total: int, segment: Segment, asked: int, of: int) -> None:
    note = json.dumps({"date": segment.created_at.isoformat(), "step": asked, "steps": of})
    progress("write", done, total, note)
