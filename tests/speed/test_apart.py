"""Measuring in a process of its own: answers by turns, a reason where there is none, memory that is its own."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np
import pytest

from benchmarks.speed.apart import Commands, NotMeasured, Worker, once, peak

HERE = "tests.speed.test_apart"


def count(start: int) -> Commands:
    held = [start]

    def more() -> int:
        held[0] += 1
        return held[0]

    return {"more": more, "process": os.getpid}


def chatter(said: str) -> str:
    print("a library's remark")
    return said


def fail() -> None:
    raise NotMeasured("no card here")


def wait() -> None:
    time.sleep(60)


def take(megabytes: int) -> float:
    held = np.ones(megabytes * 125_000)
    return peak() + 0 * float(held[0])


def surroundings() -> Any:
    return os.environ.get("PLUM_EDGE_A_SETTING")


def test_workers_keep_what_they_hold_and_take_turns() -> None:
    with Worker(f"{HERE}:count", 0) as one, Worker(f"{HERE}:count", 10) as two:
        assert [one("more"), two("more"), one("more"), two("more")] == [1, 11, 2, 12]
        assert len({one("process"), two("process"), os.getpid()}) == 3


def test_what_is_printed_meanwhile_is_no_answer() -> None:
    assert once(f"{HERE}:chatter", "an answer") == "an answer"


def test_a_failure_says_why() -> None:
    with pytest.raises(NotMeasured, match="no card here"):
        once(f"{HERE}:fail")


def test_what_takes_too_long_is_given_up() -> None:
    with pytest.raises(NotMeasured, match="not done within 5 s"):
        once(f"{HERE}:wait", longest=5.0)


def test_memory_is_that_of_the_process_itself() -> None:
    ballast = np.ones(300 * 125_000)  # of ours; a child must not count it
    assert 200 < once(f"{HERE}:take", 200) < 290 + 0 * ballast[0]


def test_settings_reach_the_process() -> None:
    assert once(f"{HERE}:surroundings", settings={"PLUM_EDGE_A_SETTING": "AVX2"}) == "AVX2"
