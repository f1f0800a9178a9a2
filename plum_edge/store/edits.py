"""What the user has changed in pairs: by conversation, and by the pair as it was made.

A recorded input of the fold: pairs that are made anew are changed in the same way, and an edit of one that is not made
any more waits. Goes with the conversation. Knows nothing of how pairs are made or learned.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from plum_edge.records import Pair
from plum_edge.store.columns import clean
from plum_edge.store.connect import Connection

_YES_OR_NO = re.compile(r"\s*(yes|no)\b", re.IGNORECASE)


def edited(pair: Pair, question: str, answer: str) -> Pair:
    """Return a pair as the user wants it.

    Raises:
        ValueError: nothing is asked or answered, or a yes/no question with something else.
    """
    question, answer = clean(question).strip(), clean(answer).strip()
    if not question or not answer:
        raise ValueError("a pair has a question and an answer")
    pair = replace(pair, question=question, answer=answer, origin="edit")
    if pair.kind == "open":
        return pair
    says = _YES_OR_NO.match(answer)
    if says is None:
        raise ValueError("the answer to a yes/no question begins with Yes or No")
    if (says[1].lower() == "yes") == (pair.polarity == "positive"):
        return pair
    now_positive = pair.polarity == "negative"
    return replace(
        pair, polarity="positive" if now_positive else "negative", style="verbatim" if now_positive else "near"
    )


class Edits:
    """Edits of one log."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def put(self, before: Pair, after: Pair | None) -> None:
        """Record that a pair is to read as another, or with None that it is dropped; what it came of stays known."""
        conversation = self._conversation(before.segment)
        made = self._c.value("SELECT made FROM edits WHERE conversation = ? AND now = ?", conversation, before.id)
        with self._c.transaction() as database:
            database.conn.execute(
                "INSERT OR REPLACE INTO edits (conversation, made, now, question, answer) VALUES (?, ?, ?, ?, ?)",
                (
                    conversation,
                    made or before.id,
                    after.id if after else None,
                    after.question if after else None,
                    after.answer if after else None,
                ),
            )

    def applied(self, segment_id: str, pairs: Iterable[Pair]) -> list[Pair]:
        """Return the pairs that were made of a segment as the user wants them."""
        rows = self._c.rows(
            "SELECT made, question, answer FROM edits WHERE conversation = ?", self._conversation(segment_id)
        )
        edits = {row["made"]: row for row in rows}
        kept = (pair for pair in pairs if pair.id not in edits or edits[pair.id]["question"] is not None)
        return [
            edited(pair, edits[pair.id]["question"], edits[pair.id]["answer"]) if pair.id in edits else pair
            for pair in kept
        ]

    def count(self) -> int:
        """Return how many pairs were changed or dropped."""
        return int(self._c.value("SELECT count(*) FROM edits"))

    def _conversation(self, segment_id: str) -> int | None:
        found = self._c.value("SELECT key FROM conversations WHERE id = ?", segment_id.rsplit("/", 1)[0])
        return None if found is None else int(found)
