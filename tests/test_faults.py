"""A disk that fails once at every place where it is asked for anything: a sentence each time, and nothing is lost."""

from __future__ import annotations

import errno
import itertools
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plum_edge import Memory, cli, paths
from plum_edge.errors import NoSpace, StoreError
from plum_edge.paths import sha256_file
from tests.story import SAID, bytes_of, make_home, states, talk, traces, wrong_in
from tests.tiny import tiny_base

_SENTENCES = {
    errno.ENOSPC: (NoSpace, r"No space left on the disk that holds .+\. "),
    errno.EIO: (StoreError, r"The disk failed at .+\(Input/output error\)\. "),
}
_ALL_THERE = r"Everything that was there is still there\."
_OTHERS_THERE = r"The forgetting is not finished and carries on; every other conversation is still there\."


class FailsOnce:
    """A disk that fails the first time that a kind of file is written, synced or renamed, and works the next time.

    It is full the one time and broken the next, by turns.
    """

    def __init__(self, *numbers: int) -> None:
        self.numbers = itertools.cycle(numbers)
        self.number = 0
        self.seen: list[tuple[str, str]] = []

    def __call__(self, operation: paths.Operation, path: Path) -> None:
        kind = (operation, re.sub(r"(?<=\.)\w{8}(?=\.tmp)|(?<=making-)\w{8}|\d{4,}", "N", path.name))
        if kind not in self.seen:
            self.seen.append(kind)
            self.number = next(self.numbers)
            raise OSError(self.number, os.strerror(self.number), str(path))


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of two learned conversations, and a third that waits."""
    folder = tmp_path_factory.mktemp("faults")
    home = make_home(folder / "home", tiny_base(folder))
    with Memory(home) as memory:
        memory.add([talk(0), talk(1)])
        memory.consolidate()
        memory.add([talk(2)])
    said = SAID[0]
    (home / "history").write_text(f"\n# 2026-03-13 19:30:00\n+{said}\n\n# 2026-03-14 08:00:00\n+What else?\n")
    return home


@pytest.fixture
def undisturbed(learned: Path, tmp_path: Path) -> Iterator[Callable[[str], dict[str, object]]]:
    """Give what a command, or two, make of the home when nothing fails."""

    def after(command: str) -> dict[str, object]:
        home = Path(shutil.copytree(learned, tmp_path / "undisturbed"))
        assert run(home, command) == 0
        return bytes_of(home)

    yield after


def run(home: Path, command: str) -> int:
    return cli.main(["--home", str(home), *command.split()])


def failing(
    home: Path, command: str, disk: FailsOnce, capsys: pytest.CaptureFixture[str], left: str = _ALL_THERE
) -> Iterator[None]:
    """Give a command until the disk has failed everywhere; yield after each failure, said with what is ``left``."""
    capsys.readouterr()
    for count in range(1, 60):
        code = run(home, command)
        if code == 0:
            assert count == len(disk.seen) + 1
            return
        said = " ".join(capsys.readouterr().err.split())
        kind, sentence = _SENTENCES[disk.number]
        assert code == kind.exit_code, said
        assert re.search(sentence + left, said), said
        assert wrong_in(home) == []
        yield
    pytest.fail("it fails for ever")


def kept(home: Path) -> dict[str, str]:
    """Return the hash of every file that nothing may take away: adapters, bases, settings, history, the newest step."""
    newest = sorted((home / "checkpoints").glob("step-*"))[-1:]
    files = [path for path in home.rglob("*") if path.parts[len(home.parts)] in ("adapters", "models", "history")]
    return {str(path): content(path) for path in [*files, *newest, home / "config.toml"] if path.is_file()}


def content(path: Path) -> str:
    """Return a file's hash; a manifest's without the odds, which an adapter gets when it is examined."""
    if path.name != "manifest.json":
        return sha256_file(path)
    said = json.loads(path.read_text())
    return json.dumps({key: value for key, value in said.items() if key != "odds"}, sort_keys=True)


def test_a_night_on_a_disk_that_fails_everywhere(
    learned: Path, tmp_path: Path, undisturbed: Callable[[str], dict[str, object]],
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    expected = undisturbed("consolidate")
    home = Path(shutil.copytree(learned, tmp_path / "home"))
    for made in (home / "models").glob("*.gguf"):
        made.unlink()  # it is written too
    disk = FailsOnce(*_SENTENCES)
    monkeypatch.setattr(paths, "on_disk", disk)
    before, known = kept(home), len(states(home))
    for _ in failing(home, "consolidate", disk, capsys):
        for path, was in before.items():
            assert content(Path(path)) == was, f"{path}: everything that was there is there"
        assert len(states(home)) >= known
        with Memory(home) as memory:
            active = memory.store.runs.active()
            assert active is not None and active.id == "0001"
            assert memory.status()["conversations"] == 3
        before, known = kept(home), len(states(home))
    for name in ("epoch.safetensors", "step-N.safetensors", "adapter.safetensors", "manifest.json"):
        assert {("write", name), ("fsync", name), ("rename", name)} <= set(disk.seen)
    assert {("fsync", "adapter.gguf"), ("rename", "adapter.gguf"), ("rename", "N")} <= set(disk.seen)
    assert {("fsync folder", "checkpoints"), ("fsync folder", "adapters"), ("fsync folder", "models")} <= set(disk.seen)
    assert bytes_of(home) == expected


def test_forgetting_on_a_disk_that_fails_everywhere(
    learned: Path, tmp_path: Path, undisturbed: Callable[[str], dict[str, object]],
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    expected = undisturbed("forget talk-0 --yes")
    home = Path(shutil.copytree(learned, tmp_path / "home"))
    disk = FailsOnce(*_SENTENCES)
    monkeypatch.setattr(paths, "on_disk", disk)
    for _ in failing(home, "forget talk-0 --yes", disk, capsys, _OTHERS_THERE):
        with Memory(home) as memory:
            assert memory.store.runs.active() is None, "what is in use never saw it"
            assert memory.store.log.holds("talk-1") and memory.store.log.holds("talk-2")
    for name in ("history", "step-N.safetensors", "adapter.safetensors"):
        assert {("fsync", name)} <= set(disk.seen)
    assert bytes_of(home) == expected
    assert traces(home, [0]) == []
    assert "What else?" in (home / "history").read_text()


def test_a_log_that_cannot_be_made_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "one.jsonl"
    file.write_text('{"id": "a", "messages": [{"role": "user", "content": "My starter."}]}\n')
    monkeypatch.setattr(paths, "on_disk", FailsOnce(errno.ENOSPC))
    home = tmp_path / "home"
    command = f"import {file}"
    assert run(home, command) == NoSpace.exit_code
    assert "No space left" in capsys.readouterr().err
    assert not (home / "log.db").exists()
    codes = [run(home, command) for _ in range(3)]
    assert codes[-1] == 0
    assert wrong_in(home) == []
