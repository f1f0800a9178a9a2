"""Retrieval beside the weights: what the log says about a question, and a yes or no by its score alone.

    library.context("bm25_passages", "Did we talk about the tap?")

Knows nothing of SQLite, of the model that reads, or of adapters.
"""

from __future__ import annotations

from plum_edge.retrieve.content import content_words
from plum_edge.retrieve.library import Library, Ranking, Way
from plum_edge.retrieve.retriever import PASSAGE, Retriever
from plum_edge.retrieve.said import Said

__all__ = ["PASSAGE", "Library", "Ranking", "Retriever", "Said", "Way", "content_words"]
