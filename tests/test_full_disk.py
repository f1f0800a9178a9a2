"""A disk that is really full: a file system of a few megabytes in memory, with a ballast that leaves so much free."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from plum_edge import Memory, cli
from plum_edge.errors import NoSpace
from plum_edge.night import space
from tests.story import bytes_of, make_home, talk, traces, write_jsonl, wrong_in
from tests.tiny import tiny_base

_SIZE = 24 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a small file system; skipped where this user may not."""
    where = tmp_path / "disk"
    where.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("a full disk is a small tmpfs, and only root may mount one")
    done = subprocess.run([mount, "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", where], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"a full disk is a small tmpfs, and it cannot be mounted here: {done.stderr.strip()}")
    try:
        yield where
    finally:
        subprocess.run(["umount", "-l", where], check=True)


class Ballast:
    """A file that takes up all of a disk but so many bytes."""

    def __init__(self, disk: Path) -> None:
        self.file = disk / "ballast"

    def leave(self, free: int) -> None:
        self.throw()
        with self.file.open("wb") as file:
            left = max(0, shutil.disk_usage(self.file.parent).free - free)
            file.write(bytes(left))

    def throw(self) -> None:
        self.file.unlink(missing_ok=True)


def run(home: Path, *command: str) -> int:
    return cli.main(["--home", str(home), *command])


def test_a_full_disk_is_a_sentence_and_the_next_run_carries_on(
    disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home, ballast = make_home(disk / "home", tiny_base(tmp_path)), Ballast(disk)
    with Memory(home) as memory:
        memory.add([talk(0), talk(1)])
        monkeypatch.setattr(space, "_SPARE", 0)
        assert memory.consolidate()["status"] == "promoted"
        memory.add([talk(2), talk(4)])
    undisturbed = Path(shutil.copytree(home, tmp_path / "undisturbed"))
    with Memory(undisturbed) as memory:
        memory.consolidate()
    capsys.readouterr()

    monkeypatch.setattr(space, "_SPARE", 1 << 20)
    ballast.leave(1 << 20)
    assert run(home, "consolidate") == NoSpace.exit_code
    assert "MB are needed" in capsys.readouterr().err

    monkeypatch.setattr(space, "_SPARE", -_SIZE)  # the disk fills up after it was looked at
    for free in (0, 40_000, 200_000, 400_000):
        ballast.leave(free)
        code = run(home, "consolidate")
        said = " ".join(capsys.readouterr().err.split())
        assert code in (0, NoSpace.exit_code), said
        assert code == NoSpace.exit_code or free >= 200_000
        if code:
            assert "No space left on the disk" in said and "still there" in said
        assert not list((home / "checkpoints").glob(".*")) + list((home / "adapters").glob(".*"))
        ballast.throw()
        assert wrong_in(home) == []
        with Memory(home) as memory:
            assert memory.store.runs.active() is not None
            assert memory.status()["conversations"] == 4
    assert run(home, "consolidate") == 0
    assert bytes_of(home) == bytes_of(undisturbed)


def test_what_is_said_on_a_full_disk(disk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home, ballast = make_home(disk / "home", tiny_base(tmp_path)), Ballast(disk)
    assert run(home, "import", str(write_jsonl(tmp_path / "a.jsonl", [talk(0)]))) == 0
    ballast.leave(0)
    file = write_jsonl(tmp_path / "b.jsonl", [talk(n) for n in range(1, 6)])
    capsys.readouterr()
    assert run(home, "import", str(file)) == NoSpace.exit_code
    assert "No space left on the disk" in capsys.readouterr().err
    ballast.throw()
    with Memory(home) as memory:
        assert [one.id for one in memory.store.log.list()] == ["talk-0"], "all of a file or nothing"
    assert run(home, "import", str(file)) == 0
    assert wrong_in(home) == []


def test_forgetting_on_a_full_disk_carries_on(
    disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home, ballast = make_home(disk / "home", tiny_base(tmp_path)), Ballast(disk)
    monkeypatch.setattr(space, "_SPARE", -_SIZE)
    with Memory(home) as memory:
        memory.add([talk(0), talk(1)])
        memory.consolidate()
    unfinished = []
    for free in (0, 40_000, 80_000, 160_000):
        ballast.leave(free)
        capsys.readouterr()
        code = run(home, "forget", "talk-0", "--yes")
        said = " ".join(capsys.readouterr().err.split())
        assert code in (0, NoSpace.exit_code), said
        ballast.throw()
        assert wrong_in(home) == []
        with Memory(home) as memory:
            unfinished.append(bool(memory.store.forgetting.pending()))
            assert memory.store.log.holds("talk-1")
        assert ("Everything that was there is still there" in said) == (code > 0 and not unfinished[-1]), said
        assert ("every other conversation is still there" in said) == (code > 0 and unfinished[-1]), said
    assert any(unfinished), "it was caught in the middle"
    assert run(home, "forget", "talk-0", "--yes") == 0
    assert traces(home, [0]) == []
    with Memory(home) as memory:
        assert memory.store.forgetting.pending() == []
        assert [step.segment for step in memory.store.runs.steps()] == ["talk-1/0"]
