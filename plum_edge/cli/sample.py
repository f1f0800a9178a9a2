"""The sample user of `demo`: the conversations, the questions, and the home that is the demo's own.

Knows nothing of learning and of what is shown.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plum_edge.errors import UsageError
from plum_edge.paths import Home, atomic_write, data_dir, disk_errors

if TYPE_CHECKING:
    from plum_edge import Memory

NIGHT = 5
"""Conversations learned in one night."""
FIRST = 10
"""Conversations of a demo that is not ``--all``: two nights."""
TALKED = (
    "Have we had a chat about the kitchen tap?",
    "Did we ever get into lentil soup?",
    "Does the choir audition ring a bell?",
)
"""Asked before and after; each is about one of the first conversations."""
NEVER = ("Have we had a chat about violin lessons?", "Did we ever get into beekeeping?")
"""Asked after: nothing in the sample is about them."""

_MARKER = "demo.json"


def own(chosen: Home | None, *, fresh: bool, base: str = "") -> Home:
    """Return the demo's home, made now where it is new; ``fresh`` empties the one that an earlier demo made.

    ``base`` is the model that it is to use; by default the one that it used before, or whatever is set.

    Raises:
        UsageError: the folder holds something that no demo has put there, or a demo on another base. Nothing was done.
    """
    home = chosen or Home(Home.find().root / "demo")
    marker = home.root / _MARKER
    with disk_errors(home.root):
        if not marker.exists() and home.root.exists() and any(home.root.iterdir()):
            raise UsageError(f"{home.root} is not empty and was not made by demo. It was not touched.", _ELSEWHERE)
        if fresh and marker.exists():
            _empty(home.root)
    used = json.loads(marker.read_text(encoding="utf-8")).get("base", "") if marker.exists() else base
    if base and base.lower() != used.lower():
        raise UsageError(
            f"{home.root} was made with {used or 'the base that is set'}.",
            f"Begin again with the other: plum-edge demo --base {base} --fresh",
        )
    home.create()
    if base and not home.config.exists():
        with atomic_write(home.config) as file:
            file.write(f"[model]\nbase = {json.dumps(base)}\n".encode())
    with atomic_write(marker) as file:
        file.write(json.dumps({"made_by": "plum-edge demo", "base": used}).encode() + b"\n")
    return home


_ELSEWHERE = "Choose another folder: plum-edge demo --home DIR"


def load(memory: Memory, count: int | None) -> dict[str, Any]:
    """Import the first ``count`` conversations of the sample, or all; return what `Memory.import_file` does."""
    with _passing(memory.home, _lines("conversations.jsonl")[:count]) as path:
        return memory.import_file(path)


@contextmanager
def gold(memory: Memory, learned: Collection[str]) -> Iterator[Path]:
    """Give a file with hand-written questions: those about these conversations, and as many to be answered with no.

    These are *crossed*: questions that are true of later conversations, which this memory never had. What is asked and
    how it is worded says nothing then; only who had the conversation does.
    """
    every = [json.loads(line) for line in _lines("questions.jsonl")]
    own = [one for one in every if one["conversation"] in learned and one["answer"] != "no"]
    later = sorted({one["conversation"] for one in every if one["conversation"]} - set(learned))[-_LATER:]
    others = [one for one in every if one["conversation"] in later and one["answer"] == "yes"]
    wanted = sum(one["answer"] == "yes" for one in own)
    drawn = [others[n * len(others) // wanted] for n in range(wanted)] if len(others) >= wanted else others
    crossed = [{**one, "answer": "no", "kind": "far", "conversation": None} for one in drawn]
    with _passing(memory.home, [json.dumps(one) for one in (*own, *crossed)]) as path:
        yield path


_LATER = 60
"""Conversations at the end of the sample that crossed questions are taken from: far from those that are learned."""


def _lines(name: str) -> list[str]:
    return (data_dir("samples") / "nora" / name).read_text(encoding="utf-8").splitlines()


@contextmanager
def _passing(home: Home, lines: list[str]) -> Iterator[Path]:
    """Give a file in the home with these lines, gone afterwards."""
    path = home.root / "sample.jsonl"
    with atomic_write(path) as file:
        file.write("".join(f"{line}\n" for line in lines).encode())
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _empty(folder: Path) -> None:
    """Remove everything in the folder, the marker last: stopped halfway, it is still the demo's."""
    for path in sorted(folder.iterdir(), key=lambda path: path.name == _MARKER):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
