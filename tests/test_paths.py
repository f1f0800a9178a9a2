"""Files that are written whole or not at all, and where they are."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path

import pytest

from plum_edge.errors import NoSpace, StoreError, UsageError
from plum_edge.paths import (
    Home,
    atomic_dir,
    atomic_write,
    cache_dir,
    data_dir,
    disk_errors,
    remembered_sha256,
    sha256_file,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is found to be full when the bytes must be on it."""

    def fsync(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)


# Home ----------------------------------------------------------------------------------------------------------------


def test_home_is_the_option_then_the_variable_then_the_platforms(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PLUM_EDGE_HOME", str(tmp_path / "variable"))
    assert Home.find(tmp_path / "option").root == tmp_path / "option"
    assert Home.find().root == tmp_path / "variable"
    assert Home.find("").root == tmp_path / "variable"
    monkeypatch.delenv("PLUM_EDGE_HOME")
    assert Home.find().root.name == "plum-edge"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Home.find("~/memory").root == tmp_path / "memory"
    monkeypatch.chdir(tmp_path)
    assert Home.find("memory").root == tmp_path / "memory"


def test_home_is_private(tmp_path: Path) -> None:
    root = tmp_path / "deep" / "home"
    root.mkdir(mode=0o755, parents=True)
    home = Home(root).create()
    assert home.create() == home
    for folder in (home.root, home.adapters, home.checkpoints, home.models):
        assert mode(folder) == 0o700


def test_everything_is_in_the_home(tmp_path: Path) -> None:
    home = Home(tmp_path)
    parts = [home.log, home.config, home.adapters, home.checkpoints, home.models, home.history, home.lock]
    assert {path.parent for path in parts} == {tmp_path}
    assert len(set(parts)) == len(parts)


# One file ------------------------------------------------------------------------------------------------------------


def test_a_file_appears_whole_and_private(tmp_path: Path) -> None:
    target = tmp_path / "new" / "file.bin"
    previous = os.umask(0)
    try:
        with atomic_write(target) as file:
            file.write(b"whole")
            assert not target.exists()
    finally:
        os.umask(previous)
    assert target.read_bytes() == b"whole"
    assert (mode(target), mode(target.parent)) == (0o600, 0o700)
    assert list(target.parent.iterdir()) == [target]
    with atomic_write(target) as file:
        file.write(b"again")
    assert target.read_bytes() == b"again"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_file_that_fails_leaves_the_old_one(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "file.bin"
    target.write_bytes(b"old")
    with pytest.raises(error), atomic_write(target) as file:
        file.write(b"new")
        raise error
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "file.bin"
    target.write_bytes(b"old")
    with pytest.raises(NoSpace, match="still there"), atomic_write(target) as file:
        file.write(b"new")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


# One folder ----------------------------------------------------------------------------------------------------------


def test_a_folder_appears_whole_and_private(tmp_path: Path) -> None:
    target = tmp_path / "adapters" / "0001"
    with atomic_dir(target) as folder:
        (folder / "adapter.gguf").write_bytes(b"whole")
        (folder / "inner").mkdir()
        (folder / "inner" / "manifest.json").write_bytes(b"{}")
        assert not target.exists()
    assert (target / "adapter.gguf").read_bytes() == b"whole"
    assert mode(target) == 0o700
    assert mode(target / "adapter.gguf") == mode(target / "inner" / "manifest.json") == 0o600
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_folder_that_fails_is_not_there(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), atomic_dir(tmp_path / "0001") as folder:
        (folder / "half").write_bytes(b"half")
        raise error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(NoSpace), atomic_dir(tmp_path / "0001") as folder:
        (folder / "half").write_bytes(b"half")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_does_not_replace_another(tmp_path: Path) -> None:
    (tmp_path / "0001").mkdir()
    (tmp_path / "0001" / "adapter.gguf").write_bytes(b"old")
    with pytest.raises(OSError), atomic_dir(tmp_path / "0001") as folder:
        (folder / "adapter.gguf").write_bytes(b"new")
    assert (tmp_path / "0001" / "adapter.gguf").read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


# The rest ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.ENOSPC, NoSpace),
        (errno.EDQUOT, NoSpace),
        (errno.EACCES, StoreError),
        (errno.EROFS, StoreError),
        (errno.EFBIG, StoreError),
    ],
)
def test_what_the_disk_says_is_a_sentence(tmp_path: Path, number: int, error: type[StoreError]) -> None:
    with pytest.raises(error, match=str(tmp_path)), disk_errors(tmp_path / "file"):
        raise OSError(number, os.strerror(number))


def test_other_errors_pass(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), disk_errors(tmp_path):
        (tmp_path / "missing").read_bytes()


def test_shipped_data_is_found() -> None:
    assert (data_dir("models") / "plum-tiny").is_dir()
    with pytest.raises(StoreError, match=r"'no such data'.*Install plum-edge again"):
        data_dir("no such data")


def test_sha256(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    assert sha256_file(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


# Hashes of large files ------------------------------------------------------------------------------------------------


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLUM_EDGE_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "model.gguf"
    path.write_bytes(bytes(5 << 20))
    os.utime(path, ns=(10**18, 10**18))
    return path


def test_a_large_file_is_hashed_once_and_again_when_it_changes(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = remembered_sha256(large)
    assert first == sha256_file(large)
    with monkeypatch.context() as patch:
        patch.setattr("plum_edge.paths.sha256_file", lambda _path: pytest.fail("read again"))
        assert remembered_sha256(large) == first
        link = large.with_name("link.gguf")
        link.symlink_to(large)
        assert remembered_sha256(link) == first
    large.write_bytes(b"x" + bytes((5 << 20) - 1))
    os.utime(large, ns=(2 * 10**18, 2 * 10**18))
    assert remembered_sha256(large) == sha256_file(large) != first


def test_a_file_that_changed_a_moment_ago_is_not_remembered(large: Path) -> None:
    os.utime(large)
    remembered_sha256(large)
    assert not (cache_dir() / "hashes.json").exists()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"model.gguf": 1}'])
def test_a_damaged_memory_is_no_memory(large: Path, content: str) -> None:
    cache_dir().mkdir()
    (cache_dir() / "hashes.json").write_text(content)
    assert remembered_sha256(large) == sha256_file(large)


def test_a_memory_that_cannot_be_written_costs_time_only(large: Path, full_disk: None) -> None:
    assert remembered_sha256(large) == sha256_file(large)


def test_what_is_gone_is_forgotten(large: Path) -> None:
    remembered_sha256(large)
    other = large.rename(large.with_name("other.gguf"))
    remembered_sha256(other)
    assert list(json.loads((cache_dir() / "hashes.json").read_text())) == [str(other)]


def test_what_stands_where_a_folder_should_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "adapters").symlink_to(tmp_path / "unplugged")
    with pytest.raises(StoreError, match="adapters is a link to a folder that is not there"):
        Home(tmp_path).create()
    (tmp_path / "adapters").unlink()
    (tmp_path / "models").write_text("a note")
    with pytest.raises(StoreError, match="models is a file, where a folder should be"):
        Home(tmp_path).create()
    assert (tmp_path / "models").read_text() == "a note"


def test_the_folder_of_a_user_who_is_not_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="~nosuch-user/x is in the folder of a user"):
        Home.find("~nosuch-user/x")
    monkeypatch.setenv("PLUM_EDGE_CACHE", "~nosuch-user/cache")
    with pytest.raises(UsageError, match="~nosuch-user/cache"):
        cache_dir()
