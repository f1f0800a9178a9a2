"""What a reader learns from: every chat with all that was written for it, and what a search would confuse as "no"."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from plum_edge.augment.phrases.wordings import NO, UNKNOWN
from plum_edge.evaluate.marking import contains
from plum_edge.paths import data_dir

DATA = Path(os.environ.get("PLUM_EDGE_DATA", "nowhere"))
pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not (DATA / "realmem").is_dir(), reason="needs $PLUM_EDGE_DATA: realmem/"),
]


@pytest.fixture(scope="module")
def reading() -> ModuleType:
    """The recipe's room: a program beside the model, in no package."""
    folder = data_dir("models") / "SmolLM2-135M-Instruct" / "train"
    sys.path.insert(0, str(folder))
    try:
        spec = importlib.util.spec_from_file_location("reading", folder / "reading.py")
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules["reading"] = module  # its records look their annotations up there
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(folder))


def letters(texts: Sequence[str]) -> np.ndarray:
    counts = np.array([[text.lower().count(chr(97 + n)) for n in range(26)] for text in texts], dtype=np.float32) + 1e-3
    return np.asarray(counts / np.linalg.norm(counts, axis=1, keepdims=True))


def test_every_chat_is_read_whole_with_its_own_questions_and_near_ones_of_others(reading: ModuleType) -> None:
    maker = reading.Maker(DATA, data_dir("samples"), letters, lambda text: len(text.split()), 0)
    written = {one.question: one for asked in maker.chats.values() for one in asked}
    found = maker.of_chats()
    assert len(found) == len(maker.chats) == 640
    for one in found:
        own, near = one.asked[:-3], one.asked[-3:]
        [talk] = {written[question].conversation for question, _ in own}
        assert len(own) == 12 and talk not in {written[question].conversation for question, _ in near}
        assert {said for _, said in near} <= {reading.NOT_SAID, reading.NOT_TOLD}
        for question, said in own:
            answer = written[question].answer
            assert answer in ("yes", "no", "unknown") or contains(said, answer)
    assert reading.NOT_SAID in NO and reading.NOT_TOLD in UNKNOWN


def test_every_pass_but_the_first_mixes_logs_and_chats(reading: ModuleType) -> None:
    maker = reading.Maker(DATA, data_dir("samples"), letters, lambda text: len(text.split()), 0)
    logs, second, third = maker.passes(3)
    assert maker.passes(1) == [logs]
    chats = maker.of_chats()
    assert logs == maker.of_logs() and all(one in second for one in chats)
    for part, of_logs in ((second, reading.AGAIN), (third, reading.LAST[0])):
        assert sum(one in part for one in logs) == -(-len(logs) // of_logs)
    assert len(third) == -(-len(logs) // reading.LAST[0]) + len(chats) // reading.LAST[1]
