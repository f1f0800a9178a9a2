"""What is removed from a home, and what is left in it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.night import erase
from plum_edge.paths import Home
from plum_edge.records import Conversation, Message
from plum_edge.store import Store
from tests.store.samples import empty_store
from tests.strategies import said

typed = said.map(str.strip).filter(lambda line: line and "\r" not in line)


def history(lines: list[str]) -> bytes:
    """Return an input history as prompt_toolkit writes it."""
    entries = (
        "\n# 2026-03-12 10:00:00.000000\n" + "".join(f"+{part}\n" for part in line.split("\n")) for line in lines
    )
    return "".join(entries).encode()


@settings(deadline=None, max_examples=30)
@given(st.lists(typed, max_size=6), st.lists(typed, min_size=1, max_size=3))
def test_the_input_history_loses_what_was_said_and_nothing_else(others: list[str], gone: list[str]) -> None:
    others = [line for line in others if line not in gone]
    mixed = (
        [line for pair in zip(others, gone, strict=False) for line in pair] + others[len(gone) :] + gone[len(others) :]
    )
    with empty_store() as store:
        home = Home(store.path.parent)
        home.history.write_bytes(history(mixed))
        turns = tuple(Message("user", f" {line}\n") for line in gone)
        store.log.add([Conversation("a", "", datetime(2026, 3, 12, tzinfo=UTC), turns)])
        store.forgetting.begin(["a"], None, {}, keep_log=False)
        erase.carry_on(home, store)
        assert home.history.read_bytes() == history(others)
        assert store.forgetting.pending() == []


def test_only_what_is_ours_and_of_nothing_goes(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with Store.open(home, create=True) as store:
        for name in ("adapters/0007/adapter.gguf", "adapters/.0008.x.tmp/adapter.gguf", "adapters/mine/adapter.gguf"):
            (home.root / name).parent.mkdir()
            (home.root / name).write_bytes(os.urandom(3000))
        for name in ("checkpoints/step-000001.safetensors", "checkpoints/epoch.safetensors", "models/base.gguf"):
            (home.root / name).write_bytes(os.urandom(3000))
        (home.checkpoints / "holiday.jpg").write_text("not ours")
        outside = tmp_path / "outside.gguf"
        outside.write_text("not ours")
        (home.checkpoints / "passing.gguf").symlink_to(outside)
        assert erase.checkpoints(home, store, in_work=False) == 2
        assert erase.checkpoints(home, store) == 1
        assert erase.adapters(home, store) == 2
    left = sorted(str(path.relative_to(home.root)) for path in home.root.rglob("*") if path.is_file())
    assert left == ["adapters/mine/adapter.gguf", "checkpoints/holiday.jpg", "log.db", "models/base.gguf"]
    assert outside.read_text() == "not ours"


def test_what_links_lead_to_is_left_unless_it_is_ours(tmp_path: Path) -> None:
    """A folder may lie on another disk: what we wrote there goes, and what else is there is of others."""
    home, disk = Home(tmp_path / "home"), tmp_path / "disk"
    for name in ("adapters", "backups", "checkpoints", "logs", "reports"):
        (disk / name).mkdir(parents=True)
        (disk / name / "thesis.txt").write_text("mine")
        (home.root / name).parent.mkdir(exist_ok=True)
        (home.root / name).symlink_to(disk / name)
    (disk / "0007").mkdir()
    (disk / "0007" / "thesis.txt").write_text("mine")
    (disk / "adapters" / "0007").symlink_to(disk / "0007")
    (disk / "checkpoints" / "step-000001.safetensors").write_text("learned")
    with Store.open(home, create=True) as store:
        store.log.add([Conversation("a", "", datetime(2026, 3, 12, tzinfo=UTC), (Message("user", "hello"),))])
        store.forgetting.begin(["a"], None, {}, keep_log=False)
        erase.carry_on(home, store)
    left = sorted(path.relative_to(disk).parent.name for path in disk.rglob("*") if path.is_file())
    assert left == ["0007", "adapters", "backups", "checkpoints", "logs", "reports"]
    assert not (disk / "checkpoints" / "step-000001.safetensors").exists()


def test_what_was_erased_is_written_over(tmp_path: Path) -> None:
    """A second name of the same file shows what was done to its bytes."""
    home = Home(tmp_path / "home")
    with Store.open(home, create=True) as store:
        path, other = home.checkpoints / "epoch.safetensors", tmp_path / "other name"
        path.write_bytes(b"periwinkle" * 1000)
        other.hardlink_to(path)
        erase.checkpoints(home, store)
    assert not path.exists()
    assert other.read_bytes() == bytes(10_000)
