"""A person mends pairs or drops them: what rests on them is learned again with the next night.

An edit is recorded, so that pairs which are made anew read the same (`store.edits`). The adapter in use stays until the
next one passes the gate: what must not be remembered is forgotten, not edited. Joins the rooms below.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plum_edge.augment.checks import contradicted
from plum_edge.errors import UsageError
from plum_edge.night import erase
from plum_edge.paths import Home, disk_errors
from plum_edge.records import Pair, Split
from plum_edge.store import Store
from plum_edge.store.edits import edited
from plum_edge.store.lock import locked

_NOTHING = "Nothing was changed."
_SPLITS: tuple[Split, ...] = ("train", "held_out")


def pairs(store: Store, names: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return the pairs of these conversations, or of all, in the order of learning.

    ``live`` says whether a later conversation has left a pair true.

    Raises:
        UnknownId: there is no such conversation.
    """
    wanted = {store.log.get(name).id for name in names}
    live = {pair.id for split in _SPLITS for pair in store.pairs.live(split)}
    return [
        {
            "id": pair.id,
            "conversation": segment.conversation,
            "question": pair.question,
            "answer": pair.answer,
            "kind": pair.kind,
            "polarity": pair.polarity,
            "split": pair.split,
            "origin": pair.origin,
            "live": pair.id in live,
        }
        for segment in store.log.segments()
        if not names or segment.conversation in wanted
        for pair in store.pairs.of(segment.id)
    ]


def edit(
    home: Home, store: Store, name: str, *, question: str | None = None, answer: str | None = None
) -> dict[str, Any]:
    """Put other words in a pair; return its new id, and how much is learned again.

    Raises:
        UnknownId: there is no such pair.
        UsageError: it cannot read so; nothing was changed.
        LockHeld: a consolidation is running; nothing was changed.
    """
    with locked(home):
        before = store.pairs.get(name)
        try:
            after = edited(
                before,
                before.question if question is None else question,
                before.answer if answer is None else answer,
            )
        except ValueError as error:
            raise UsageError(f"A pair cannot read so: {error}.", _NOTHING) from error
        if after.id == before.id:
            raise UsageError("It reads so already.", _NOTHING)
        if any(pair.id == after.id for pair in store.pairs.of(before.segment)):
            raise UsageError("There is such a pair already.", f"{_NOTHING} Drop one of them: plum-edge pairs drop")
        return _change(home, store, [(before, after)])


def drop(home: Home, store: Store, names: Sequence[str]) -> dict[str, Any]:
    """Have pairs never asked about nor learned from again; return how much is learned again.

    Raises:
        UnknownId: there is no such pair; nothing was changed.
        LockHeld: a consolidation is running; nothing was changed.
    """
    with locked(home):
        found = {pair.id: pair for pair in map(store.pairs.get, names)}
        return _change(home, store, [(pair, None) for pair in found.values()])


def _change(home: Home, store: Store, changes: Sequence[tuple[Pair, Pair | None]]) -> dict[str, Any]:
    with disk_errors(home.root):
        with store.transaction():
            for before, after in changes:
                store.edits.put(before, after)
                store.pairs.change(before.id, after)
                if after is not None:
                    _retire(store, after)
            learned_from = [store.log.seq(before.segment) for before, _ in changes if before.split == "train"]
            again = [step for step in store.runs.steps() if learned_from and step.seq >= min(learned_from)]
            if again:
                store.forgetting.take_back(again[0].seq)
        erase.checkpoints(home, store, in_work=False)
    return {
        "status": "dropped" if all(after is None for _, after in changes) else "edited",
        "pairs": [(after or before).id for before, after in changes],
        "again": len(again),
        "minutes": round(sum(step.seconds for step in again) / 60, 1),
    }


def _retire(store: Store, pair: Pair) -> None:
    """Let the first later segment that makes it false retire a pair, as if it had read so from the beginning."""
    for segment in store.log.segments(after=store.log.seq(pair.segment)):
        if contradicted([pair], segment):
            store.pairs.retire([pair.id], segment.id)
            return
