"""Where a night broke off: frames and kinds of errors, and no word of a conversation."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from plum_edge.errors import StoreDamaged
from plum_edge.night import crashlog, nightlog
from plum_edge.paths import Home

SECRET = "my blood test"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


def broken() -> None:
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        raise ValueError(f"cannot read {SECRET!r}") from error


def test_a_crash_leaves_where_it_was_and_not_what_it_said(home: Home) -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="blood"), nightlog.watching(home):
            broken()
    path = crashlog.found(home)
    assert path is not None and path.stat().st_mode & 0o777 == 0o600
    text = path.read_text()
    assert text.count("builtins.ValueError, which came of\n") == text.count("builtins.KeyError\n") == 2
    assert f"{__file__}:" in text and " in broken\n" in text
    assert "blood" not in text


@pytest.mark.parametrize("error", [StoreDamaged(Path("log.db"), SECRET), KeyboardInterrupt(), None])
def test_what_ends_as_it_should_leaves_nothing(home: Home, error: BaseException | None) -> None:
    try:
        with crashlog.recording(home):
            if error:
                raise error
    except (StoreDamaged, KeyboardInterrupt):
        pass
    assert crashlog.found(home) is None
    assert not crashlog.file(home).exists()


def test_a_fault_of_the_process_leaves_where_it_was(home: Home) -> None:
    program = """
import ctypes, sys
from pathlib import Path
from plum_edge.night import crashlog
from plum_edge.paths import Home

def dies():
    ctypes.string_at(0)

with crashlog.recording(Home(Path(sys.argv[1]))):
    dies()
"""
    ran = subprocess.run([sys.executable, "-c", program, str(home.root)], check=False, capture_output=True)
    assert ran.returncode < 0
    path = crashlog.found(home)
    assert path is not None
    assert "Segmentation fault" in path.read_text() and "in dies" in path.read_text()


def test_no_home_is_made_and_a_file_that_is_removed_or_too_long_is_no_matter(home: Home, tmp_path: Path) -> None:
    with crashlog.recording(Home(tmp_path / "none")):
        pass
    assert not (tmp_path / "none").exists()
    crashlog.file(home).parent.mkdir()
    crashlog.file(home).write_bytes(b"x" * (1 << 20))
    with pytest.raises(ValueError, match="blood"), crashlog.recording(home):
        broken()
    assert crashlog.file(home).stat().st_size < 10_000
    with crashlog.recording(home):
        crashlog.file(home).unlink()
