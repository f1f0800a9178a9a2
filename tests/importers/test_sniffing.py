"""Any file: which format, which packing, which sentence."""

from __future__ import annotations

import gzip
import json
import lzma
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plum_edge.errors import BadInput, UsageError
from plum_edge.importers import FORMATS, Imported, read

LINES = "\n".join(
    json.dumps({"id": ident, "created_at": day, "messages": [{"role": "user", "content": f"This is {ident}: żółć."}]})
    for ident, day in (("a", "2026-03-01T09:00:00+01:00"), ("b", "2026-04-01"), ("c", "2026-05-01T00:30:00+02:00"))
).encode()
SESSIONS = json.dumps(
    {
        "_metadata": {"person_name": "Somebody"},
        "dialogues": [
            {
                "session_identifier": "Fitness_4:S1_01",
                "session_uuid": "3fd35a7e",
                "current_time": "2025-12-15 (Monday)",
                "dialogue_turns": [{"speaker": "User", "content": "Hello"}],
            }
        ],
    },
    indent=1,
).encode()


def file(folder: Path, content: bytes, name: str = "file.txt") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def refusal(path: Path, format: str | None = None) -> str:
    with pytest.raises(BadInput) as caught:
        read(path, format)
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(("content", "name"), [(LINES, "jsonl"), (SESSIONS, "realmem")])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress])
@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\r\n  \n"])
def test_the_content_says_what_it_is(tmp_path: Path, content: bytes, name: str, pack: type, before: bytes) -> None:
    plain = read(file(tmp_path, content, "plain.doc"))
    packed = read(file(tmp_path, pack(before + content), "misleading.jpg"))
    assert packed.format == plain.format == name
    assert packed.skipped == ()
    assert [c.messages for c in packed.conversations] == [c.messages for c in plain.conversations]


@pytest.mark.parametrize(("name", "content"), [("jsonl", LINES), ("realmem", SESSIONS)])
def test_a_format_can_be_named(tmp_path: Path, name: str, content: bytes) -> None:
    assert read(file(tmp_path, content), name).format == name


def test_windows_line_ends(tmp_path: Path) -> None:
    assert len(read(file(tmp_path, LINES.replace(b"\n", b"\r\n") + b"\r\n\r\n")).conversations) == 3


def test_since_compares_moments(tmp_path: Path) -> None:
    path = file(tmp_path, LINES)

    def ids(since: str) -> list[str]:
        return [c.id for c in read(path, since=datetime.fromisoformat(since)).conversations]

    assert ids("2026-04-01") == ["b", "c"]  # days are the user's own, in the file and in the wish
    assert ids("2026-04-30T22:30:00+00:00") == ["c"]  # 00:30 at +02:00 is still April in UTC
    assert ids("2026-04-30T22:30:01+00:00") == []
    assert ids("1990-01-01") == ["a", "b", "c"]


def test_refusals_have_a_sentence(tmp_path: Path) -> None:
    assert "is empty" in refusal(file(tmp_path, b""))
    assert "is empty" in refusal(file(tmp_path, b" \r\n\t\n"))
    assert "is empty" in refusal(file(tmp_path, gzip.compress(b"")))
    assert "not a text file" in refusal(file(tmp_path, bytes(range(256)) * 10))
    assert "no such file" in refusal(tmp_path / "missing")
    (tmp_path / "empty").mkdir()
    assert "is empty" in refusal(tmp_path / "empty")
    for foreign in (b"Dear diary", b"[1, 2]", b'{"some": "thing"}', b"id,text\n1,hello", "{}".encode("utf-16")):
        sentence = refusal(file(tmp_path, foreign))
        assert "format is not known" in sentence
        assert all(name in sentence for name in FORMATS)
    with pytest.raises(UsageError, match=r"'chatgtp'.*jsonl"):
        read(file(tmp_path, LINES), "chatgtp")


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_a_damaged_archive_is_said(tmp_path: Path, pack: type) -> None:
    packed = bytearray(pack(LINES * 50))
    assert "compressed file is damaged" in refusal(file(tmp_path, bytes(packed[:-12])))
    packed[len(packed) // 2] ^= 0xFF
    assert "compressed file is damaged" in refusal(file(tmp_path, bytes(packed)))


def test_an_id_counts_once(tmp_path: Path) -> None:
    found = read(file(tmp_path, LINES + b"\n" + LINES.replace(b"This is b", b"Another b")))
    assert [c.id for c in found.conversations] == ["a", "b", "c"]
    assert [c.position for c in found.conversations] == [0, 1, 2]
    assert [skip.where for skip in found.skipped] == ["conversation 4", "conversation 5", "conversation 6"]
    assert "'b' is that of conversation 2" in found.skipped[1].why


def test_undated_files_get_the_date_of_the_file(tmp_path: Path) -> None:
    import os

    path = file(tmp_path, b'{"messages": [{"role": "user", "content": "When?"}]}')
    os.utime(path, (1_700_000_000, 1_700_000_000.9))
    (conversation,) = read(path).conversations
    assert conversation.created_at == datetime.fromtimestamp(1_700_000_000, UTC)


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
@example(b"[" * 100_000)
@example(b'{"messages":' + b"[" * 100_000)
@example(b'{"messages":' + b"9" * 5000 + b"}")
@example(b'{"messages": [{"role": "user", "content": "\\ud83d"}]}')
def test_no_bytes_end_in_a_traceback(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in (None, *FORMATS):
            for whole in (content, b'{"dialogues": ' + content, b'{"messages": ' + content):
                try:
                    assert isinstance(read(file(Path(folder), whole), name), Imported)
                except UsageError:
                    continue


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([LINES, SESSIONS]), st.integers(1, 10_000))
def test_a_file_cut_anywhere_is_whole_or_refused(content: bytes, cut: int) -> None:
    cut = 1 + cut % (len(content) - 1)
    with tempfile.TemporaryDirectory() as folder:
        path = file(Path(folder), content[:cut])
        try:
            found = read(path)
        except BadInput as error:
            assert "line" in str(error) or "format is not known" in str(error)
        else:
            whole = read(file(Path(folder), content, "whole"))
            assert found.conversations == whole.conversations[: len(found.conversations)]
            assert content[cut - 1 : cut] == b"\n" or content[cut : cut + 1] in (b"\n", b"")
