"""An adapter is examined as the user has it: in llama.cpp, with the GGUF that was made of it.

Joins the store's questions, retrieval and recall with `evaluate`; knows nothing of training.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from plum_edge import ability, baselines, evaluate
from plum_edge.augment.checks import Mentions
from plum_edge.config import Config
from plum_edge.paths import Home
from plum_edge.recall import Recall
from plum_edge.records import Adapter, Evidence, Progress, Question
from plum_edge.registry import Base, gguf
from plum_edge.retrieve import Retriever
from plum_edge.store import Store


class Exam:
    """Base, adapters and retrieval over one log, ready to be asked."""

    def __init__(self, home: Home, store: Store, config: Config, base: Base) -> None:
        self.store, self.config, self.base = store, config, base
        deployed = gguf(base, home, config.recall.dtype)
        self.recall = Recall(deployed, context=config.recall.context, threads=config.recall.threads)
        self.left_out: str | None = None
        """A conversation that retrieval passes over: the one that is going on."""
        self.retriever = Retriever(
            self._search,
            store.log.get,
            lambda text: len(self.recall.encode(text)),
            store.log.conversations,
        )

    def _search(self, query: str, limit: int) -> list[Evidence]:
        found = self.store.search.search(query, limit=limit + 1)
        return [evidence for evidence in found if evidence.conversation != self.left_out][:limit]

    def close(self) -> None:
        """Free the model."""
        self.recall.close()

    def questions(
        self, segments: Sequence[str] | None = None, *, phrasing: Literal["held_out", "unseen"] = "held_out"
    ) -> list[Question]:
        """Return the held-out questions that still hold, of these segments or of all."""
        pairs = self.store.pairs.live("held_out")
        if segments is not None:
            wanted = set(segments)
            pairs = [pair for pair in pairs if pair.segment in wanted]
        return evaluate.questions_from(pairs, phrasing=phrasing, seed=self.config.train.seed)

    def ask(
        self, system: str, adapter: Path | None, questions: Sequence[Question], progress: Progress | None = None
    ) -> list[evaluate.Scored]:
        """Score questions with one system: ``base``, ``adapter``, ``bm25``, ``adapter_bm25`` or ``bm25_threshold``."""
        asker = baselines.asker(system, self.recall, adapter, self.retriever)
        return evaluate.score(questions, asker, progress)

    def text_loss(self, adapter: Path | None) -> float | None:
        """Return the mean cross entropy (nats a token) of fixed general text that nothing was trained on."""
        self.recall.use(adapter, str(adapter) if adapter else None)
        return ability.text_loss(self.recall, ability.material(self.base.folder).texts).mean

    def general(self, adapter: Path | None, progress: Progress | None = None) -> dict[str, Any]:
        """Return ``general`` of ``evaluate --json``: what the base can do besides remembering, and with the adapter."""
        known = Mentions.of(*self.store.log.segments())
        asked = ability.material(self.base.folder, known.mentions)
        found = ability.compare(self.recall, adapter, asked, progress, seed=self.config.train.seed)
        after = found["adapter"] or found["base"]
        return {"text_loss_base": found["base"]["text_loss"], "text_loss": after["text_loss"], **found}


def figures(scored: Sequence[evaluate.Scored], adapter: Adapter | None, recipe: str, seed: int) -> dict[str, object]:
    """Return `evaluate --json`'s fields for one system."""
    summary = evaluate.summarise(list(scored), seed=seed)
    return {"adapter": adapter.id if adapter else None, "recipe": recipe, **summary}
