"""What is killed: four commands, each with the home that it finds and what it leaves when nobody disturbs it.

Made once, at the beginning: the homes are copied for each trial.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from plum_edge import Memory
from plum_edge.fold import Fold
from plum_edge.paths import Home
from tests.story import bytes_of, make_home, talk, write_jsonl
from tests.tiny import tiny_base

GONE = 1
"""The number of the conversation that is forgotten."""
_ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Scene:
    """A command, where it begins, and how it ends undisturbed."""

    name: str
    before: Path
    arguments: tuple[str, ...]
    expected: dict[str, object]
    seconds: float
    moments: dict[str, int]


def prepare(folder: Path) -> list[Scene]:
    """Make the homes, and run each command once without disturbing it."""
    base = tiny_base(folder / "base")
    first = write_jsonl(folder / "first.jsonl", [talk(0), talk(1)])
    second = write_jsonl(folder / "second.jsonl", [talk(0, more=True), talk(2), talk(4)])
    home = make_home(folder / "home", base)
    found: list[Scene] = []

    with Memory(home) as memory:
        memory.import_file(first)
        memory.consolidate()
    found.append(_scene(folder, home, "import", ("import", str(second))))
    with Memory(home) as memory:
        memory.import_file(second)
    found.append(_scene(folder, home, "consolidate", ("consolidate",)))

    learned = Path(shutil.copytree(home, folder / "learned"))
    with Memory(learned) as memory:  # all of the night but its end: the adapter is to be made, examined and promoted
        fold = Fold(Home(learned), memory.store, memory.config, memory.base)
        state = fold.head()
        for segment in memory.store.log.plan():
            fold.augment(segment)
            state = fold.learn(segment, state).state
    found.append(_scene(folder, learned, "promote", ("consolidate",)))

    with Memory(home) as memory:
        memory.consolidate()
    said = talk(GONE).messages[0].content
    (home / "history").write_text(f"\n# 2026-03-13 19:30:00\n+{said}\n\n# 2026-03-14 08:00:00\n+What else?\n")
    found.append(_scene(folder, home, "forget", ("forget", f"talk-{GONE}", "--yes")))
    return found


def run(home: Path, arguments: tuple[str, ...], mode: str = "none", number: int = 0) -> subprocess.Popen[bytes]:
    """Begin a command on a home, in a process of its own that may be one to die by itself."""
    call = [sys.executable, "-m", "tests.torture.child", mode, str(number), "--home", str(home), *arguments]
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    return subprocess.Popen(
        call, cwd=_ROOT, env=os.environ | threads, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def _scene(folder: Path, home: Path, name: str, arguments: tuple[str, ...]) -> Scene:
    before = Path(shutil.copytree(home, folder / "before" / name))
    after = Path(shutil.copytree(home, folder / "after" / name))
    began = time.monotonic()
    process = run(after, arguments, "count")
    _, said = process.communicate()
    took = time.monotonic() - began
    if process.returncode:
        raise RuntimeError(f"{name} does not even run undisturbed: {said.decode()}")
    disk, store = map(int, said.decode().splitlines()[-1].split()[1:])
    return Scene(name, before, arguments, bytes_of(after), took, {"disk": disk, "store": store})
