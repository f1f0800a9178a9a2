"""Findings: each names what is wrong, what to do, and has the exit code of its class."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge import doctor
from plum_edge.backends.pick import available
from plum_edge.config import Config, Model, Train
from plum_edge.doctor import Finding, machine
from plum_edge.doctor import home as looks
from plum_edge.errors import (
    BadConfig,
    ConversionMismatch,
    IntegrityError,
    NoBackend,
    NoModel,
    PlumError,
    StoreDamaged,
    StoreError,
)
from plum_edge.night import scheduler
from plum_edge.paths import Home, sha256_file
from plum_edge.records import Adapter
from plum_edge.store import Store
from plum_edge.store.lock import locked
from tests.tiny import tiny_base


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with an empty store."""
    home = Home(tmp_path / "home")
    Store.open(home, create=True).close()
    return home


def test_a_good_home_has_nothing_wrong(home: Home) -> None:
    before = sorted(home.root.rglob("*"))
    findings = list(doctor.examine(home))
    assert [one.name for one in findings] == [
        "python", "config", "backend", "products", "llama.cpp", "model", "home", "store", "adapters", "checkpoints",
        "orphans", "disk", "memory", "clock", "schedule", "crash",
    ]  # fmt: skip
    found = {one.name: one for one in findings}
    assert found["store"].state == found["home"].state == found["backend"].state == found["llama.cpp"].state == "ok"
    assert re.search(r"[1-9]\d* threads?, \d+ GFLOP/s", found["products"].found)
    assert all(one.remedy for one in findings if one.state != "ok")
    assert sorted(home.root.rglob("*")) == before


def test_it_makes_no_home(tmp_path: Path) -> None:
    home = Home(tmp_path / "none")
    found = {one.name: one for one in doctor.examine(home)}
    assert found["home"].state == found["store"].state == found["adapters"].state == "ok"
    assert not home.root.exists()


def test_what_others_can_open_is_wrong_and_the_remedy_mends_it(home: Home) -> None:
    home.log.chmod(0o644)
    home.models.chmod(0o755)
    found = looks.permissions(home)
    assert (found.state, found.error) == ("wrong", StoreError)
    assert "and 1 more" in found.found
    assert f"chmod -R go-rwx {home.root}" in found.remedy
    home.models.chmod(0o700)
    home.log.chmod(0o600)
    assert looks.permissions(home).state == "ok"


def test_a_damaged_store(home: Home) -> None:
    home.log.write_bytes(home.log.read_bytes()[:5000])
    found = looks.store(home)
    assert (found.state, found.error) == ("wrong", StoreDamaged)


def test_what_cannot_be_read_is_found_and_the_rest_is_looked_at(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(shutil, "disk_usage", refused)
    findings = list(doctor.examine(home))
    (found,) = (one for one in findings if one.name == "disk")
    assert (found.error, found.found) == (StoreError, f"{home.root} cannot be read (Permission denied)")
    assert (findings[-1].name, doctor.exit_code(findings)) == ("crash", 10)


def test_settings_that_are_wrong(home: Home) -> None:
    home.config.write_text("[train]\nrank = 0\n", encoding="utf-8")
    found = next(one for one in doctor.examine(home) if one.name == "config")
    assert found.error is BadConfig
    assert "train.rank" in found.found


def test_a_backend_and_a_base_that_are_not_there(home: Home) -> None:
    home.config.write_text('[model]\nbase = "nothing"\n[train]\nbackend = "torch"\n', encoding="utf-8")
    home.config.chmod(0o600)
    findings = list(doctor.examine(home))
    found = {one.name: one for one in findings}
    assert (found["backend"].error is NoBackend) == bool(available()["torch"])
    assert found["model"].error is NoModel
    assert doctor.exit_code(findings) == 20


def test_the_backend_says_why() -> None:
    assert "asked for" in machine.backend(Config(train=Train(backend="mlx"))).found


def test_memory_says_what_a_night_takes(tmp_path: Path) -> None:
    assert re.search(r"a night takes about [\d,.]+ [MG]B, the base in f32", machine.memory(Config()).found)
    folder = tiny_base(tmp_path)
    sizes = json.loads((folder / "config.json").read_text()) | {"intermediate_size": 10**10}
    (folder / "config.json").write_text(json.dumps(sizes))
    finding = machine.memory(Config(model=Model(str(folder))))
    assert finding.state == "wrong" and doctor.exit_code([finding]) == 20
    assert "GB are free" in finding.found and "smaller base" in finding.remedy


def test_a_full_disk(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(home.root)
    for free, state in ((10**7, "wrong"), (5 * 10**8, "advice"), (10**11, "ok")):
        monkeypatch.setattr(shutil, "disk_usage", lambda _path, free=free: usage._replace(free=free))
        assert machine.disk(home).state == state


ERRORS = (StoreDamaged, StoreError, IntegrityError, ConversionMismatch, NoModel, NoBackend, BadConfig)


@given(st.lists(st.sampled_from(ERRORS)))
def test_the_exit_code_is_that_of_the_gravest(errors: list[type[PlumError]]) -> None:
    code = doctor.exit_code([Finding("x", "y", error=error) for error in errors] + [Finding("fine", "")])
    assert code == next((c for c in (10, 22, 20, 2) if c in {error.exit_code for error in errors}), 0)


def with_adapter(home: Home) -> Path:
    """Put an adapter into a home that has one file, and return that file."""
    file = home.adapters / "0001" / "adapter.gguf"
    file.parent.mkdir(parents=True, mode=0o700)
    file.write_bytes(b"weights")
    with Store.open(home, create=False) as store:
        store.runs.add_adapter(Adapter("0001", False, None, str(file), sha256_file(file), 1), {"id": "0001"})
    return file


def test_an_adapter_that_is_not_what_was_written(home: Home) -> None:
    file = with_adapter(home)
    assert looks.adapters(home, Config()).state == "ok"
    (file.parent / "manifest.json").write_text('{"id": "0002"}')
    assert "manifest.json is not what was written" in looks.adapters(home, Config()).found
    (file.parent / "manifest.json").unlink()
    file.write_bytes(b"Weights")
    found = looks.adapters(home, Config())
    assert (found.error, found.remedy) == (IntegrityError, "They are not in use. Clear them: plum-edge adapters prune")
    with Store.open(home, create=False) as store:
        store.runs.use("0001")
    found = looks.adapters(home, Config())
    assert "which is in use" in found.found and "adapters use" in found.remedy
    file.unlink()
    assert "is gone" in looks.adapters(home, Config()).found


def test_orphans_are_swept_when_asked_and_nothing_else(home: Home) -> None:
    kept = [with_adapter(home), home.config, home.root / "notes.txt", home.adapters / "mine", home.models / "base.gguf"]
    for path in kept[1:]:
        path.write_text("mine")
    left = [home.adapters / "0002", home.adapters / ".0003.x.tmp", home.models / ".making-x"]
    for folder in left:
        folder.mkdir()
        (folder / "adapter.gguf").write_bytes(bytes(1000))
    loose = [home.checkpoints / name for name in ("step-000007.safetensors", "passing.gguf")]
    loose.append(home.root / ".config.toml.abc.tmp")
    for path in loose:
        path.write_bytes(bytes(1000))
    assert not {left[2], loose[2]} & {*doctor.orphans(home)[1]}, "what is made without the lock may be in work"
    for path in (left[2] / "adapter.gguf", left[2], loose[2]):
        os.utime(path, (0, 0))
    finding, found = doctor.orphans(home)
    assert sorted(found) == sorted([*left, *loose])
    assert (finding.state, "and 3 more" in finding.found, "doctor --yes" in finding.remedy) == ("advice", True, True)
    with locked(home):
        assert "a night is running" in doctor.orphans(home)[0].found
    assert sorted(doctor.sweep(home, found)) == sorted(found)
    assert not any(path.exists() for path in found)
    assert all(path.exists() for path in kept)
    assert doctor.orphans(home)[1] == []


def test_a_schedule_that_is_broken_is_advice(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert looks.schedule(home).state == "ok"
    broken = {"installed": True, "scheduler": "cron", "at": "03:00", "problem": "it is odd", "remedy": "Mend it"}
    monkeypatch.setattr(scheduler, "status", lambda _home: broken)
    assert (looks.schedule(home).state, looks.schedule(home).remedy) == ("advice", "Mend it")


def test_a_night_that_broke_off_is_named_until_its_trace_is_removed(home: Home) -> None:
    assert looks.crash(home).state == "ok"
    trace = home.root / "logs" / "crash.txt"
    trace.parent.mkdir()
    trace.write_text("2026-03-14, process 7")
    assert looks.crash(home).state == "advice" and str(trace) in looks.crash(home).remedy


@pytest.mark.skipif(bool(available()["mlx"]) or sys.platform != "linux", reason="of MLX on Linux")
def test_mlx_on_linux_is_said_to_be_slow(home: Home) -> None:
    found = machine.products(Config(train=Train(backend="mlx", threads=2)), home)
    assert "mlx, 1 thread," in found.found and "plum-edge[torch]" in found.remedy
