"""What the base can do besides remembering is measured once, as long as it is the same."""

from __future__ import annotations

from pathlib import Path

from plum_edge import Memory
from plum_edge.evaluate.evaluator import Evaluator
from tests.story import make_home, talk
from tests.tiny import ask_little, tiny_base


def test_what_was_asked_of_the_base_is_not_asked_again_while_the_log_is_the_same(tmp_path: Path) -> None:
    heard: list[str] = []
    with Memory(make_home(tmp_path / "home", ask_little(tiny_base(tmp_path / "base")))) as memory:
        memory.add([talk(0)])
        evaluator = Evaluator(memory.home, memory.store, memory.config, memory.base)
        first = evaluator.general(None, lambda stage, done, total, note: heard.append(stage))
        asked = len(heard)
        assert asked and evaluator.general(None, lambda stage, done, total, note: heard.append(stage)) is first
        assert len(heard) == asked
        memory.add([talk(1)])  # what it mentions can no longer be asked for an honest "no"
        evaluator.general(None, lambda stage, done, total, note: heard.append(stage))
        assert len(heard) > asked
        evaluator.close()
