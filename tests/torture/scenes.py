"""What is killed: six commands, each with the home that it finds and what it leaves when nobody disturbs it.

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
from plum_edge.errors import GateRefused
from plum_edge.paths import Home
from plum_edge.train.fold import Fold
from tests.story import bytes_of, make_home, talk, write_jsonl
from tests.tiny import tiny_base

_NIGHTS = 12
"""Nights after which refusals must have come to an end."""
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
    nights: bool = False
    """Whether one run is not the end of it: after a refusal another night tries another way."""


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
    doubted = Path(shutil.copytree(home, folder / "doubted"))
    settings = doubted / "config.toml"
    settings.write_text(settings.read_text().replace("min_new = 0.0", "min_new = 1.0\nattempts = 2"))
    run(doubted, ("consolidate",)).communicate()  # refused: now halves are judged, tried in smaller steps, set aside
    found.append(_scene(folder, doubted, "refused", ("consolidate",), nights=True))

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
    found.append(_scene(folder, home, "use", ("adapters", "use", "0001")))
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


def finish(home: Path, arguments: tuple[str, ...], *, nights: bool, timeout: float) -> tuple[int, str]:
    """Run a command to its end, night after night where one is not enough; return how it ended and what it said.

    Raises:
        subprocess.TimeoutExpired: it hangs.
    """
    for _ in range(_NIGHTS if nights else 1):
        process = run(home, arguments)
        try:
            _, said = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        if process.returncode != GateRefused.exit_code:
            break
    return process.returncode, said.decode().strip()


def _scene(folder: Path, home: Path, name: str, arguments: tuple[str, ...], *, nights: bool = False) -> Scene:
    before = Path(shutil.copytree(home, folder / "before" / name))
    after = Path(shutil.copytree(home, folder / "after" / name))
    began = time.monotonic()
    process = run(after, arguments, "count")
    _, said = process.communicate()
    took = time.monotonic() - began
    disk, store = map(int, said.decode().splitlines()[-1].split()[1:])
    code = process.returncode
    if nights and code == GateRefused.exit_code:
        code, _ = finish(after, arguments, nights=True, timeout=600)
    if code:
        raise RuntimeError(f"{name} does not even run undisturbed: {said.decode()}")
    return Scene(name, before, arguments, bytes_of(after), took, {"disk": disk, "store": store}, nights)
