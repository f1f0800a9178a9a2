"""What an answer costs, over a real runtime with a tiny base."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from plum_edge.convert import gguf
from plum_edge.evaluate.cost import Cost, Meter, Metered
from plum_edge.records import Message
from plum_edge.runtime import Runtime
from tests.tiny import tiny_base

SHORT, LONG = [Message("user", "tap?")], [Message("system", "the tap " * 20), Message("user", "tap?")]


class Asks:
    """Reads a short prompt for p(yes), and two prompts, one of them twice, for an answer."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter

    def p_yes(self, question: str) -> float:
        time.sleep(0.02)
        return self.meter.p_yes(SHORT)

    def answer(self, question: str) -> str:
        self.meter.p_yes(SHORT)
        self.meter.answer(LONG, max_tokens=1)
        return self.meter.answer(LONG, max_tokens=2)


def test_tokens_are_those_of_the_different_prompts_and_time_that_of_the_middle_one(tmp_path: Path) -> None:
    folder = tiny_base(tmp_path)
    gguf.write_base(folder, tmp_path / "base.gguf")
    with Runtime(tmp_path / "base.gguf", exact=True) as runtime:
        meter = Meter(runtime)
        asked = Metered(Asks(meter), Asks(meter), meter, runtime.prompt_tokens)
        assert asked.cost(0) is None
        assert asked.p_yes("?") == pytest.approx(runtime.p_yes(SHORT), abs=1e-5)
        asked.p_yes("?")
        asked.answer("?")
        short, long = (len(runtime.chat_ids(messages)) for messages in (SHORT, LONG))
        cost = asked.cost(12)
    assert isinstance(cost, Cost)
    assert cost.prompt_tokens == pytest.approx((3 * short + long) / 3, abs=0.05)
    assert cost.milliseconds >= 20  # two of three slept so long
    assert cost.text_bytes == 12


def test_a_prompt_that_is_too_long_counts_as_it_is_read(tmp_path: Path) -> None:
    folder = tiny_base(tmp_path)
    gguf.write_base(folder, tmp_path / "base.gguf")
    with Runtime(tmp_path / "base.gguf") as runtime:
        assert runtime.prompt_tokens([Message("user", "word " * 2000)]) < runtime.context
