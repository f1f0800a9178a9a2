"""An adapter is examined as the user has it: in llama.cpp, with the GGUF that was made of it.

Joins the store's questions with whoever answers them (`answer.respondent`); knows nothing of training.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from plum_edge.answer import LanguageModel
from plum_edge.answer.border import decided
from plum_edge.answer.respondent import Respondent
from plum_edge.augment.checks import Mentions
from plum_edge.bases import Base
from plum_edge.config import Config
from plum_edge.evaluate import ability, baselines
from plum_edge.evaluate.cost import Cost, Meter, Metered
from plum_edge.evaluate.known import Known
from plum_edge.evaluate.questions import questions_from
from plum_edge.evaluate.scoring import Asker, Scored, score, summarise
from plum_edge.evaluate.systems import SYSTEMS
from plum_edge.paths import Home
from plum_edge.records import Adapter, Progress, Question
from plum_edge.runtime.divergence import Expected, divergence, expected
from plum_edge.store import Store
from plum_edge.train.general import Sample, probes

DIVERGENCE = "divergence"
"""Of the evaluation that a night stores."""


class Evaluator(Respondent):
    """Asks questions of whoever can be asked over one log, and sums up what came of it."""

    def __init__(self, home: Home, store: Store, config: Config, base: Base) -> None:
        super().__init__(home, store, config, base)
        self.known = Known(self.runtime)
        self._general: tuple[object, dict[str, Any]] | None = None
        self._expected: dict[tuple[int, ...], Expected] = {}
        """What the bare base expects along everyday talk, by the ids of that."""

    def questions(
        self, segments: Sequence[str] | None = None, *, phrasing: Literal["held_out", "unseen"] = "held_out"
    ) -> list[Question]:
        """Return the held-out questions that still hold, of these segments or of all."""
        pairs = self.store.pairs.live("held_out")
        if segments is not None:
            wanted = set(segments)
            pairs = [pair for pair in pairs if pair.segment in wanted]
        return questions_from(pairs, phrasing=phrasing, seed=self.config.train.seed)

    def ask(
        self, system: str, adapter: Path | None, questions: Sequence[Question], progress: Progress | None = None
    ) -> list[Scored]:
        """Score questions with one of `systems.SYSTEMS`; ``adapter`` is the GGUF file, for those that need one."""
        self._read_all()
        return score(questions, self._asker(system, self.known, adapter), progress)

    def _asker(self, system: str, model: LanguageModel, adapter: Path | None) -> Asker:
        decide = decided(self.config.decide, adapter)
        return baselines.asker(system, model, adapter, self.library, decide, self.reader)

    def ask_at_cost(
        self, system: str, adapter: Path | None, questions: Sequence[Question], progress: Progress | None = None
    ) -> tuple[list[Scored], Cost | None]:
        """Do as `ask`, and return what an answer cost as well; None where nothing was asked.

        What it costs is measured on some of the questions, which are asked anew.

        Raises:
            NoModel: the system needs vectors, and the model that makes them is not installed.
            ValueError: no such system, or no adapter for one that needs it.
        """
        if system in SYSTEMS and SYSTEMS[system].dense:
            self.library.prepare_dense()
        self._read_all()
        meter = Meter(self.runtime)
        alone, together = (self._asker(system, model, adapter) for model in (meter, self.known))
        asker = Metered(alone, together, meter, self.runtime.prompt_tokens)
        scored = score(questions, asker, progress)
        used = SYSTEMS[system]
        ranking = used.threshold or ("bm25" if used.searches or used.weighs or used.reader else None)
        kept = [*used.reads, *([ranking] if ranking else [])]
        return scored, asker.cost(sum(self.library.text_bytes(way) for way in kept))

    def _read_all(self) -> None:
        """Pass over no conversation, and read as much of one as fits."""
        self.library.left_out, self.library.room = None, self.room

    def divergence(self, adapter: Path, chats: Sequence[Sample]) -> float | None:
        """Return how far an adapter moves the base on these chats: mean KL(base ‖ adapter) at the answers' tokens.

        In nats a token; None without chats. What does not fit the context is left out.
        """
        ids = [self._with_answer(chat) for chat in chats]
        ids = [(whole, count) for whole, count in ids if count and len(whole) <= self.runtime.context]
        self.runtime.use(None)
        for whole, count in ids:
            if tuple(whole) not in self._expected:
                self._expected[tuple(whole)] = expected(self.runtime.tail(whole[:-1], count))
        self.runtime.use(adapter, str(adapter))
        found = [divergence(self._expected[tuple(whole)], self.runtime.tail(whole[:-1], count)) for whole, count in ids]
        return float(np.concatenate(found).mean()) if found else None

    def _with_answer(self, chat: Sample) -> tuple[list[int], int]:
        """Return the ids of a chat, and how many of them are its answer's."""
        *before, answer = chat.messages
        said = self.runtime.encode(answer.content)
        return [*self.runtime.chat_ids(before), *said], len(said)

    def general(self, adapter: Path | None, progress: Progress | None = None) -> dict[str, Any]:
        """Return ``general`` of ``evaluate --json``: what the base can do besides remembering, and with the adapter.

        The same adapter is not asked again while the log is the same.
        """
        rests_on = (adapter, self.store.version())
        if self._general is None or self._general[0] != rests_on:
            self._general = rests_on, self._measure_general(adapter, progress)
        return self._general[1]

    def _measure_general(self, adapter: Path | None, progress: Progress | None) -> dict[str, Any]:
        """A base that brings no questions of its own is measured by how far its everyday talk is moved."""
        moved = self._moved(adapter) if adapter else None
        if not ability.brought(self.base.folder):
            return {"base": None, "adapter": None, "divergence": moved}
        known = Mentions.of(*self.store.log.segments())
        asked = ability.material(self.base.folder, known.mentions)
        found = ability.compare(self.runtime, adapter, asked, progress, seed=self.config.train.seed)
        after = found["adapter"] or found["base"]
        return {
            "text_loss_base": found["base"]["text_loss"],
            "text_loss": after["text_loss"],
            **found,
            "divergence": moved,
        }

    def _moved(self, adapter: Path) -> float | None:
        """Return how far an adapter moves the base: as its night measured it, else measured now."""
        known = next((one.id for one in self.store.runs.adapters() if Path(one.gguf) == adapter), None)
        kept = (self.store.runs.evaluation(known) or {}).get(DIVERGENCE) if known else None
        return float(kept) if kept is not None else self.divergence(adapter, probes(self.base, self.home, self.config))


def figures(
    scored: Sequence[Scored], adapter: Adapter | None, recipe: str, seed: int, cost: Cost | None = None
) -> dict[str, object]:
    """Return `evaluate --json`'s fields for one system."""
    summary = summarise(list(scored), seed=seed)
    spent = {"cost": dataclasses.asdict(cost)} if cost else {}
    return {"adapter": adapter.id if adapter else None, "recipe": recipe, **summary, **spent}
