"""What the bench of a large base reckons with."""

from __future__ import annotations

import math

from benchmarks.speed import billion
from plum_edge.config import Train


def test_the_steps_of_a_conversation_are_those_of_the_settings() -> None:
    train = Train()
    least = train.epochs * math.ceil(27 * (1 + train.replay) / train.batch)
    assert least < billion.steps_of_a_conversation() < 2 * least
