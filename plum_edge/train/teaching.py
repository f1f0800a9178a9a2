"""What the base itself says, with the adapter off, for an adapter to keep or to learn from.

Two uses: the targets of a *KL regulariser*, the base's own probabilities at every token of a general sample, which keep
the base what it was; and the *teacher* of the recipe ``distill`` (after prompt distillation, arXiv 2412.14964): the
base with the dated conversation in its context, matched by the adapter without it, along the answer that stands there
or along what the base itself says then. Of a conversation that is too long, the teacher reads the window that a pair
rests on. Joins tokens, augment, the log and a backend.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from plum_edge.augment.llm import grounding
from plum_edge.augment.llm.windows import parts
from plum_edge.augment.phrases.words import stems
from plum_edge.backends.base import Soft, Trainer
from plum_edge.bases import Base
from plum_edge.config import Config
from plum_edge.records import Conversation, Example, Message, Pair, heading, spoken_day
from plum_edge.store import Store
from plum_edge.templates.tokens import ANSWER, ChatTokenizer

_LIKELIEST = 32
"""Tokens of which a teacher gives the probability; all others count as one."""
_ANSWERED = 8.0
"""Weight of a general sample's answer beside 1 for each token of its context: what is decided there matters most."""
_FIRST_PLACE = 2
"""Targets before it are the chat format's."""
_PASSAGE, _LONGEST_PASSAGE = 192, 1024
"""Tokens of a conversation that a teacher reads: an eighth of its context, and within these."""
_SAID = 64
"""Tokens that the base may say to a question: what is longer is not learned."""


class Teaching:
    """The base as a teacher. General samples are asked about once."""

    def __init__(self, store: Store, config: Config, base: Base, tokenizer: ChatTokenizer) -> None:
        self.store, self.config, self.base, self.tokenizer = store, config, base, tokenizer
        self._kl: dict[str, Soft] = {}
        self._said: dict[str, str] = {}

    def kl(self, trainer: Trainer, key: str, example: Example) -> Soft | None:
        """Return what the base says at every token of a general sample; None where the weight of that is 0."""
        if not self.config.train.kl:
            return None
        if key not in self._kl:
            places = range(_FIRST_PLACE, len(example.ids) - 1)
            weights = np.where(_answers(example)[places.start :], _ANSWERED, 1.0) * self.config.train.kl
            self._kl[key] = _weighed(trainer.teach(example.ids, places, _LIKELIEST), weights)
        return self._kl[key]

    def reader(self, trainer: Trainer, pair: Pair, example: Example) -> Soft:
        """Return what the base says at the answer of a pair with the passage that it rests on in its context."""
        chat = [*self._reading(pair), Message("assistant", pair.answer)]
        read = self.tokenizer.example(chat, limit=self.base.context)
        asked, seen = np.flatnonzero(_answers(example)), np.flatnonzero(_answers(read))
        common = min(len(asked), len(seen))
        soft = trainer.teach(read.ids, seen[:common].tolist(), _LIKELIEST)
        weights = np.full(common, self.config.train.answer_weight)
        return _weighed(replace(soft, places=asked[:common].astype(np.int32)), weights)

    def said(self, trainer: Trainer, pair: Pair) -> str:
        """Return what the base itself answers with the passage in its context; empty where that may not be learned.

        It may where it ends, agrees with the pair (the same yes or no, a content word in common), and has no content
        word or number that does not stand in passage or question. A base is asked once about a pair, as it is stored.
        """
        if pair.id not in self._said:
            self._said[pair.id] = self._answered(trainer, pair) if self._may_speak(pair) else ""
        return self._said[pair.id]

    def _may_speak(self, pair: Pair) -> bool:
        """Whether what a base says to a question can be checked: "I don't know" has no certain words."""
        return pair.kind == "closed" or pair.polarity == "positive"

    def _answered(self, trainer: Trainer, pair: Pair) -> str:
        chat = self._reading(pair)
        prompt, ending = self.tokenizer.prompt(chat), self.tokenizer.ending
        passage, question = (message.content for message in chat)
        if ending is None or len(prompt) + _SAID > self.base.context or grounding.steers(passage):
            return ""
        ids = trainer.speak(prompt, _SAID, ending)
        answer = " ".join(self.tokenizer.decode(ids[:-1]).split())
        same = _first(answer) == _first(pair.answer) if pair.kind == "closed" else grounding.alike(answer, pair.answer)
        return answer if same and ids[-1] == ending and grounding.rests_on(answer, (passage, question)) else ""

    def _reading(self, pair: Pair) -> list[Message]:
        """Return what the teacher has before it: the passage that a pair rests on, and its question."""
        conversation = self.store.log.get(pair.segment.rsplit("/", 1)[0])
        return [Message("system", self._passage(conversation, pair)), Message("user", pair.question)]

    def _passage(self, conversation: Conversation, pair: Pair) -> str:
        """Return a window of the dated conversation: what a pair rests on, and what was said next while there is room.

        A message that is too long is shown in the part that has most words of the pair.
        """
        date = heading(spoken_day(conversation.day))
        room = self._room - self._length(date)
        cited = sorted(pair.messages) or [0]
        shown = {n: self._line(conversation.messages[n], pair, room // len(cited)) for n in cited}
        room -= sum(map(self._length, shown.values()))
        for n in range(cited[0], len(conversation.messages)):
            if n not in shown:
                line = _line(conversation.messages[n].role, conversation.messages[n].content)
                room -= self._length(line)
                if room < 0:
                    break
                shown[n] = line
        return "\n".join([date, *(shown[n] for n in sorted(shown))])

    @property
    def _room(self) -> int:
        return min(max(_PASSAGE, self.base.context // 8), _LONGEST_PASSAGE, self.base.context // 2)

    def _length(self, line: str) -> int:
        return len(self.tokenizer.encode(line + "\n"))

    def _line(self, message: Message, pair: Pair, room: int) -> str:
        wanted = set(stems(f"{pair.topic} {pair.answer}"))
        pieces = parts(message.content, room, lambda text: self._length(_line(message.role, text)))
        return _line(message.role, max(pieces, key=lambda text: len(wanted & set(stems(text))), default=""))


def _line(role: str, text: str) -> str:
    return f"{role.capitalize()}: {' '.join(text.split())}"


def _first(answer: str) -> str:
    return answer.split(maxsplit=1)[0].strip(",.!").lower() if answer.strip() else ""


def _answers(example: Example) -> np.ndarray:
    """Return which targets of an example are its answer: (T - 1,) bool."""
    found: np.ndarray = np.frombuffer(example.roles, dtype=np.uint8)[1:] == ANSWER
    return found


def _weighed(soft: Soft, weights: np.ndarray) -> Soft:
    return replace(soft, weights=weights.astype(np.float32))
