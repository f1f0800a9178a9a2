"""Who is asked what, with which adapter on; and the same over the real llama.cpp with a tiny base."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from plum_edge.answer import mean_odds
from plum_edge.answer.joint import READS
from plum_edge.answer.remember import claim
from plum_edge.convert import families, gguf
from plum_edge.errors import UsageError
from plum_edge.evaluate import baselines, systems
from plum_edge.records import Message, Question
from plum_edge.retrieve import Said
from plum_edge.runtime import Runtime
from tests.tiny import random_lora, tiny_base

ADAPTER, READER = Path("adapter.gguf"), Path("reader.gguf")


class Notes:
    """Stands for a runtime: notes what it is told, and says yes to what is in the context or in the adapter."""

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

    def p_yes_many(self, prompts: Sequence[Sequence[Message]]) -> list[float]:
        return [self.p_yes(messages) for messages in prompts]

    def answer(self, messages: Sequence[Message], *, max_tokens: int, decided: bool | None = None) -> str:
        assert max_tokens in (96, 48)
        return messages[0].content

    def read_ahead(self, prompts: Sequence[Sequence[Message]], tokens: int) -> None:
        pass

    def opening(self, messages: Sequence[Message], tokens: int) -> tuple[str, float]:
        """It is as sure with text as with an adapter."""
        return messages[0].content, 1.0


class Log:
    """Stands for a library that knows of the tap alone."""

    def context(self, way: str, question: str) -> str | None:
        return f"Conversation of 14 March 2026\nUser: The tap drips, by {way}." if "tap" in question else None

    def passages(self, question: str) -> list[str]:
        return ["The tap drips, by the reader."] if "tap" in question else []

    def said(self, question: str, limit: int, *, role: str = "user") -> list[Said]:
        return []

    def score(self, ranking: str, question: str) -> float:
        return 1.0 if "tap" in question else 0.99 if "drip" in question else 0.0

    def likelihood(self, topic: str) -> float:
        return 0.7 if topic == "the tap" else 0.2

    def likeness(self, question: str) -> float | None:
        return 0.75 if "tap" in question else 0.1

    def nearness(self, question: str) -> float | None:
        return self.likeness(question)

    def quote(self, ranking: str, question: str) -> str | None:
        return "The tap drips."


QUESTIONS = [Question("Did the tap come up?", "yes", "verbatim"), Question("Did sailing come up?", "no", "far")]
ALONE = ["adapter", "adapter_as_asked", "adapter_prompted", "adapter_search", "adapter_reads_bm25"]
PHRASED = 2
"""Phrasings in which an adapter is asked each of them: these words, and one of answer/rewrite.py's two."""


READERS = [name for name, system in systems.SYSTEMS.items() if system.reads and not system.adapter]
TAUGHT = [name for name, system in systems.SYSTEMS.items() if system.reader]
JOINT = [name for name, system in systems.SYSTEMS.items() if system.joint]


def test_each_system_is_asked_with_its_own_adapter_and_context() -> None:
    heard = {}
    for name, system in systems.SYSTEMS.items():
        runtime = Notes()
        if system.threshold is None and not system.reader:
            baselines.run([name], QUESTIONS, runtime=runtime, adapter=ADAPTER, library=Log())
            heard[name] = runtime.heard
    reading: list[tuple[Path | None, list[str]]] = [(None, ["system", "user"]), (None, ["user"])]
    assert heard == {
        "base": [(None, ["user"]), (None, ["user"])],
        "adapter": [(ADAPTER, ["user"])] * PHRASED * 2,
        "adapter_as_asked": [(ADAPTER, ["user"])] * 2,
        "adapter_search": [(ADAPTER, ["user"])] * PHRASED * 2,
        "adapter_weighed": [(ADAPTER, ["user"])] * PHRASED * 2,
        "adapter_prompted": [(ADAPTER, ["system", "user"])] * PHRASED * 2,
        "adapter_reads_bm25": [(ADAPTER, ["system", "user"]), (ADAPTER, ["user"])],
        **dict.fromkeys(READERS, reading),
        **{
            key: [  # the adapter is asked everything first: a swap empties the cache
                *[(ADAPTER, ["user"])] * PHRASED * 2,
                *(read for read in reading for _ in systems.SYSTEMS[key].reads),
            ]
            for key in JOINT
        },
    }


def test_all_systems_in_a_row_give_marked_answers() -> None:
    seen: list[int] = []
    names = [name for name in systems.SYSTEMS if name not in TAUGHT]
    scored = baselines.run(
        names,
        QUESTIONS,
        runtime=Notes(),
        adapter=ADAPTER,
        library=Log(),
        progress=lambda stage, done, total, note: seen.append(done),
    )
    marks = {name: [s.correct for s in answers] for name, answers in scored.items()}
    assert marks == {
        "base": [False, True],
        **{key: [True, False] for key in ALONE},
        "adapter_weighed": [True, True],  # two searches that know nothing of sailing outweigh it
        **{key: [True, True] for key in [*READERS, "bm25_threshold", "bm25_threshold_topic", "dense_threshold"]},
        **{key: [True, True] for key in JOINT},  # the search is against it as well
    }
    assert seen == [2] * len(names)


def test_the_reader_is_asked_of_each_passage_and_an_adapter_before_it() -> None:
    heard = {}
    for name in TAUGHT:
        runtime = Notes()
        asker = baselines.asker(name, runtime, ADAPTER, Log(), reader=READER)
        p = asker.p_yes_many([question.question for question in QUESTIONS])
        assert (p[0] >= 0.5, p[1] >= 0.5) == (True, False), name
        heard[name] = runtime.heard
        assert asker.answer("Who mends the tap?") == "The tap drips, by the reader."
        assert runtime.on == READER
    read: list[tuple[Path | None, list[str]]] = [(READER, ["system", "user"])]
    remembered: list[tuple[Path | None, list[str]]] = [(ADAPTER, ["user"])] * PHRASED * 2
    assert heard == {"reader": read, "reader_weighed": read, "adapter_reader": [*remembered, *read]}
    with pytest.raises(ValueError, match="none ships with this base"):
        baselines.asker("reader", Notes(), ADAPTER, Log())


@pytest.mark.parametrize("name", READERS)
def test_each_reads_in_its_own_way(name: str) -> None:
    answer = baselines.asker(name, Notes(), None, Log()).answer("What about the tap?")
    assert answer.endswith(f"The tap drips, by {name}.")


def test_askers_over_one_recall_can_take_turns() -> None:
    runtime = Notes()
    base, adapter = (baselines.asker(name, runtime, ADAPTER, Log()) for name in ("base", "adapter"))
    runtime.use(ADAPTER)  # without a name, as somebody else may do
    answers = [base.p_yes("?"), adapter.p_yes("?"), adapter.p_yes("?"), base.p_yes("?")]
    assert answers == pytest.approx([0.1, claim(0.9), claim(0.9), 0.1])
    assert runtime.swaps == 4  # not one a question


def test_open_questions_get_words() -> None:
    for name in ("bm25", "adapter_bm25"):
        asked = baselines.asker(name, Notes(), ADAPTER, Log())
        assert "The tap drips" in asked.answer("What about the tap?")
        assert asked.answer("What about sailing?") == "What about sailing?"


@pytest.mark.parametrize("ranking", ["bm25", "dense"])
def test_the_threshold_says_yes_from_the_bar_on(ranking: str) -> None:
    asked = baselines.asker(f"{ranking}_threshold", Notes(), None, Log())
    assert asked.p_yes("the tap") == 0.5
    assert 0.4 < asked.p_yes("the drip") < 0.5
    assert asked.p_yes("sailing") == 0.0
    assert asked.answer("the tap") == 'You said: "The tap drips."'
    assert asked.answer("sailing").startswith("I do not know")


def test_unknown_systems_and_missing_adapters_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown system 'rag'; known: base"):
        baselines.asker("rag", Notes(), ADAPTER, Log())
    for name in ("adapter", "adapter_bm25", "adapter_dense"):
        with pytest.raises(ValueError, match="needs an adapter"):
            baselines.asker(name, Notes(), None, Log())


def test_systems_are_chosen_by_name() -> None:
    everything = [name for name in systems.SYSTEMS if name not in TAUGHT]
    assert systems.chosen(False, adapter=True, dense=True) == []
    assert systems.chosen(True, adapter=True, dense=False) == list(systems.USUAL)
    assert systems.chosen(True, adapter=False, dense=True) == [n for n in systems.USUAL if n != "adapter_bm25"]
    assert systems.chosen(["dense", "base", "dense"], adapter=False, dense=False) == ["dense", "base"]
    assert systems.chosen(["bm25", "all"], adapter=True, dense=True)[0] == "bm25"
    assert sorted(systems.chosen(["bm25", "all"], adapter=True, dense=True)) == sorted(everything)
    assert not [n for n in systems.chosen(["all"], adapter=False, dense=False) if "dense" in n or "adapter" in n]
    with pytest.raises(UsageError, match=r"no system 'rag'. There are: base, .*dense.*; all\."):
        systems.chosen(["rag"], adapter=True, dense=True)
    with pytest.raises(UsageError, match="'adapter_dense' needs an adapter"):
        systems.chosen(["adapter_dense"], adapter=False, dense=True)
    assert set(systems.chosen(["all"], adapter=True, dense=True, reader=True)) == set(systems.SYSTEMS)
    with pytest.raises(UsageError, match="none ships with this base"):
        systems.chosen(["reader"], adapter=True, dense=True)


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


TAP = QUESTIONS[0].question


def test_in_llama_cpp_every_system_gives_its_own_answers(tiny: tuple[Path, Path]) -> None:
    questions = [*QUESTIONS, Question("What about the tap?", "It drips.", "verbatim")]
    with Runtime(tiny[0], exact=True) as runtime:
        names = ["base", "bm25", "bm25_top3", "adapter", "adapter_reads_bm25", "adapter_bm25"]
        scored = baselines.run(names, questions, runtime=runtime, adapter=tiny[1], library=Log())
        again = baselines.run(names[::-1], questions, runtime=runtime, adapter=tiny[1], library=Log())
        tap = {name: scored[name][0].p_yes for name in names}
        assert len({round(p or 0.0, 6) for p in tap.values()}) == 6  # adapter and context both change the answer
        read = [baselines.asker(name, runtime, None, Log()).p_yes(TAP) for name in READS]
        assert tap["adapter_bm25"] == pytest.approx(
            mean_odds(tap["adapter"] or 0.0, *read, Log().likelihood("the tap")), abs=1e-5
        )
        assert scored["base"][1].p_yes == pytest.approx(scored["bm25"][1].p_yes)  # nothing was found: no context
        assert all(isinstance(scored[name][2].answer, str) for name in names)
        for name in names:  # in whatever order: nothing of one system is left in the next
            assert [s.p_yes for s in again[name]] == pytest.approx([s.p_yes for s in scored[name]], abs=1e-5)


def test_a_threshold_on_the_topic_does_not_hear_the_rest_of_the_question() -> None:
    heard = []

    class Hears(Log):
        def score(self, ranking: str, question: str) -> float:
            heard.append(question)
            return 1.0

    for name in ("bm25_threshold", "bm25_threshold_topic"):
        for question in ("Did the tap come up?", "Did it come up?"):
            baselines.asker(name, Notes(), None, Hears()).p_yes(question)
    assert heard == ["Did the tap come up?", "Did it come up?", "the tap", "Did it come up?"]
