"""What plum-edge ships for a base beside its entry: models/NAME/, of files that say for which weights they were made.

A file for other weights of the same name is passed over: a primer would be wrong on them, and samples another's words.
"""

from __future__ import annotations

from pathlib import Path

from plum_edge.bases import catalogue
from plum_edge.bases.local import Base
from plum_edge.paths import data_dir

PRIMER, READER, GENERAL = "primer.safetensors", "reader.gguf", "general.jsonl"


def shipped(base: Base, name: str) -> Path | None:
    """Return the file of that name which ships with a base, in its own folder or in that of its entry; or None.

    The caller holds the hash in it against the base's.
    """
    entry = catalogue.like(base.name, base.sha256)
    places = [base.folder, *([data_dir("models") / entry.name] if entry else [])]
    return next((place / name for place in places if (place / name).is_file()), None)
