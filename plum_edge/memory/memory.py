"""`Memory`: everything that plum-edge does, for programs. The command line and the chat are built on it.

    from plum_edge import Memory

    with Memory("~/my-memory") as memory:
        memory.import_file("conversations.jsonl")
        memory.consolidate()
        print(memory.ask("Did we talk about the sourdough starter?").p_yes)

Joins the rooms below; each opens only when it is used.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from plum_edge import config as configuration
from plum_edge.errors import ForeignAdapter
from plum_edge.paths import Home, disk_errors
from plum_edge.records import Adapter, Answer, Conversation, Evidence, Message, Progress
from plum_edge.store import Store

if TYPE_CHECKING:
    from plum_edge.answer.speaker import Speaker
    from plum_edge.bases import Base
    from plum_edge.evaluate.evaluator import Evaluator
    from plum_edge.records import Segment
    from plum_edge.runtime import Tally


class Memory:
    """One user's memory: a home folder with the log, the adapters and the settings. Use it in ``with``, or close it."""

    def __init__(self, home: str | os.PathLike[str] | None = None, *, create: bool = True) -> None:
        self.home = Home.find(home)
        from plum_edge.bases import catalogue

        self.config = catalogue.settings(self.home)
        self.store = Store.open(self.home, create=create)

    def close(self) -> None:
        """Close the store, and the model where one was opened."""
        self.release()
        self.store.close()

    def release(self) -> None:
        """Give back the memory that the model takes, where one was opened; it opens again when it is asked."""
        if "_evaluator" in self.__dict__:
            self._evaluator.close()
            del self.__dict__["_evaluator"]

    def __enter__(self) -> Memory:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @cached_property
    def base(self) -> Base:
        """The base model of the configuration. Raises `NoModel`."""
        from plum_edge import bases

        return bases.base(self.config.model.base, self.home)

    @cached_property
    def _evaluator(self) -> Evaluator:
        from plum_edge.evaluate.evaluator import Evaluator

        return Evaluator(self.home.create(), self.store, self.config, self.base)

    @cached_property
    def speaker(self) -> Speaker:
        """Who answers, and knows what the last answer rests on."""
        from plum_edge.answer.speaker import Speaker

        return Speaker(self.store, self.config, lambda: self._evaluator)

    # --- what goes in

    def import_file(
        self,
        path: Path,
        *,
        format: str | None = None,
        since: dt.datetime | None = None,
        dry_run: bool = False,
        me: str = "",
        salvage: bool = False,
    ) -> dict[str, Any]:
        """Read a file, an archive or a folder of conversations into the log; return the contract's JSON.

        Args:
            path: what is read; its format is recognised by the content.
            format: a name from `importers.FORMATS`, where it is to be no other.
            since: only conversations from this moment on; one without an offset is the user's own time.
            dry_run: say what would be stored, and store nothing.
            me: who the user is in a chat between people.
            salvage: take the whole conversations of a file that was cut short.

        Raises:
            BadInput: it cannot be read, or nothing in it could be used; nothing was imported.
            UsageError: the file is the log itself.
        """
        from plum_edge.importers import Wishes
        from plum_edge.memory.bringing import bring

        wishes = Wishes(format=format, since=since, me=me, salvage=salvage, log=self.config.log)
        return bring(self.home, [Path(path)], wishes, lambda: self.store, dry_run=dry_run)

    def add(self, conversations: Sequence[Conversation]) -> list[str]:
        """Put conversations into the log; return the ids that are new or longer than before."""
        result = self.store.log.add(conversations)
        return [*result.added, *result.extended]

    # --- learning

    def consolidate(
        self,
        *,
        recipe: str | None = None,
        backend: str | None = None,
        augmenter: str | None = None,
        limit: int | None = None,
        max_minutes: float | None = None,
        on_battery: Literal["allow", "refuse"] = "allow",
        dry_run: bool = False,
        rebuild: bool = False,
        progress: Progress | None = None,
        stopped: Callable[[], bool] | None = None,
        after_step: Callable[[Segment, Path], None] | None = None,
    ) -> dict[str, Any]:
        """Learn what waits and promote the adapter if it is better; return what `--json` prints (docs/commands.md).

        What `prepare` makes is made then too, as long as the night may go on.
        """
        from plum_edge.memory import vectors
        from plum_edge.night.budget import Budget
        from plum_edge.night.night import Night

        night = Night(
            self.home.create(), self.store, self._settings(recipe, backend, augmenter), self.base, limit=limit
        )
        night.budget = Budget.of(max_minutes, on_battery)
        if progress is not None:
            night.progress = progress
        if stopped is not None:
            night.stopped = stopped
        night.after_step = after_step
        night.evaluator = self.__dict__.get("_evaluator")
        night.rebuild = rebuild
        if dry_run:
            return night.dry_run()
        result = night.run()
        vectors.make(night)
        return result

    def _settings(self, recipe: str | None, backend: str | None, augmenter: str | None) -> configuration.Config:
        given = {"recipe": recipe, "backend": backend}
        train: Any = {key: value for key, value in given.items() if value is not None}
        augment: Any = {"augmenter": augmenter} if augmenter is not None else {}
        return replace(
            self.config,
            train=replace(self.config.train, **train),
            augment=replace(self.config.augment, **augment),
        )

    # --- asking

    def ask(self, question: str, *, retrieve: bool = False, adapter: bool = True) -> Answer:
        """Answer one question, with p(yes) where it is one of yes or no, and the log entries that bear on it."""
        return self.speaker.ask(question, retrieve=retrieve, adapter=adapter)

    def prepare(self, progress: Progress | None = None) -> None:
        """Make what ``retrieve`` searches with, so that no question waits: what is new in the log, as vectors.

        They are kept with the log, and made once. Nothing is done where the package that makes them is not here, or
        the settings do not weigh what it finds.
        """
        from plum_edge.retrieve.dense import nobody
        from plum_edge.retrieve.encoder import installed

        if self.config.decide.weighed and installed():
            self._evaluator.library.prepare_dense(progress or nobody)

    def reply(
        self,
        messages: Sequence[Message],
        *,
        retrieve: bool = False,
        adapter: bool = True,
        stopped: Callable[[], bool] | None = None,
        conversation: str | None = None,
        settings: configuration.Generate | None = None,
        tally: Tally | None = None,
    ) -> Iterator[str]:
        """Stream the assistant's next turn. Follows a promotion before it begins.

        ``conversation`` is the id of the one that goes on: retrieval passes over it. ``settings`` stand for
        ``config.generate`` this once; ``tally`` is told what the answer takes in tokens.
        """
        yield from self.speaker.reply(
            messages,
            retrieve=retrieve,
            adapter=adapter,
            stopped=stopped,
            conversation=conversation,
            settings=settings,
            tally=tally,
        )

    def warm(self) -> None:
        """Open the model now, and not with the first question. Raises `NoModel`, also where it is none to chat with."""
        self._evaluator.runtime.chat_ids([Message("user", "")])

    def evidence(self, question: str, limit: int = 3, *, conversation: str | None = None) -> list[Evidence]:
        """Return the log entries that bear on a question, the best first.

        What the memory was asked and what it answered is none; nor is the ``conversation`` that goes on.
        """
        from plum_edge.answer.told import Told

        return Told(self.store).search(question, limit, left_out=conversation)

    def undo(self, conversation: str, first: int) -> None:
        """Take the messages from the ordinal ``first`` on out of the log, and out of the input history.

        Raises:
            UnknownId: there is no such conversation.
            UsageError: some of it is learned, or being learned; nothing was changed.
        """
        from plum_edge.night import erase

        said = {m.content.strip() for m in self.store.log.get(conversation).messages[first:] if m.role == "user"}
        self.store.amending.cut(conversation, first)
        with disk_errors(self.home.history):
            erase.clear_history(self.home.history, said)

    def untype(self, text: str) -> None:
        """Take a line that was not logged out of the input history: no `forget` would find it there."""
        from plum_edge.night import erase

        with disk_errors(self.home.history):
            erase.clear_history(self.home.history, {text.strip()})

    # --- what it has become

    def evaluate(
        self,
        *,
        adapter: str | None = None,
        questions: Path | None = None,
        baselines: bool | Sequence[str] = False,
        words: bool = True,
        prompted: bool = False,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Score held-out questions, or those of a file, in llama.cpp; return what `--json` prints (docs/commands.md).

        ``baselines``: what is measured beside, as `systems.chosen` takes it: the usual ones, or systems by name.
        ``words``: whether those are asked for words too, which takes longest, or for yes and no alone.
        ``prompted`` adds ``over_time_system_prompt``: every adapter that is still here, asked behind a system prompt.

        Raises:
            UsageError: there is no such system, or one was named that needs an adapter.
            NoModel: one was named that needs what is not installed.
        """
        from plum_edge.evaluate.measure import Measure

        return Measure(self.store, self.config, lambda: self._evaluator).evaluate(
            adapter, questions, baselines, prompted, progress, words=words
        )

    def comparable(self) -> list[str]:
        """Return the systems that `evaluate` can measure here beside the adapter, by name."""
        from plum_edge.answer.reading import reader
        from plum_edge.evaluate.systems import EVERY, chosen
        from plum_edge.retrieve.encoder import installed

        learned = self.store.runs.active() is not None
        return chosen([EVERY], adapter=learned, dense=installed(), reader=reader(self.base) is not None)

    def watch(self, cells: Callable[[int, int, Sequence[Any]], None] | None = None) -> Callable[[Segment, Path], None]:
        """Return an ``after_step`` for `consolidate` that scores all held-out questions so far and stores the cells."""
        from plum_edge.evaluate.measure import Measure

        return Measure(self.store, self.config, lambda: self._evaluator).watch(cells)

    # --- taking back

    def forget(
        self,
        conversations: Sequence[str] = (),
        *,
        search: str | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        keep_log: bool = False,
        dry_run: bool = False,
        progress: Progress | None = None,
        stopped: Callable[[], bool] | None = None,
    ) -> dict[str, Any]:
        """Take conversations back, out of log, files and weights, or with ``keep_log`` out of the weights alone.

        Those named by id, and those that fit ``search`` and dates. None at all finishes what was interrupted. Returns
        a receipt: figures, no text; with ``dry_run`` what would go.

        Raises:
            UnknownId: a conversation that was never there; nothing was changed.
            LockHeld, Interrupted, Unavailable, StoreError: as `forget.Forget.run` says.
        """
        from plum_edge.night.forget import Forget, choose

        since, until = (moment and self.config.log.local(moment) for moment in (since, until))
        ids = choose(self.store, conversations, search=search, since=since, until=until)
        forget = Forget(self.home.create(), self.store, self.config, lambda: self.base)
        if progress is not None:
            forget.progress = progress
        if stopped is not None:
            forget.stopped = stopped
        return forget.plan(ids) if dry_run else forget.run(ids, keep_log=keep_log, named=conversations)

    def pairs(self, conversations: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Return the pairs that were made of these conversations, or of all (`editing.pairs`)."""
        from plum_edge.memory import editing

        return editing.pairs(self.store, conversations)

    def edit_pair(self, pair: str, *, question: str | None = None, answer: str | None = None) -> dict[str, Any]:
        """Put other words in a pair, now and whenever it is made anew (`editing.edit`)."""
        from plum_edge.memory import editing

        return editing.edit(self.home, self.store, pair, question=question, answer=answer)

    def drop_pairs(self, pairs: Sequence[str]) -> dict[str, Any]:
        """Have pairs never asked about nor learned from again (`editing.drop`)."""
        from plum_edge.memory import editing

        return editing.drop(self.home, self.store, pairs)

    def adapters(self) -> list[Adapter]:
        """Return every adapter, the oldest first."""
        return self.store.runs.adapters()

    def export(self, out: Path, to: str = "gguf") -> dict[str, Any]:
        """Write the adapter in use into a new folder for another runtime or device (`export.export`)."""
        from plum_edge.export.folder import export

        return export(self.store, self.base, self.config, Path(out), to)

    def receive(self, folder: Path) -> Adapter:
        """Install what another device exported; it is not in use yet (`receive.add`)."""
        from plum_edge.export.receive import add

        return add(self.home, self.store, self.base, self.config, Path(folder))

    def rollback(self) -> Adapter:
        """Put the adapter to use that was promoted before the one in use, for the base that is set.

        What was learned stays learned.
        """
        from plum_edge.memory.lineage import rollback

        return rollback(self.store, self.base.sha256)

    def prune(self, *, keep: int | None = None, dry_run: bool = False) -> dict[str, Any]:
        """Remove refused and old adapters; what forgetting needs stays (`lineage.prune`)."""
        from plum_edge.memory import lineage
        from plum_edge.store.lock import locked

        with locked(self.home):
            return lineage.prune(self.home, self.store, keep=keep or lineage.KEPT, dry_run=dry_run)

    def use(self, identity: str | None) -> None:
        """Make an adapter the active one, or none.

        Raises:
            ForeignAdapter: it was made for another base than the one that is set.
        """
        adapter = self.store.runs.adapter(identity) if identity else None
        if adapter and not self.store.runs.made_for(adapter.id, self.base.sha256):
            why, remedy = f"it was made for another base than {self.base.name}", "The one in use stays."
            raise ForeignAdapter(Path(adapter.gguf), why, remedy)
        self.store.runs.use(adapter.id if adapter else None)

    def status(self) -> dict[str, Any]:
        """Return what `plum-edge status` shows."""
        from plum_edge.memory.state import status

        return status(self.home, self.store, self.config)
