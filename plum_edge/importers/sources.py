"""The files that a path stands for: itself, those of a folder, those in an archive, and archives in archives.

Nothing is unpacked onto the disk, so that no name in an archive leads anywhere; what an archive may become is bounded
while it is read. Links within folders and archives are not followed. Knows nothing of formats.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

from plum_edge.errors import BadInput, CutShort
from plum_edge.importers.base import Source, Unread
from plum_edge.importers.stream import Budget, Readable, Stream, TooMuch

_DEEPEST = 4
"""Archives in archives."""
_INNER = 1 << 28
"""Bytes of an archive within another that are held in memory: a zip file is read from its end."""
_XZ_MEMORY = 1 << 28
_ENCRYPTED = 0x1

DAMAGED = (
    EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error, zipfile.BadZipFile, tarfile.TarError, struct.error,
    NotImplementedError,
)  # fmt: skip
"""What the readers of archives raise for a bad one."""


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn what reading a file can raise into our own errors."""
    try:
        yield
    except EOFError as error:
        raise CutShort(name, "the compressed file is damaged or incomplete") from error
    except DAMAGED as error:
        remedy = "Nothing was imported. It was probably cut short; get the file again."
        raise BadInput(name, f"the compressed file is damaged or incomplete ({error})", remedy) from error
    except OSError as error:
        raise BadInput(name, f"it cannot be read ({error.strerror or error})") from error


class Sources:
    """One walk over everything that a path stands for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._done = 0
        self._open: IO[bytes] | None = None

    @property
    def done(self) -> int:
        """Bytes on the disk that were read so far."""
        return self._done + (self._open.tell() if self._open and not self._open.closed else 0)

    def size(self) -> int:
        """Return the bytes on the disk that there are to read."""
        return sum(_size(path) for path in self._files())

    def __iter__(self) -> Iterator[Source | Unread]:
        """Yield the files, each to be read before the next; of one within the path that cannot be unpacked, why.

        Raises:
            BadInput: there is no such path, it is no file, or as an archive it is damaged.
        """
        with reading(str(self.path)):
            if not self.path.exists():
                raise BadInput(str(self.path), "there is no such file")
            if not self.path.is_dir() and not self.path.is_file():
                raise BadInput(str(self.path), "it is neither a file nor a folder")
        for path in self._files():
            yield from self._file(path) if path == self.path else _within(str(path), self._file(path))
            self._done += _size(path)

    def _files(self) -> Iterator[Path]:
        if not self.path.is_dir():
            yield self.path
            return
        for folder, folders, names in os.walk(self.path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                path = Path(folder, name)
                if not name.startswith(".") and not path.is_symlink() and path.is_file():
                    yield path

    def _file(self, path: Path) -> Iterator[Source | Unread]:
        name = str(path)
        with reading(name):
            modified = datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
            with path.open("rb") as file:
                self._open = file
                budget = Budget.of(name, _size(path))
                yield from _unpacked(file, name, path.name, modified, budget, path)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _within(name: str, files: Iterator[Source | Unread]) -> Iterator[Source | Unread]:
    """Yield what one file of a folder or archive holds; where that cannot be unpacked, why: it may be anything."""
    try:
        with reading(name):
            yield from files
    except BadInput as error:
        if isinstance(error, TooMuch) and error.name != name:  # the file on the disk, around this one, is at its end
            raise
        yield Unread(name, error)


def _unpacked(
    file: Readable, name: str, base: str, modified: datetime, budget: Budget, path: Path | None = None, level: int = 0,
    *, packed: bool = False,
) -> Iterator[Source | Unread]:  # fmt: skip
    """Yield what a file is, or what the files in it are. ``packed``: its bytes come out of a decompressor."""
    stream = Stream(file, name, budget.spend if packed else lambda _count: None)
    unpack = _container(stream.plain)
    if unpack == "":
        yield Source(name, base, stream, modified, path=path)
    elif level == _DEEPEST:
        raise BadInput(name, f"more than {_DEEPEST} archives lie one in another")
    elif unpack == "zip":
        yield from _zip(file if path else stream, name, modified, budget, level + 1)
    elif unpack == "tar":
        yield from _tar(stream, name, modified, budget, level + 1)
    else:
        inner = _decompressed(unpack, _Exact(stream))
        stem = base.rsplit(".", 1)[0] if base.lower().endswith((".gz", ".xz", ".bz2")) else base
        yield from _unpacked(inner, name, stem, modified, budget, level=level + 1, packed=True)


def _container(head: bytes) -> str:
    """Return how a file is packed, by its first bytes, or nothing."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith(b"\x1f\x8b"):
        return "gz"
    if head.startswith(b"\xfd7zXZ\x00"):
        return "xz"
    if head.startswith(b"BZh") and head[4:10] == b"1AY&SY":
        return "bz2"
    return "tar" if head[257:262] == b"ustar" else ""


def _decompressed(kind: str, file: _Exact) -> Readable:
    if kind == "gz":
        return cast(Readable, gzip.GzipFile(fileobj=cast(IO[bytes], file), mode="rb"))
    return _Pieces(file, kind)


def _zip(file: Any, name: str, modified: datetime, budget: Budget, level: int) -> Iterator[Source | Unread]:
    if isinstance(file, Stream):
        held = file.all(_INNER)
        if held is None:
            raise BadInput(name, "it is too large for an archive in an archive", "Unpack the outer one first.")
        file = io.BytesIO(held)
    try:
        archive = zipfile.ZipFile(file)
    except (ValueError, OverflowError) as error:  # offsets that lead nowhere
        raise zipfile.BadZipFile(str(error)) from error
    with archive:
        for member in archive.infolist():
            base = member.filename.rsplit("/", 1)[-1]
            if member.is_dir() or base.startswith(".") or member.filename.startswith("__MACOSX/"):
                continue
            if member.flag_bits & _ENCRYPTED:
                raise BadInput(name, "it is encrypted", "Nothing was imported. Unpack it with its password first.")
            shown = f"{name}: {member.filename}"
            yield from _within(shown, _member(archive, member, shown, _stamped(member, modified), budget, level))


def _member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, shown: str, modified: datetime, budget: Budget, level: int
) -> Iterator[Source | Unread]:
    try:
        opened = archive.open(member)
    except (ValueError, RuntimeError, OverflowError) as error:
        raise zipfile.BadZipFile(str(error)) from error
    with opened:
        base = member.filename.rsplit("/", 1)[-1]
        yield from _unpacked(opened, shown, base, modified, budget, level=level, packed=True)


def _stamped(member: zipfile.ZipInfo, modified: datetime) -> datetime:
    try:
        stamp = datetime(*member.date_time, tzinfo=UTC)
    except ValueError:
        return modified
    return stamp if stamp.year > 1980 else modified  # 1980 is what zip writes for "none"


def _tar(stream: Stream, name: str, modified: datetime, budget: Budget, level: int) -> Iterator[Source | Unread]:
    with tarfile.open(fileobj=cast(IO[bytes], _Exact(stream)), mode="r|") as archive:
        for member in archive:
            base = member.name.rsplit("/", 1)[-1]
            if not member.isreg() or member.issparse() or base.startswith("."):
                continue
            opened = archive.extractfile(member)
            if opened is not None:
                stamp = datetime.fromtimestamp(member.mtime, UTC) if 0 < member.mtime < 1e11 else modified
                shown = f"{name}: {member.name}"
                yield from _within(shown, _unpacked(opened, shown, base, stamp, budget, level=level))


class _Exact:
    """A stream that gives as many bytes as it is asked for, while there are any, as the readers of archives expect."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        pieces: list[bytes] = []
        while size and (piece := self._stream.read(size if size > 0 else 1 << 16)):
            pieces.append(piece)
            size -= len(piece) if size > 0 else 0
        return b"".join(pieces)


class _Pieces:
    """What an xz or bz2 file unpacks to. Python's own files know no limit of memory."""

    def __init__(self, file: _Exact, kind: str) -> None:
        self._file, self._kind = file, kind
        self._reader = self._new()
        self._waiting = b""

    def _new(self) -> Any:
        return bz2.BZ2Decompressor() if self._kind == "bz2" else lzma.LZMADecompressor(memlimit=_XZ_MEMORY)

    def read(self, size: int = 1 << 16, /) -> bytes:
        while True:
            if self._reader.eof:
                self._waiting = self._reader.unused_data.lstrip(b"\0") or self._file.read(1 << 16).lstrip(b"\0")
                if not self._waiting:
                    return b""
                self._reader = self._new()
            elif self._reader.needs_input:
                self._waiting = self._file.read(1 << 16)
                if not self._waiting:
                    raise EOFError
            try:
                piece: bytes = self._reader.decompress(self._waiting, size)
            except OSError as error:  # bz2's word for damage
                raise lzma.LZMAError(str(error)) from error
            self._waiting = b""
            if piece:
                return piece
