"""A chat that goes on reads what is new: counted in tokens, through the whole way that the chat client takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from plum_edge import Memory
from plum_edge.records import Message
from plum_edge.runtime import Runtime
from tests.runtime.test_session import folder
from tests.tiny import CONTEXT

__all__ = ["folder"]

SAID = ["We talked about bread.", "The kitchen tap drips.", "Did we talk about the tap?", "And the bicycle?"]


def test_each_turn_of_a_chat_computes_that_turn_alone(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[recall]\nmax_tokens = 12\n")
    with Memory(tmp_path) as memory:
        chat: list[Message] = []
        for text in SAID:
            chat.append(Message("user", text))
            runtime = memory._evaluator.runtime
            before, prompt = runtime._engine.evaluated, len(runtime.chat_ids(chat))
            answer = "".join(memory.reply(chat))
            turn = len(runtime.chat_ids(chat[-2:])) + 12  # the last answer, as the template gives it, and what is new
            assert runtime._engine.evaluated - before <= turn + 12
            chat.append(Message("assistant", answer))
        assert prompt > 2 * turn, "a turn must be small beside the chat"


def test_the_cache_grows_without_being_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from plum_edge.runtime import engine

    with Runtime(folder / "base.gguf", exact=True) as whole:
        whole.use(folder / "1.gguf")
        wanted = whole.answer([Message("user", "bread")], max_tokens=CONTEXT)
    monkeypatch.setattr(engine, "_CELLS", 16)  # llama.cpp rounds up
    with Runtime(folder / "base.gguf", exact=True) as runtime:
        runtime.use(folder / "1.gguf")
        ids = runtime.encode("bread and the kitchen tap " * 8)[:20]
        runtime._engine.last(ids)
        for room in (300, 700):
            before = runtime._engine.evaluated
            runtime._engine._make_room(room)
            assert runtime._engine._cells >= room
            assert runtime._engine.last([*ids, 300]).argmax() == runtime.logits([*ids, 300])[-1].argmax()
            assert runtime._engine.evaluated - before == 1 + 21
            runtime._engine.last(ids)
        assert runtime.answer([Message("user", "bread")], max_tokens=CONTEXT) == wanted
