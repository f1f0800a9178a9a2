"""Who is asked what, with which adapter on; and the same over the real llama.cpp with a tiny base."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from plum_edge import baselines
from plum_edge.convert import families, gguf
from plum_edge.recall import Recall
from plum_edge.records import Message, Question
from tests.tiny import random_lora, tiny_base

ADAPTER = Path("adapter.gguf")


class Notes:
    """Stands for a recall: notes what it is told, and says yes to what is in the context or in the adapter."""

    def __init__(self) -> None:
        self.adapter_id: str | None = None
        self.on: Path | None = None
        self.swaps = 0
        self.heard: list[tuple[Path | None, list[str]]] = []

    def use(self, adapter_gguf: Path | None, adapter_id: str | None = None) -> None:
        self.on, self.adapter_id = adapter_gguf, adapter_id
        self.swaps += 1

    def p_yes(self, messages: Sequence[Message]) -> float:
        self.heard.append((self.on, [message.role for message in messages]))
        return 0.9 if self.on or messages[0].role == "system" else 0.1

    def answer(self, messages: Sequence[Message], *, max_tokens: int, temperature: float) -> str:
        assert (max_tokens, temperature) == (96, 0.0)
        return messages[0].content


class Log:
    """Stands for a retriever that knows of the tap alone."""

    def context(self, question: str) -> str | None:
        return "Conversation of 14 March 2026\nUser: The tap drips." if "tap" in question else None

    def score(self, question: str) -> float:
        return 1.0 if "tap" in question else 0.99 if "drip" in question else 0.0

    def quote(self, question: str) -> str | None:
        return "The tap drips."


QUESTIONS = [Question("Did the tap come up?", "yes", "verbatim"), Question("Did sailing come up?", "no", "far")]


def test_each_system_is_asked_with_its_own_adapter_and_context() -> None:
    heard = {}
    for name in ("base", "adapter", "bm25", "adapter_bm25"):
        recall = Notes()
        baselines.run([name], QUESTIONS, recall=recall, adapter=ADAPTER, retriever=Log())
        heard[name] = recall.heard
    assert heard == {
        "base": [(None, ["user"]), (None, ["user"])],
        "adapter": [(ADAPTER, ["user"]), (ADAPTER, ["user"])],
        "bm25": [(None, ["system", "user"]), (None, ["user"])],
        "adapter_bm25": [(ADAPTER, ["system", "user"]), (ADAPTER, ["user"])],
    }


def test_all_systems_in_a_row_give_marked_answers() -> None:
    seen: list[int] = []
    scored = baselines.run(
        baselines.SYSTEMS,
        QUESTIONS,
        recall=Notes(),
        adapter=ADAPTER,
        retriever=Log(),
        progress=lambda stage, done, total, note: seen.append(done),
    )
    marks = {name: [s.correct for s in answers] for name, answers in scored.items()}
    assert marks == {
        "base": [False, True],
        "bm25": [True, True],
        "adapter": [True, False],
        "adapter_bm25": [True, False],
        "bm25_threshold": [True, True],
    }
    assert seen == [1, 2] * 5


def test_askers_over_one_recall_can_take_turns() -> None:
    recall = Notes()
    base, adapter = (baselines.asker(name, recall, ADAPTER, Log()) for name in ("base", "adapter"))
    recall.use(ADAPTER)  # without a name, as somebody else may do
    assert [base.p_yes("?"), adapter.p_yes("?"), adapter.p_yes("?"), base.p_yes("?")] == [0.1, 0.9, 0.9, 0.1]
    assert recall.swaps == 4  # not one a question


def test_open_questions_get_words() -> None:
    asked = baselines.asker("bm25", Notes(), None, Log())
    assert asked.answer("What about the tap?").endswith("The tap drips.")
    assert asked.answer("What about sailing?") == "What about sailing?"


def test_the_threshold_says_yes_from_the_bar_on() -> None:
    asked = baselines.asker("bm25_threshold", Notes(), None, Log())
    assert asked.p_yes("the tap") == 0.5
    assert 0.4 < asked.p_yes("the drip") < 0.5
    assert asked.p_yes("sailing") == 0.0
    assert asked.answer("the tap") == 'You said: "The tap drips."'
    assert asked.answer("sailing").startswith("I do not know")


def test_unknown_systems_and_missing_adapters_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown system 'rag'; known: base"):
        baselines.asker("rag", Notes(), ADAPTER, Log())
    for name in ("adapter", "adapter_bm25"):
        with pytest.raises(ValueError, match="needs an adapter"):
            baselines.asker(name, Notes(), None, Log())


@pytest.fixture
def tiny(tmp_path: Path) -> tuple[Path, Path]:
    """Return the tiny base and a strong random adapter for it, as GGUF."""
    folder = tiny_base(tmp_path)
    shape = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    base, adapter = tmp_path / "base.gguf", tmp_path / "adapter.gguf"
    gguf.write_base(folder, base)
    gguf.write_adapter(
        adapter,
        random_lora(folder, rank=4, seed=1),
        alpha=8.0,
        family=families.family(shape["model_type"]),
        heads=shape["num_attention_heads"],
        kv_heads=shape["num_key_value_heads"],
    )
    return base, adapter


def test_in_llama_cpp_every_system_gives_its_own_answers(tiny: tuple[Path, Path]) -> None:
    questions = [*QUESTIONS, Question("What about the tap?", "It drips.", "verbatim")]
    with Recall(tiny[0], exact=True) as recall:
        names = baselines.SYSTEMS[:4]
        scored = baselines.run(names, questions, recall=recall, adapter=tiny[1], retriever=Log())
        again = baselines.run(names[::-1], questions, recall=recall, adapter=tiny[1], retriever=Log())
        tap = {name: scored[name][0].p_yes for name in names}
        assert len({round(p or 0.0, 6) for p in tap.values()}) == 4  # adapter and context both change the answer
        assert scored["base"][1].p_yes == pytest.approx(scored["bm25"][1].p_yes)  # nothing was found: no context
        assert all(isinstance(scored[name][2].answer, str) for name in names)
        for name in names:  # in whatever order: nothing of one system is left in the next
            assert [s.p_yes for s in again[name]] == pytest.approx([s.p_yes for s in scored[name]], abs=1e-5)
