"""Coverage-guided fuzzing of the importers: ``python -m tests.fuzz.importers SECONDS`` (needs ``pip install atheris``).

Starts from a file of every format in every shape, and lets atheris change them. Ends with the first file that causes
anything but conversations or a sentence, and leaves it in the folder it was started in (``crash-…``). Not a test: tests
are in tests/importers/test_fuzz.py, and need no atheris.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["plum_edge.importers"]):
    from plum_edge.errors import UsageError
    from plum_edge.importers import FORMATS, Wishes, read

from tests.importers.shapes import SHAPES
from tests.store.samples import IN_MEMORY

_NAMES = list(FORMATS)


def main(seconds: int) -> None:
    """Fuzz for so many seconds. The first byte of an input chooses the format; beyond them it is sniffed."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for number, shape in enumerate(SHAPES):
            (corpus / f"{number:03d}").write_bytes(bytes([_NAMES.index(shape.format)]) + shape.content)
            (corpus / f"{number:03d}-sniffed").write_bytes(b"\xff" + shape.content)
        path = Path(folder, "export.json")

        def one(data: bytes) -> None:
            chosen = _NAMES[data[0]] if data and data[0] < len(_NAMES) else None
            path.write_bytes(data[1:])
            with contextlib.suppress(UsageError):
                found = read(path, wishes=Wishes(format=chosen, me="Jan", salvage=len(data) % 2 == 0))
                for conversation in found.conversations:
                    assert conversation.id and conversation.messages
                    assert conversation.created_at.utcoffset() is not None
                    "".join((conversation.title, *(m.content + m.name for m in conversation.messages))).encode()

        options = [f"-max_total_time={seconds}", "-max_len=20000", "-timeout=20", "-rss_limit_mb=1500", str(corpus)]
        atheris.Setup([sys.argv[0], *options], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
