"""Findings: each names what is wrong, what to do, and has the exit code of its class."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge import doctor
from plum_edge.backends.base import available
from plum_edge.config import Config, Model, Train
from plum_edge.doctor import Finding
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
from plum_edge.paths import Home
from plum_edge.store import Store
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
        "python", "config", "backend", "blas", "llama.cpp", "model", "home", "store", "adapter", "disk", "memory",
        "clock",
    ]  # fmt: skip
    found = {one.name: one for one in findings}
    assert found["store"].state == found["home"].state == found["backend"].state == found["llama.cpp"].state == "ok"
    assert re.search(r"[1-9]\d* threads?, \d+ GFLOP/s", found["blas"].found)
    assert all(one.remedy for one in findings if one.state != "ok")
    assert sorted(home.root.rglob("*")) == before


def test_it_makes_no_home(tmp_path: Path) -> None:
    home = Home(tmp_path / "none")
    found = {one.name: one for one in doctor.examine(home)}
    assert found["home"].state == found["store"].state == found["adapter"].state == "ok"
    assert not home.root.exists()


def test_what_others_can_open_is_wrong_and_the_remedy_mends_it(home: Home) -> None:
    home.log.chmod(0o644)
    home.models.chmod(0o755)
    found = doctor.permissions(home)
    assert (found.state, found.error) == ("wrong", StoreError)
    assert "and 1 more" in found.found
    assert f"chmod -R go-rwx {home.root}" in found.remedy
    home.models.chmod(0o700)
    home.log.chmod(0o600)
    assert doctor.permissions(home).state == "ok"


def test_a_damaged_store(home: Home) -> None:
    home.log.write_bytes(home.log.read_bytes()[:5000])
    found = doctor.store(home)
    assert (found.state, found.error) == ("wrong", StoreDamaged)


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
    assert "asked for" in doctor.backend(Config(train=Train(backend="mlx"))).found


def test_memory_says_what_a_night_takes(tmp_path: Path) -> None:
    assert re.search(r"a night takes about [\d,.]+ [MG]B, the base in f32", doctor.memory(Config()).found)
    folder = tiny_base(tmp_path)
    sizes = json.loads((folder / "config.json").read_text()) | {"intermediate_size": 10**10}
    (folder / "config.json").write_text(json.dumps(sizes))
    finding = doctor.memory(Config(model=Model(str(folder))))
    assert finding.state == "wrong" and doctor.exit_code([finding]) == 20
    assert "GB are free" in finding.found and "smaller base" in finding.remedy


def test_a_full_disk(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(home.root)
    for free, state in ((10**7, "wrong"), (5 * 10**8, "advice"), (10**11, "ok")):
        monkeypatch.setattr(shutil, "disk_usage", lambda _path, free=free: usage._replace(free=free))
        assert doctor.disk(home).state == state


ERRORS = (StoreDamaged, StoreError, IntegrityError, ConversionMismatch, NoModel, NoBackend, BadConfig)


@given(st.lists(st.sampled_from(ERRORS)))
def test_the_exit_code_is_that_of_the_gravest(errors: list[type[PlumError]]) -> None:
    code = doctor.exit_code([Finding("x", "y", error=error) for error in errors] + [Finding("fine", "")])
    assert code == next((c for c in (10, 22, 20, 2) if c in {error.exit_code for error in errors}), 0)
