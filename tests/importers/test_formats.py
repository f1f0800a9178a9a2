"""Every format in every shape: recognised, read, in whatever packing, and stored once."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from plum_edge.config import Log
from plum_edge.importers import FORMATS, Imported, Wishes, read
from plum_edge.paths import Home
from plum_edge.store import Store
from tests.importers.shapes import SHAPES
from tests.importers.shapes.talk import Shape

UTC = Log("UTC")


def read_shape(shape: Shape, path: Path) -> Imported:
    return read(path, wishes=Wishes(me=shape.me, log=UTC))


def written(shape: Shape, folder: Path) -> Path:
    path = folder / shape.file
    path.write_bytes(shape.content)
    return path


def zipped(shape: Shape) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("user.json", '{"id": "u", "email": "me@example.org"}')
        archive.writestr("images/photo.png", b"\x89PNG\r\n\x1a\n\0\0\0")
        archive.writestr(f"../../export/{shape.file}", shape.content)
        archive.writestr("__MACOSX/._x.json", b"[]")
    return made.getvalue()


def tarred(shape: Shape, mode: str = "w") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in (("notes.md", b"# Notes"), (f"/abs/{shape.file}", shape.content)):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("link.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return made.getvalue()


PACKINGS: dict[str, Callable[[Shape], bytes]] = {
    "zip": zipped,
    "tar": tarred,
    "tar.gz": lambda shape: tarred(shape, "w:gz"),
    "tar.xz": lambda shape: tarred(shape, "w:xz"),
    "zip.gz": lambda shape: gzip.compress(zipped(shape)),
}


def names(shape: Shape) -> str:
    return f"{shape.format}: {shape.name}"


@pytest.mark.parametrize("shape", SHAPES, ids=names)
def test_a_shape_is_read(shape: Shape, tmp_path: Path) -> None:
    found = read_shape(shape, written(shape, tmp_path))
    assert found.format == shape.format
    talks = tuple(tuple((m.role, m.content) for m in c.messages) for c in found.conversations)
    assert talks == shape.talks
    if shape.ids:
        assert tuple(c.id for c in found.conversations) == shape.ids
    assert len({c.id for c in found.conversations}) == len(shape.talks)
    for conversation in found.conversations:
        assert conversation.dated == shape.dated
        assert conversation.title.strip()
        if shape.dated:
            assert conversation.created_at.date().isoformat() in ("2026-03-12", "2026-03-13")
            assert all(m.created_at is None or m.created_at.year == 2026 for m in conversation.messages)


@pytest.mark.parametrize("shape", SHAPES, ids=names)
@pytest.mark.parametrize("packing", PACKINGS)
def test_a_shape_is_read_in_an_archive(shape: Shape, packing: str, tmp_path: Path) -> None:
    path = tmp_path / "archive.bin"
    path.write_bytes(PACKINGS[packing](shape))
    found = read_shape(shape, path)
    assert found.format == shape.format
    assert tuple(tuple((m.role, m.content) for m in c.messages) for c in found.conversations) == shape.talks
    assert sorted(tmp_path.iterdir()) == [path], "nothing is unpacked"


@pytest.mark.parametrize("shape", SHAPES, ids=names)
def test_a_shape_is_stored_once(shape: Shape, tmp_path: Path) -> None:
    first = read_shape(shape, written(shape, tmp_path))
    path = tmp_path / f"{shape.file}"
    again = read_shape(shape, path)
    with Store.open(Home(tmp_path / "home"), create=True) as store:
        assert len(store.log.add(first.conversations).added) == len(shape.talks)
        assert len(store.log.add(again.conversations).unchanged) == len(shape.talks)
        assert [store.log.get(c.id) for c in first.conversations] == list(first.conversations)


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_a_single_file_keeps_its_name_when_it_is_packed(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    shape = next(one for one in SHAPES if one.format == "lmstudio")
    path = tmp_path / f"{shape.file}.{'gz' if pack is gzip.compress else 'xz'}"
    path.write_bytes(pack(shape.content))
    assert tuple(c.id for c in read(path).conversations) == shape.ids


def test_a_folder_is_walked(tmp_path: Path) -> None:
    for number, shape in enumerate(SHAPES):
        folder = tmp_path / f"{number:02d}" / "deep"
        folder.mkdir(parents=True)
        written(shape, folder)
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0\0\0")
    (tmp_path / ".hidden.json").write_bytes(b"{")
    (tmp_path / "round").symlink_to(tmp_path, target_is_directory=True)
    found = read(tmp_path, wishes=Wishes(me="Jan", log=UTC))
    assert Counter(c.source for c in found.conversations) == Counter(
        shape.format for shape in SHAPES for _ in shape.talks
    )


def test_every_format_has_three_shapes() -> None:
    count = Counter(shape.format for shape in SHAPES)
    assert count.keys() == FORMATS.keys()
    assert min(count.values()) >= 3
