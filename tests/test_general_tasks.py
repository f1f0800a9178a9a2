"""Two public tasks of multiple choice: drawn alike everywhere, with a true next turn and three of other chats.

What needs the chats finds them by $PLUM_EDGE_DATA, and is skipped without. Nothing here needs lm-evaluation-harness.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks.general_tasks import CHOICES, CONTEXT, ITEMS, TASKS, Chat, Item, chats, compared, items
from plum_edge.paths import Home
from plum_edge.records import content_hash
from plum_edge.store import Store

ROOT = Path(__file__).parents[1]
DRAWN = {"chat_next": "ce9cd9d5d32c085a", "task_next": "da4a546b211e88ec"}
"""The hash of each task's items: figures of two days are of the same ones."""

each_task = pytest.mark.parametrize("task", TASKS)
with_chats = pytest.mark.skipif(
    not Path(os.environ.get("PLUM_EDGE_DATA", "nowhere"), "pretrain").is_dir(),
    reason="needs $PLUM_EDGE_DATA: pretrain/",
)


@with_chats
@pytest.mark.data
@each_task
def test_the_items_are_the_same_everywhere(task: str) -> None:
    talks = chats(task)
    drawn = items(task, talks)
    assert len(drawn) == ITEMS
    assert items(task, dict(reversed(talks.items())), 7) == drawn[:7]
    assert content_hash(json.dumps([asdict(item) for item in drawn])) == DRAWN[task]


@with_chats
@pytest.mark.data
@each_task
def test_the_right_choice_is_the_true_next_turn_and_the_wrong_ones_are_of_other_chats(task: str) -> None:
    talks = chats(task)
    drawn = items(task, talks)
    for item in drawn:
        sound(item, talks)
    assert len({item.chats[item.answer] for item in drawn}) == ITEMS
    assert min(Counter(item.answer for item in drawn)[place] for place in range(CHOICES)) >= ITEMS / 8


def sound(item: Item, talks: dict[str, Chat]) -> None:
    """Assert what holds of every item."""
    own = item.chats[item.answer]
    who, true = talks[own][item.turn]
    assert item.choices[item.answer] == true
    before = [f"{speaker}: {text}" for speaker, text in talks[own][: item.turn]][-CONTEXT:]
    assert before and item.context.split("\n") == [*before, f"{who}:"]
    assert len({choice.casefold() for choice in item.choices}) == len(set(item.chats)) == CHOICES
    for choice, chat in zip(item.choices, item.chats, strict=True):
        assert (who, choice) in talks[chat]
        if chat != own:
            assert choice.casefold() not in {text.casefold() for _, text in talks[own]}


def made(count: int) -> dict[str, Chat]:
    """Return made-up chats that share an opening and a goodbye."""
    return {
        f"chat{n}": [
            ("A", "Hello, is this the shop with the kettles?"),
            ("B", f"It is, and we have {n} kettles and a heron left."),
            ("A", f"Then I will come for kettle number {n} tomorrow."),
            ("B", "See you then!"),
            ("A", "Goodbye, and thank you for the kettle."),
        ]
        for n in range(count)
    }


def test_what_is_said_in_many_chats_is_no_wrong_choice_to_them() -> None:
    drawn = items("chat_next", made(9))
    assert len(drawn) == 9
    for item in drawn:
        sound(item, made(9))


def test_without_enough_other_chats_there_is_no_item() -> None:
    assert items("chat_next", made(3)) == []
    assert items("chat_next", {**made(2), "short": [("A", "Is this the shop with the kettles?")]}) == []


def test_the_difference_is_of_pairs() -> None:
    base, adapted = [True] * 60 + [False] * 40, [True] * 50 + [False] * 10 + [True] * 4 + [False] * 36
    assert compared(base, adapted) == ["54.0%", "-6.0", "-13.5 to +1.7", "10", "4"]
    assert compared(base, base) == ["60.0%", "+0.0", "-2.7 to +2.7", "0", "0"]


def run(home: Path, program: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command, after a program, with other variables."""
    program += f"import runpy, sys; sys.argv = ['general_tasks', '--home', {str(home)!r}];"
    program += "runpy.run_module('benchmarks.general_tasks', run_name='__main__')"
    known = {name: value for name, value in os.environ.items() if name != "PLUM_EDGE_DATA"}
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, env=known | env)


def test_without_the_harness_it_says_how_to_install_it(tmp_path: Path) -> None:
    found = "None if name == 'lm_eval' else find(name, *more)"
    done = run(
        tmp_path, f"import importlib.util as u; find = u.find_spec; u.find_spec = lambda name, *more: {found};\n"
    )
    assert done.returncode == 20 and "pip install 'plum-edge[lm-eval]'" in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_the_chats_it_says_where_they_should_be(tmp_path: Path) -> None:
    Store.open(Home.find(tmp_path), create=True).close()
    found = "u if name == 'lm_eval' else find(name, *more)"
    program = f"import importlib.util as u; find = u.find_spec; u.find_spec = lambda name, *more: {found};\n"
    done = run(tmp_path, program, PLUM_EDGE_DATA=str(tmp_path))
    assert done.returncode == 2 and "Set PLUM_EDGE_DATA" in done.stderr
    assert done.stderr.count("\n") == 1
