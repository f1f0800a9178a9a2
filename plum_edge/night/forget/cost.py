"""What is learned again where a conversation goes, and how long that takes: by what each step took. Changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from plum_edge.config import Train
from plum_edge.paths import Home
from plum_edge.records import Adapter, Segment, Step
from plum_edge.store import Store
from plum_edge.train.checkpoints import checkpoint, last_ends
from plum_edge.train.recipes import AveragingPass, averaging_pass, ends_averaged


def again(
    home: Home, store: Store, train: Train, ids: Collection[str], first: int | None, gone: Sequence[Adapter]
) -> list[float]:
    """Return the seconds that each step took which must be done again; the mean where one was not yet done.

    ``first`` is the earliest place of what goes in the order of learning, ``gone`` are the adapters that hold it.
    """
    if first is None:
        return []
    steps, aside = store.runs.steps(), store.log.aside()
    stored = [step for step in steps if step.seq < first and checkpoint(home, step.seq).is_file()]
    later = _after(store, stored, ids)
    missing = ends_averaged(train) - sum(segment.id not in aside for segment in later)
    if missing > 0 and stored and (later or not _passed(store, stored[-1], gone)):
        before = [step for step in steps if step.seq <= stored[-1].seq]
        lost = [end.seq for end in last_ends(before, aside, missing) if end not in stored]
        later = _after(store, [step for step in stored if not lost or step.seq < lost[0]], ids)
    mean = sum(step.seconds for step in steps) / max(len(steps), 1)
    done = {step.segment: step.seconds for step in steps}
    return [done.get(segment.id, mean) for segment in later]


def averaging(store: Store, train: Train) -> float:
    """Return about how many seconds the averaging pass after the last of them takes, by the time of all steps."""
    pairs = store.pairs.count("train")
    if not averaging_pass(train) or not pairs:
        return 0.0
    learned = pairs * train.epochs * (1 + train.replay + train.general + train.sampled_negatives) / train.batch
    return (
        sum(step.seconds for step in store.runs.steps()) * AveragingPass.of(pairs, train).steps(train.batch) / learned
    )


def _after(store: Store, stored: Sequence[Step], ids: Collection[str]) -> list[Segment]:
    """Return what comes after the last of these steps, without the conversations that go."""
    kept = stored[-1].seq if stored else 0
    return [segment for segment in store.log.segments(after=kept) if segment.conversation not in ids]


def _passed(store: Store, head: Step, gone: Sequence[Adapter]) -> bool:
    """Whether an adapter that stays was made of this step: it is used again, and none is made."""
    left = (one.id for one in store.runs.promoted() if one.id not in {adapter.id for adapter in gone})
    return any(store.runs.manifest(ident).get("state_sha256") == head.state_sha256 for ident in left)
