"""Files that are cut short, damaged, hostile, or in another encoding: a sentence that names the place."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.errors import BadInput, CutShort, UsageError
from plum_edge.importers import Imported, Wishes, read, values
from plum_edge.importers.stream import Budget, Stream
from tests.importers.shapes.services import chatgpt
from tests.importers.shapes.talk import FOUR, MESSAGES, dump, lines

THREE = dump([chatgpt("a"), chatgpt("b"), chatgpt("c")])


def file(folder: Path, content: bytes, name: str = "export.json") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def refusal(path: Path, **wishes: Any) -> str:
    with pytest.raises(BadInput) as caught:
        read(path, wishes=Wishes(**wishes))
    return str(caught.value)


# JSON ---------------------------------------------------------------------------------------------------------------


def found(raw: bytes, *lists: str) -> list[Any]:
    return [one.value for one in values.values(Stream(io.BytesIO(raw), "x"), *lists)]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60)
@given(st.lists(json_values, max_size=5), st.sampled_from([None, 0, 2]), st.booleans(), st.integers(1, 7))
def test_parting_a_file_gives_what_parsing_it_gives(
    made: list[Any], indent: int | None, plain: bool, piece: int
) -> None:
    raw = json.dumps(made, indent=indent, ensure_ascii=plain).encode("utf-8", "surrogatepass")
    before, values._PIECE = values._PIECE, piece
    try:
        assert found(raw) == made
        assert found(b'{"a": [1], "list": ' + raw + b', "b": {"list": [2]}}', "list") == made
        assert found(b"\n".join(json.dumps(one).encode() for one in [{"v": value} for value in made])) == [
            {"v": value} for value in made
        ]
    finally:
        values._PIECE = before


@settings(max_examples=60)
@given(st.lists(json_values, min_size=1, max_size=3), st.integers(1, 10_000), st.booleans())
def test_a_cut_is_named_with_its_place(made: list[Any], cut: int, lined: bool) -> None:
    whole = json.dumps(made, indent=1 if lined else None, ensure_ascii=False).encode("utf-8", "replace").decode()
    before = whole[: 1 + cut % (len(whole) - 1)]
    with pytest.raises(BadInput) as caught:
        found(before.encode())
    if isinstance(caught.value, CutShort):
        column = len(before) - before.rfind("\n")
        assert f"line {before.count(chr(10)) + 1}, column {column:,}" in str(caught.value)


def test_a_whole_indented_json_is_never_called_cut_short(tmp_path: Path) -> None:
    for indent in (None, 1, 4, "\t"):
        for value in (chatgpt(), {"messages": MESSAGES}, {"something": {"else": [1, 2, 3]}}, {"messages": [{}]}):
            path = file(tmp_path, json.dumps(value, indent=indent).encode())
            try:
                read(path)
            except BadInput as error:
                assert "cut short" not in str(error)
                assert not isinstance(error, CutShort)


@pytest.mark.parametrize("tail", [b"\n", b"\r\n  ", b"\n\n"])
def test_a_truncated_export_says_where_and_how_many_are_whole(tmp_path: Path, tail: bytes) -> None:
    cut = THREE.rindex(b"spare key of the allotment")
    said = refusal(file(tmp_path, THREE[:cut]))
    column = len(THREE[:cut].decode()) + 1
    assert (
        f"export.json line 1, column {column:,}: the file ends in the middle of a string. Nothing was imported." in said
    )
    assert "It was probably cut short; get the file again, or use --salvage to take the 2 whole conversations." in said
    taken = read(file(tmp_path, THREE[:cut]), wishes=Wishes(salvage=True))
    assert [c.id for c in taken.conversations] == ["a", "b"]
    assert [skip.why for skip in taken.skipped] == [
        "the file ends in the middle of a string; what stands before it was taken"
    ]
    assert len(read(file(tmp_path, THREE + tail)).conversations) == 3


def test_salvage_of_nothing_is_refused(tmp_path: Path) -> None:
    assert "--salvage" not in refusal(file(tmp_path, THREE[:900]))
    assert "nothing in it could be used" in refusal(file(tmp_path, THREE[:900]), salvage=True)


def test_json_that_is_wrong_names_its_place(tmp_path: Path) -> None:
    assert "line 3, column 2: not valid JSON" in refusal(
        file(tmp_path, b'[\n{"mapping": {}, "message": 1},\n{]'), format="chatgpt"
    )
    assert "line 2, column 13" in refusal(file(tmp_path, b'{"messages": []}\n{"id": "cut \n{"messages": []}'))
    assert "this is not UTF-8 text" in refusal(file(tmp_path, lines({"messages": MESSAGES}) + b'{"messages": "\xff"}'))


def test_deep_nesting_is_a_sentence(tmp_path: Path) -> None:
    for deep in (b"[" * 100_000, b'{"a":' * 100_000, b'[{"mapping": ' + b"[" * 5000 + b"]" * 5000 + b"}]"):
        for name in ("chatgpt", "jsonl", "openwebui", "realmem"):
            assert "nested too deeply" in refusal(file(tmp_path, deep), format=name)


def test_a_conversation_that_is_too_long_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "LONGEST", 1 << 16)
    long = chatgpt("long", filler="x" * (1 << 18))
    for content in (
        dump([chatgpt("a"), long, chatgpt("b")]),
        dump({"conversations": [chatgpt("a"), long, chatgpt("b")]}),
    ):
        taken = read(file(tmp_path, content))
        assert [c.id for c in taken.conversations] == ["a", "b"]
        assert [(skip.where, skip.why) for skip in taken.skipped] == [("conversation 2", "longer than 0 MB")]


def test_circles_in_trees_end(tmp_path: Path) -> None:
    talk = chatgpt()
    talk["mapping"]["m"]["parent"] = "mmmm"
    talk["mapping"]["s"]["parent"] = "s"
    (one,) = read(file(tmp_path, dump([talk]))).conversations
    assert [(m.role, m.content) for m in one.messages] == list(FOUR)


# Text ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_other_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    content = THREE.decode().encode(encoding)
    assert [c.id for c in read(file(tmp_path, content)).conversations] == ["a", "b", "c"]
    assert read(file(tmp_path, content)).conversations[0].messages[2].content == FOUR[2][1]


def test_broken_encodings_are_a_sentence(tmp_path: Path) -> None:
    assert "UTF-16" in refusal(file(tmp_path, THREE.decode().encode("utf-16")[:-1]))
    assert "not a text file" in refusal(file(tmp_path, THREE.decode().encode("utf-32")))


@pytest.mark.parametrize(
    "said",
    [
        "a\0b",
        "line\r\nline\rline\n",
        "cafe\u0301 and café",
        "\ufeffbefore",
        "👩‍👩‍👧 ﷽",
        "x\u2028y\x0b\x1b[2J",
        "  kept  ",
    ],
)
def test_text_is_kept_exactly(tmp_path: Path, said: str) -> None:
    (one,) = read(
        file(tmp_path, dump([chatgpt(mapping={"a": {**chatgpt()["mapping"]["m"], "parent": None}})]))
    ).conversations
    assert one.messages
    talk = chatgpt()
    talk["mapping"]["m"]["message"]["content"]["parts"] = [said]
    (one,) = read(file(tmp_path, dump([talk]))).conversations
    assert one.messages[0].content == said


def test_half_a_surrogate_pair_is_shown_as_what_is_missing(tmp_path: Path) -> None:
    talk = lines({"messages": [{"role": "user", "content": "PLACE"}]}).replace(b"PLACE", rb"\ud83d\ude00 and \ud83d.")
    assert read(file(tmp_path, talk)).conversations[0].messages[0].content == "😀 and \ufffd."


# Archives -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["zip", "tar.gz", "gz", "xz"])
@settings(max_examples=25)
@given(st.data())
def test_a_damaged_archive_is_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    content = bytearray(archive(name, THREE))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(1, len(content)))
    path = file(tmp_path_factory.mktemp("damaged"), bytes(content[:cut]))
    with contextlib.suppress(UsageError):
        assert isinstance(read(path), Imported)


def archive(kind: str, content: bytes, name: str = "conversations.json") -> bytes:
    made = io.BytesIO()
    if kind in ("gz", "xz"):
        return gzip.compress(content) if kind == "gz" else lzma.compress(content)
    if kind == "zip":
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr(name, content)
    else:
        with tarfile.open(fileobj=made, mode="w:gz") as tar:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return made.getvalue()


@pytest.mark.parametrize("kind", ["gz", "xz", "zip"])
def test_a_bomb_is_refused_while_it_unpacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(Budget, "of", classmethod(lambda cls, name, size: cls(name, 1 << 20)))
    bomb = b'[{"mapping": {}, "message": "' + b"x" * (8 << 20) + b'"}]'
    assert "unpacks to more than" in refusal(file(tmp_path, archive(kind, bomb)))


def test_a_budget_is_a_multiple_of_the_packed_size() -> None:
    assert Budget.of("x", 10).left == 1 << 30
    assert Budget.of("x", 1 << 30).left == 400 << 30


def test_archives_in_archives_end(tmp_path: Path) -> None:
    nested = THREE
    for _ in range(3):
        nested = archive("zip", nested, "inner.zip")
    assert len(read(file(tmp_path, nested)).conversations) == 3
    for _ in range(3):
        nested = gzip.compress(nested)
    assert "archives lie one in another" in refusal(file(tmp_path, nested))


def test_an_encrypted_zip_is_a_sentence(tmp_path: Path) -> None:
    content = bytearray(archive("zip", THREE))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    assert "it is encrypted" in refusal(file(tmp_path, bytes(content)))


def test_a_takeout_as_html_says_what_to_choose(tmp_path: Path) -> None:
    page = b'<html><head><title>My Activity History</title></head><body class="mdl-grid">Gemini Apps</body></html>'
    for path in (
        file(tmp_path, page, "MyActivity.html"),
        file(tmp_path, archive("zip", page, "MyActivity.html"), "t.zip"),
    ):
        said = refusal(path)
        assert "JSON in place of HTML" in said
    assert "web page" in refusal(file(tmp_path, b"<!DOCTYPE html><html><body>Chat</body></html>", "chat.html"))


def test_what_is_no_file_is_a_sentence(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe")
    assert "neither a file nor a folder" in refusal(tmp_path / "pipe")
