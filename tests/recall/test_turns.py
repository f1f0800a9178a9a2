"""A chat that goes on reads what is new: counted in tokens, through the whole way that the chat client takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from plum_edge import Memory
from plum_edge.recall import Recall
from plum_edge.records import Message
from tests.recall.test_recall import folder
from tests.tiny import CONTEXT

__all__ = ["folder"]

SAID = ["We talked about bread.", "The kitchen tap drips.", "Did we talk about the tap?", "And the bicycle?"]


def test_each_turn_of_a_chat_computes_that_turn_alone(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[recall]\nmax_tokens = 12\n")
    with Memory(tmp_path) as memory:
        chat: list[Message] = []
        for text in SAID:
            chat.append(Message("user", text))
            recall = memory._exam.recall
            before, prompt = recall._engine.evaluated, len(recall.chat_ids(chat))
            answer = "".join(memory.reply(chat))
            turn = len(recall.chat_ids(chat[-2:])) + 12  # the last answer, as the template gives it, and what is new
            assert recall._engine.evaluated - before <= turn + 12
            chat.append(Message("assistant", answer))
        assert prompt > 2 * turn, "a turn must be small beside the chat"


def test_the_cache_grows_without_being_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from plum_edge.recall import engine

    with Recall(folder / "base.gguf", exact=True) as whole:
        whole.use(folder / "1.gguf")
        wanted = whole.answer([Message("user", "bread")], max_tokens=CONTEXT)
    monkeypatch.setattr(engine, "_CELLS", 16)  # llama.cpp rounds up
    with Recall(folder / "base.gguf", exact=True) as recall:
        recall.use(folder / "1.gguf")
        ids = recall.encode("bread and the kitchen tap " * 8)[:20]
        recall._engine.last(ids)
        for room in (300, 700):
            before = recall._engine.evaluated
            recall._engine._make_room(room)
            assert recall._engine._cells >= room
            assert recall._engine.last([*ids, 300]).argmax() == recall.logits([*ids, 300])[-1].argmax()
            assert recall._engine.evaluated - before == 1 + 21
            recall._engine.last(ids)
        assert recall.answer([Message("user", "bread")], max_tokens=CONTEXT) == wanted
