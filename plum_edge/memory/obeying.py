"""A copy of the log obeys what the user decided here since it was made: what to forget, and what never to learn.

Changes the copy alone; what is to be learned again waits in it. Knows nothing of where the copy comes from.
"""

from __future__ import annotations

from collections.abc import Sequence

from plum_edge.night import erase
from plum_edge.store import Store


def forget_again(copy: Store, current: Store) -> list[str]:
    """Take out of the copy what was forgotten here since; return the ids."""
    gone = copy.copies.obey(current.copies)
    if gone:
        _take_back(copy, gone, keep_log=False)
        copy.forgetting.rewrite()
    return gone


def exclude_again(copy: Store, current: Store) -> list[str]:
    """Let the copy never learn what is never to be learned here since; return the ids.

    What was taken back here is taken back there, too.
    """
    excluded = copy.copies.exclude(current.copies)
    taken_back = [one for one in excluded if current.forgetting.first_seq([one]) is None]
    learned = [one for one in taken_back if copy.forgetting.first_seq([one]) is not None]
    if learned:
        _take_back(copy, learned, keep_log=True)
    return excluded


def _take_back(copy: Store, ids: Sequence[str], *, keep_log: bool) -> None:
    made_with = {str(step.seq): erase.made_with(step) for step in copy.runs.steps()}
    for earlier in copy.forgetting.pending():  # what it is to learn again counts as it was before that
        made_with |= earlier.detail.get("made_with", {})
    detail = {"made_with": made_with}
    request = copy.forgetting.begin(ids, _clean(copy, ids), detail, keep_log=keep_log)
    copy.forgetting.delete(request)


def _clean(copy: Store, ids: Sequence[str]) -> str | None:
    """Return the adapter in use, or the last one before it, of the same base, that never saw these conversations."""
    active, first = copy.runs.active(), copy.forgetting.first_seq(ids)
    if active is None or first is None or active.segments < copy.forgetting.position(first):
        return active.id if active else None
    base, held = copy.runs.manifest(active.id).get("base_sha256"), copy.forgetting.position(first)
    clean = [one.id for one in copy.runs.promoted() if one.segments < held and copy.runs.made_for(one.id, base)]
    return clean[-1] if clean else None
