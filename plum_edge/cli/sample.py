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

NIGHT = 8
"""Conversations learned in one night."""
FIRST = 40
"""Conversations of a demo that is not ``--all``: five nights."""
TALKED = (
    "Have we had a chat about the kitchen tap?",
    "Did we ever get into lemon curd?",
    "Does the removal van ring a bell?",
)
"""Asked before and after; each is about one of the first conversations."""
NEVER = ("Have we had a chat about violin lessons?", "Did we ever get into beekeeping?")
"""Asked after: nothing in the sample is about them."""

_MARKER = "demo.json"


def own(chosen: Home | None, *, fresh: bool) -> Home:
    """Return the demo's home, made now where it is new; ``fresh`` empties the one that an earlier demo made.

    Raises:
        UsageError: the folder holds something that no demo has put there. It was not touched.
    """
    home = chosen or Home(Home.find().root / "demo")
    marker = home.root / _MARKER
    with disk_errors(home.root):
        if not marker.exists() and home.root.exists() and any(home.root.iterdir()):
            raise UsageError(f"{home.root} is not empty and was not made by demo. It was not touched.", _ELSEWHERE)
        if fresh and marker.exists():
            _empty(home.root)
    home.create()
    with atomic_write(marker) as file:
        file.write(json.dumps({"made_by": "plum-edge demo"}).encode() + b"\n")
    return home


_ELSEWHERE = "Choose another folder: plum-edge demo --home DIR"


def load(memory: Memory, count: int | None) -> dict[str, Any]:
    """Import the first ``count`` conversations of the sample, or all; return what `Memory.import_file` does."""
    with _passing(memory.home, _lines("conversations.jsonl")[:count]) as path:
        return memory.import_file(path)


@contextmanager
def gold(memory: Memory, learned: Collection[str]) -> Iterator[Path]:
    """Give a file with the hand-written questions about these conversations, and those about none."""
    about = (*learned, None)
    asked = [line for line in _lines("questions.jsonl") if json.loads(line).get("conversation") in about]
    with _passing(memory.home, asked) as path:
        yield path


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
