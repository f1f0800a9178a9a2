"""Whether anything that was said is still to be read in a folder: the raw bytes of its files are searched.

It is done in a process of its own, which is this file: a process that opens a database past SQLite and closes it again
loses the locks that it has on it (sqlite.org/howtocorrupt.html, 2.2), and forgetting has the log open. Knows nothing of
what the files are. What is only in a model's weights is no text and is not found by it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the process of its own has nothing but the standard library
    from plum_edge.records import Conversation

_SHORTEST = 16
"""Characters below which a sentence is anybody's."""
_MOST = 48
"""Sentences that are looked for: the longest ones."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_CHUNK = 8 << 20
_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")


def sentences(conversations: Iterable[Conversation], others: Iterable[Conversation]) -> list[str]:
    """Return the sentences of conversations that none of the ``others`` holds too, the longest ones."""
    found = {one for talk in conversations for text in _texts(talk) for one in _split(text)}
    kept = [text for talk in others for text in _texts(talk)] if found else []
    found.difference_update(one for text in kept for one in _split(text))  # spares searching the log for each of them
    longest = sorted(found, key=lambda one: (-len(one), one))
    own = (one for one in longest if not any(one in text for text in kept))
    return list(islice(own, _MOST))


def search(folder: Path, texts: Sequence[str], *, skip: Iterable[Path] = ()) -> list[Path]:
    """Return the files below ``folder`` that hold any of the texts, in UTF-8 or UTF-16; ``skip`` names folders."""
    if not texts:
        return []
    asked = json.dumps({"folder": str(folder), "texts": list(texts), "skip": [str(one) for one in skip]})
    call = [sys.executable, "-I", __file__]  # the texts go through a pipe: who lists processes sees none of them
    done = subprocess.run(call, input=asked.encode(), stdout=subprocess.PIPE, check=True)
    return [Path(one) for one in json.loads(done.stdout)]


def _search(folder: Path, texts: Sequence[str], skip: tuple[Path, ...]) -> list[Path]:
    needles = [text.encode(encoding) for text in texts for encoding in _ENCODINGS]
    return [path for path in _files(folder, skip) if within(_read(path), needles)]


def _files(folder: Path, skipped: tuple[Path, ...]) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not any(path.is_relative_to(one) for one in skipped):
            yield path


def within(pieces: Iterable[bytes], needles: Sequence[bytes]) -> bool:
    """Return whether any of the needles is in what the pieces make together."""
    longest, tail = max(map(len, needles)), b""
    for piece in pieces:
        window = tail + piece
        if any(needle in window for needle in needles):
            return True
        tail = window[-longest:]
    return False


def _read(path: Path) -> Iterator[bytes]:
    """Yield a file in pieces; nothing of one that has just gone, or is not ours to read."""
    with suppress(FileNotFoundError, PermissionError), path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _texts(talk: Conversation) -> Iterator[str]:
    yield talk.title
    yield from (message.content for message in talk.messages)


def _split(text: str) -> Iterator[str]:
    return (one.strip() for one in _SENTENCE.split(text) if len(one.strip()) >= _SHORTEST)


if __name__ == "__main__":
    asked = json.load(sys.stdin.buffer)
    found = _search(Path(asked["folder"]), asked["texts"], tuple(map(Path, asked["skip"])))
    json.dump([str(path) for path in found], sys.stdout)
