"""A person takes conversations back: out of the log, every file and the weights.

    plan → note the request, another adapter in use → erase (night/erase.py) → learn again what came after → receipt

The fold is a function of the segments in their order. So the last step before the conversation is taken up again and
what stood after it is augmented and learned anew: the bytes that a log without it would have given. Killed at any
point and run again, or by the next night, it carries on. Joins the rooms below.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plum_edge.bases import Base
from plum_edge.config import Config
from plum_edge.errors import GateRefused, IntegrityError, Unavailable, UsageError
from plum_edge.evaluate.evaluator import Evaluator
from plum_edge.evaluate.questions import questions_from
from plum_edge.night import erase
from plum_edge.night.forget import cost, traces
from plum_edge.night.night import Night
from plum_edge.paths import Home
from plum_edge.records import Adapter, Conversation, Progress, Question
from plum_edge.store import Request, Store
from plum_edge.store.lock import locked

_PROBES = 24
"""Questions about the conversation that are asked before and after."""
_ERASED = "What was to be forgotten is erased, and what came after it waits to be learned again."
_OWN = ("made_with", "named", "doubted", "copies")
"""What a request notes for itself, and no receipt shows."""


def choose(
    store: Store,
    named: Sequence[str],
    *,
    search: str | None = None,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
) -> list[str]:
    """Return the ids of the conversations that are meant: the named ones, and those that fit search and dates.

    ``search`` finds what `Finding.find` does, which is what a search of the log shows; dates are of the conversation's
    begin.
    A named one that was forgotten before is passed over, so that a command that was interrupted can be given again.

    Raises:
        UnknownId: a named one was never there, or more than one begins with it.
    """
    meant = [ident for ident in (_named(store, name) for name in named) if ident is not None]
    if search is not None or since is not None or until is not None:
        hits = {one.conversation for one in store.finding.find(search)} if search is not None else None
        meant += [one.id for one in store.log.list(since=since, until=until) if hits is None or one.id in hits]
    return list(dict.fromkeys(meant))


def _named(store: Store, name: str) -> str | None:
    """Return the id that is meant; None for one that is forgotten, and never another that begins with it."""
    gone = store.log.forgotten(name) is not None or store.forgetting.asked(name, gone=True)
    if gone and not store.log.holds(name):
        return None
    return store.log.get(name).id


@dataclass
class Forget:
    """One run of `forget`, and what it is told from outside. ``base`` is asked for only when a model is needed."""

    home: Home
    store: Store
    config: Config
    base: Callable[[], Base]
    progress: Progress = lambda _stage, _done, _total, _note: None
    stopped: Callable[[], bool] = lambda: False
    _began: float = field(default_factory=time.monotonic)

    def plan(self, ids: Sequence[str]) -> dict[str, Any]:
        """Return what will go, what will be learned again and how long that takes; nothing is changed."""
        talks = [self.store.log.get(ident) for ident in ids]
        first = self.store.forgetting.first_seq(ids)
        gone = self._gone(first)
        again = self._again(ids, first)
        return {
            "status": "planned",
            "conversations": [
                {"id": t.id, "title": t.title, "created_at": t.created_at.isoformat(), "messages": len(t.messages)}
                for t in talks
            ],
            "messages": sum(len(talk.messages) for talk in talks),
            "pairs": self._pairs(ids),
            "adapters": [adapter.id for adapter in gone],
            "meanwhile": self._stand_in(gone),
            "again": len(again),
            "minutes": round((sum(again) + cost.averaging(self.store, self.config.train) if gone else 0.0) / 60, 1),
            "exported": self._copies(ids)[1],
            "unfinished": len(self.store.forgetting.pending()),
        }

    def run(self, ids: Sequence[str], *, keep_log: bool = False, named: Sequence[str] = ()) -> dict[str, Any]:
        """Forget these conversations, and finish what was interrupted before; return the receipt: figures, no text.

        ``keep_log``: they stay in the log and are never learned. ``named``: what they were called by, to be known again
        when the command is given again and they are gone.

        Raises:
            LockHeld: a consolidation is running; nothing was changed.
            Interrupted, Unavailable, StoreError, UsageError: what is gone is gone; run again, it carries on. The
                adapter in use never saw the conversations.
        """
        with locked(self.home), erase.half_done(self.store):
            unfinished = self.store.forgetting.pending()
            going = [ident for one in unfinished if not one.keep_log for ident in one.conversations]
            sentences = self._sentences(self._talks(going if keep_log else [*ids, *going]))
            erase.carry_on(self.home, self.store)
            talks = self._left(ids, keep_log=keep_log)
            probes = self._probes([talk.id for talk in talks])
            before = self._ask(probes)
            if talks:
                self._request(talks, keep_log=keep_log, named=named)
                self.progress("erase", 0, 1, "")
                erase.carry_on(self.home, self.store)
                self.progress("erase", 1, 1, "")
            if not talks and not unfinished:
                return {"status": "nothing", "seconds": self._seconds()}
            left = traces.search(self.home.root, sentences, skip=[self.home.models])
            refused = self._relearn()
            after = self._ask(probes) if before is not None else None
            return self._receipt(refused, (len(probes), before, after), left)

    def _talks(self, ids: Sequence[str]) -> list[Conversation]:
        """Return those of these conversations that are in the log: a command given again names what is gone, too."""
        return [self.store.log.get(ident) for ident in ids if self.store.log.holds(ident)]

    def _left(self, ids: Sequence[str], *, keep_log: bool) -> list[Conversation]:
        """Return those that are still to go. What stays in the log may be out of the weights already."""
        return [talk for talk in self._talks(ids) if not (keep_log and self.store.forgetting.asked(talk.id))]

    def _request(self, talks: Sequence[Conversation], *, keep_log: bool, named: Sequence[str] = ()) -> Request:
        ids = [talk.id for talk in talks]
        first, steps = self.store.forgetting.first_seq(ids), self.store.runs.steps()
        gone = self._gone(first)
        copies, exported = self._copies(ids)
        detail: dict[str, Any] = {
            "conversations": len(talks),
            "messages": sum(len(talk.messages) for talk in talks),
            "pairs": self._pairs(ids),
            "adapters": len(gone),
            "again": len(self._again(ids, first)),
            "log_before": self.store.log.counts().conversations,
            "state_before": steps[-1].state_sha256 if steps else "",
            "copies": copies,
            "exported": [*copies, *exported] if keep_log else exported,
            "made_with": {str(step.seq): erase.made_with(step) for step in steps},
            "named": self.store.forgetting.hashes([*ids, *named]),
            "doubted": self._doubted(ids, first),
        }
        for earlier in self.store.forgetting.pending():  # what it is to learn again counts as it was before that
            detail["made_with"] |= earlier.detail.get("made_with", {})
            detail["doubted"] |= earlier.detail.get("doubted", False)
        return self.store.forgetting.begin(ids, self._stand_in(gone), detail, keep_log=keep_log)

    def _relearn(self) -> list[str]:
        """Learn again what came after, and put the result to use; return why the gate refused it, or nothing."""
        if not self.store.log.segments():
            erase.settle(self.store)
        if not self.store.forgetting.pending():
            return []
        night = Night(self.home, self.store, self.config, self.base(), again=True)
        night.progress, night.stopped = self.progress, self.stopped
        try:
            night.stand_in()
            night.work()
        except GateRefused as refusal:
            return refusal.reasons
        except UsageError as error:  # another base or rank than these steps were learned with
            raise UsageError(error.what.replace("Nothing was changed.", _ERASED), error.remedy) from error
        return []

    def _receipt(
        self, refused: list[str], probes: tuple[int, float | None, float | None], left: Sequence[Path]
    ) -> dict[str, Any]:
        request, active = self.store.forgetting.last(), self.store.runs.active()
        assert request is not None
        asked, before, after = probes
        detail = {name: value for name, value in request.detail.items() if name not in _OWN}
        if before is not None:
            detail["probes"] = {"asked": asked, "p_yes_before": before, "p_yes_after": after}
        self.store.forgetting.mark(request, request.stage, **detail)
        return {
            "status": "refused" if refused else "excluded" if request.keep_log else "forgotten",
            **detail,
            "log_after": self.store.log.counts().conversations,
            "adapter": active.id if active else None,
            "adapter_sha256": active.gguf_sha256 if active else None,
            "reasons": refused,
            "left_in": [str(path) for path in left],
            "seconds": self._seconds(),
        }

    # --- what goes, and what is learned again

    def _gone(self, first: int | None) -> list[Adapter]:
        """Return the adapters that hold the conversation."""
        if first is None:
            return []
        held = self.store.forgetting.position(first)
        return [adapter for adapter in self.store.runs.adapters() if adapter.segments >= held]

    def _copies(self, ids: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return the copies that hold the conversations: those in the home, which go, and those out of reach."""
        noted = self.store.forgetting.exported(ids)
        here = [name for name in noted if erase.in_reach(self.home, name)]
        return here, [name for name in noted if name not in here]

    def _stand_in(self, gone: Sequence[Adapter]) -> str | None:
        """Return the adapter to use meanwhile: the one in use, or the last before that never saw the conversation.

        None of another base than the one in use was made for.
        """
        lost, active = {adapter.id for adapter in gone}, self.store.runs.active()
        if active is None or active.id not in lost:
            return active.id if active else None
        clean = [one for one in self.store.runs.promoted() if one.id not in lost and Path(one.gguf).is_file()]
        base = self.store.runs.manifest(active.id).get("base_sha256")
        clean = [one for one in clean if self.store.runs.made_for(one.id, base)]
        return clean[-1].id if clean else None

    def _again(self, ids: Sequence[str], first: int | None) -> list[float]:
        return cost.again(self.home, self.store, self.config.train, ids, first, self._gone(first))

    def _doubted(self, ids: Sequence[str], first: int | None) -> bool:
        """Whether any of what is learned again was tried another way after a refusal, or was given up."""
        attempts, gone = self.store.attempts.all(), set(ids)
        later = self.store.log.segments(after=first - 1) if first is not None else []
        tried = (attempts.get(one.id) for one in later if one.conversation not in gone)
        return any(attempt is not None and bool(attempt.number or attempt.why) for attempt in tried)

    def _pairs(self, ids: Sequence[str]) -> int:
        return sum(len(self.store.pairs.of(segment)) for segment in self._segments(ids))

    def _segments(self, ids: Sequence[str]) -> list[str]:
        wanted = set(ids)
        return [segment.id for segment in self.store.log.segments() if segment.conversation in wanted]

    # --- what is asked before and after

    def _sentences(self, talks: Sequence[Conversation]) -> list[str]:
        gone = {talk.id for talk in talks}
        return traces.sentences(talks, (talk for talk in self.store.log.conversations() if talk.id not in gone))

    def _probes(self, ids: Sequence[str]) -> list[Question]:
        """Return held-out questions about the conversations that were answered with yes."""
        wanted = set(self._segments(ids))
        pairs = [pair for pair in self.store.pairs.live("held_out") if pair.segment in wanted]
        asked = questions_from(pairs, phrasing="held_out")
        return [question for question in asked if question.answer == "yes"][:_PROBES]

    def _ask(self, probes: Sequence[Question]) -> float | None:
        """Return the mean p(yes) of the adapter in use; None where nothing can be asked here.

        Nor where its file is gone, damaged or for another base: a figure is no reason to keep what must go.
        """
        active = self.store.runs.active()
        with suppress(Unavailable, IntegrityError):
            if probes:
                evaluator = Evaluator(self.home, self.store, self.config, self.base())
                try:
                    scored = evaluator.ask(
                        "adapter" if active else "base", Path(active.gguf) if active else None, probes
                    )
                finally:
                    evaluator.close()
                known = [one.p_yes for one in scored if one.p_yes is not None]
                return sum(known) / len(known) if known else None
        return None

    def _seconds(self) -> float:
        return round(time.monotonic() - self._began, 2)
