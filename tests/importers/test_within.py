"""What lies beside conversations in a folder or an archive is passed over, and said; what the user named is refused."""

from __future__ import annotations

import gzip
import io
import random
import sqlite3
import tarfile
import zipfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from plum_edge.config import Log
from plum_edge.errors import BadInput, CutShort, UsageError
from plum_edge.importers import Reading, Skip, Wishes
from plum_edge.importers.stream import Budget
from plum_edge.records import Conversation
from tests.importers.shapes.local import LLM
from tests.importers.shapes.services import chatgpt
from tests.importers.shapes.talk import dump

TALK = dump([chatgpt("talk")])
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256))
CHAT = b"12.03.2026, 10:30 - Jan: Who has the key?\n12.03.2026, 10:31 - Ola: I have.\n"
UNCLEAR = b"3/4/2026, 10:30 - Jan: Who has the key?\n3/4/2026, 10:31 - Ola: I have.\n"


def zipped(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def tarred(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


def encrypted() -> bytes:
    content = bytearray(zipped({"letter.txt": b"Dear Ola"}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    return bytes(content)


def other_database() -> bytes:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE embeddings (id TEXT, vector BLOB)")
        return bytes(database.serialize())


def deep() -> bytes:
    content = b"Dear Ola"
    for _ in range(6):
        content = gzip.compress(content)
    return content


def packed(kind: str, folder: Path, files: Mapping[str, bytes]) -> Path:
    """Return a folder or an archive with these files."""
    folder.mkdir(exist_ok=True)
    path = folder / kind
    if kind != "folder":
        path.write_bytes(zipped(files) if kind == "zip" else tarred(files))
        return path
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def brought(path: Path, **wishes: Any) -> tuple[list[str], list[Skip], Reading]:
    reading = Reading(path, Wishes(log=Log("UTC"), **wishes))
    found = list(reading)
    talks = [one.id for one in found if isinstance(one, Conversation)]
    return talks, [one for one in found if isinstance(one, Skip)], reading


KINDS = pytest.mark.parametrize("kind", ["folder", "zip", "tar"])
NOISE = random.Random(3).randbytes(3000)
BROKEN: dict[str, tuple[bytes, str]] = {
    "an encrypted zip": (encrypted(), "it is encrypted. Unpack it with its password first."),
    "a gz that was cut": (gzip.compress(NOISE)[:-900], "the compressed file is damaged or incomplete"),
    "a gz that was changed": (b"\x1f\x8b\x08\0 not a gz at all", "the compressed file is damaged or incomplete"),
    "a zip that was cut": (zipped({"a": NOISE})[:-60], "the compressed file is damaged or incomplete"),
    "archives in archives": (deep(), "more than 4 archives lie one in another"),
    "half of UTF-16": (b"\xff\xfea\0b", "it begins as UTF-16 text and is none"),
    "a damaged database": (b"SQLite format 3\0" + NOISE, "the database cannot be read"),
    "a chat": (CHAT, "it is a chat between people: say who of them you are. --me NAME, of: 'Jan', 'Ola'"),
    "a template": (b'[{"mapping": {}, "message": {{ here }} }]', "not valid JSON"),
}  # fmt: skip


@KINDS
@pytest.mark.parametrize("name", ["a/file-1", "z/file-1"])
@pytest.mark.parametrize("what", BROKEN)
def test_a_file_beside_that_cannot_be_read_is_passed_over_and_said(
    tmp_path: Path, kind: str, name: str, what: str
) -> None:
    content, why = BROKEN[what]
    files = dict(sorted({name: content, "conversations.json": TALK}.items()))
    path = packed(kind, tmp_path, files)
    talks, (skip,), reading = brought(path)
    assert talks == ["talk"]
    assert skip.where.startswith(str(path))
    assert name in skip.where
    assert skip.why.startswith(why)
    assert str(path) not in skip.why
    assert "Nothing was imported" not in skip.why
    assert dict(reading.formats) == {"chatgpt": 1}


@KINDS
@pytest.mark.parametrize("what", BROKEN)
def test_where_there_is_no_conversation_beside_it_the_error_stays(tmp_path: Path, kind: str, what: str) -> None:
    content, why = BROKEN[what]
    path = packed(kind, tmp_path, {"file-1": content, "photo.png": PNG, "user.json": b'{"id": "u"}'})
    with pytest.raises(UsageError) as caught:
        brought(path)
    said = str(caught.value)
    assert "file-1" in said
    assert why.removeprefix("it is ").split(":")[0].split(".")[0] in said


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_was_named_keeps_its_error(tmp_path: Path, what: str) -> None:
    (tmp_path / "file-1").write_bytes(BROKEN[what][0])
    with pytest.raises(UsageError):
        brought(tmp_path / "file-1")


@KINDS
def test_a_database_of_another_program_is_a_file_of_another_kind(tmp_path: Path, kind: str) -> None:
    path = packed(kind, tmp_path, {"embeddings.db": other_database(), "logs.db": LLM[1].content})
    talks, skips, reading = brought(path)
    assert (talks, skips) == (["01key"], [])
    assert (dict(reading.formats), sum(reading.strangers.values())) == ({"llm": 1}, 1)
    with pytest.raises(BadInput, match=r"embeddings\.db: it is a database of another program\. Nothing was imported\."):
        brought(packed(kind, tmp_path / "alone", {"embeddings.db": other_database(), "photo.png": PNG}))


@KINDS
def test_a_format_that_was_named_is_not_held_against_pictures(tmp_path: Path, kind: str) -> None:
    path = packed(kind, tmp_path, {"a.png": PNG, "b.txt": b"Dear Ola", "conversations.json": TALK, "z.png": PNG})
    talks, (skip,), reading = brought(path, format="chatgpt")
    assert (talks, sum(reading.strangers.values()), dict(reading.formats)) == (["talk"], 2, {"chatgpt": 1})
    assert "b.txt line 1, column 1" in skip.where
    with pytest.raises(BadInput, match=r"a\.png.*not UTF-8"):
        brought(packed(kind, tmp_path / "alone", {"a.png": PNG}), format="chatgpt")


def test_what_must_be_answered_is_asked_before_other_errors(tmp_path: Path) -> None:
    path = packed("folder", tmp_path, {"a.gz": BROKEN["a gz that was cut"][0], "b.db": other_database(), "c.txt": CHAT})
    with pytest.raises(UsageError, match="--me NAME"):
        brought(path)
    talks, (skip,), _ = brought(path, me="Jan")
    assert len(talks) == 1
    assert skip.where.endswith("a.gz")


@pytest.mark.parametrize(
    ("chat", "me", "why"),
    [
        (CHAT, "Ewa", "Nobody in it is called 'Ewa'. There are: 'Jan', 'Ola'"),
        (UNCLEAR, "Jan", "it does not tell whether its dates (3/4/2026) begin with the day or the month. "
         "Say which: --date-order dmy or mdy"),
    ],
)  # fmt: skip
def test_a_chat_that_leaves_a_question_is_said_with_what_to_answer(
    tmp_path: Path, chat: bytes, me: str, why: str
) -> None:
    path = packed("zip", tmp_path, {"chat.txt": chat, "conversations.json": TALK})
    assert [skip.why for skip in brought(path, me=me)[1]] == [why]


# What is refused all the same ---------------------------------------------------------------------------------------


@KINDS
def test_a_file_that_breaks_off_after_conversations_is_refused(tmp_path: Path, kind: str) -> None:
    three = dump([chatgpt("a"), chatgpt("b"), chatgpt("c")])
    cut = three[: three.rindex(b"spare key of the allotment")]
    path = packed(kind, tmp_path, {"1.json": cut, "2.json": TALK})
    with pytest.raises(CutShort, match="--salvage to take the 2 whole conversations"):
        brought(path)
    assert brought(path, salvage=True)[0] == ["a", "b", "talk"]


def test_undated_conversations_before_the_damage_count(tmp_path: Path) -> None:
    line = dump({"messages": [{"role": "user", "content": "When?"}]}) + b"\n"
    path = packed("zip", tmp_path, {"1.jsonl": line + b'{"messages": ]\n', "2.json": TALK})
    with pytest.raises(BadInput, match="line 2"):
        brought(path)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_an_archive_that_was_named_and_cut_is_refused_whatever_came_before(tmp_path: Path, share: float) -> None:
    content = tarred({"conversations.json": TALK, "photo.png": PNG + NOISE * 100, "chat.gz": gzip.compress(NOISE)})
    (tmp_path / "export.tar.gz").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(BadInput, match="damaged or incomplete"):
        brought(tmp_path / "export.tar.gz")


def test_a_bomb_refuses_the_archive_that_it_lies_in_and_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Budget, "of", classmethod(lambda cls, name, size: cls(name, 1 << 20)))
    bomb = tarred({"zeros.bin": bytes(8 << 20), "conversations.json": TALK})
    path = packed("folder", tmp_path, {"bomb.tar.gz": bomb, "conversations.json": TALK})
    with pytest.raises(BadInput, match="unpacks to more than"):
        brought(path / "bomb.tar.gz")
    with pytest.raises(BadInput, match="unpacks to more than"):
        brought(packed("zip", tmp_path, {"bomb.tar.gz": bomb, "conversations.json": TALK}))
    talks, (skip,), _ = brought(path)
    assert (talks, skip.where) == (["talk"], str(path / "bomb.tar.gz"))
