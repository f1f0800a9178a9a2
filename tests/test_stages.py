"""Whatever a user does in whatever order, and however it is stopped: one adapter at most, the fold is the log's own.

A state machine: import, extend, learn, stop in the middle, a disk that is full, forget, roll back, prune, choose.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from plum_edge import Memory, paths
from plum_edge.errors import Interrupted, NoSpace, UsageError
from tests.store.samples import IN_MEMORY
from tests.story import SAID, fresh_fold, make_home, states, talk, traces, wrong_in
from tests.tiny import tiny_base

NUMBERS = st.integers(0, len(SAID) - 1)
STOPS = st.one_of(st.none(), st.integers(0, 12))
"""The optimizer step, or the operation of the disk, at which it is over; None: never."""


class Stages(RuleBasedStateMachine):
    """One memory, and what must be true of it after each thing that was done."""

    prepared: Path
    """A home without conversations, whose base is converted already."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="stages-", dir=IN_MEMORY))
        self.home = self.folder / "home"
        self.logged: set[int] = set()
        self.longer: set[int] = set()
        self.gone: set[int] = set()

    @initialize()
    def begin(self) -> None:
        shutil.copytree(self.prepared, self.home)
        self.memory = Memory(self.home)

    # --- what a user does

    @rule(numbers=st.lists(NUMBERS, min_size=1, max_size=2, unique=True))
    def imports(self, numbers: list[int]) -> None:
        new = {f"talk-{n}" for n in numbers if n not in self.logged | self.gone}
        assert set(self.memory.add([talk(n) for n in numbers])) == new, "what was forgotten does not come back"
        self.logged |= set(numbers) - self.gone

    @precondition(lambda self: self.logged - self.longer)
    @rule(data=st.data())
    def goes_on(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.logged - self.longer)))
        assert self.memory.add([talk(number, more=True)]) == [f"talk-{number}"]
        self.longer.add(number)

    @precondition(lambda self: self.logged)
    @rule(stop=STOPS)
    def night(self, stop: int | None) -> None:
        with suppress(Interrupted):
            result = self.memory.consolidate(stopped=_after(stop))
            assert result["status"] in ("promoted", "nothing")
            assert self.memory.status()["waiting"] == 0

    @precondition(lambda self: self.logged)
    @rule(operation=st.integers(0, 40))
    def night_on_a_disk_that_fills_up(self, operation: int) -> None:
        with suppress(NoSpace), _full_after(operation):
            self.memory.consolidate()

    @precondition(lambda self: self.logged)
    @rule(data=st.data(), stop=STOPS, disk=st.booleans())
    def forgets(self, data: st.DataObject, stop: int | None, disk: bool) -> None:
        number = data.draw(st.sampled_from(sorted(self.logged)))
        with suppress(NoSpace, Interrupted), _full_after(stop if disk else None):
            self.memory.forget([f"talk-{number}"], stopped=_after(None if disk else stop))
        if self.memory.store.forgetting.pending() or not self.memory.store.log.holds(f"talk-{number}"):
            self.logged.discard(number)
            self.gone.add(number)

    @rule()
    def carries_on(self) -> None:
        self.memory.forget()
        self._nothing_is_left()

    @rule()
    def rolls_back(self) -> None:
        with suppress(UsageError):
            self.memory.rollback()

    @rule()
    def prunes(self) -> None:
        self.memory.prune(keep=1)

    @rule(data=st.data())
    def chooses(self, data: st.DataObject) -> None:
        there = [one.id for one in self.memory.adapters()]
        self.memory.use(data.draw(st.sampled_from([None, *there])))

    # --- what is true all the time

    @invariant()
    def the_store_is_sound(self) -> None:
        if self.home.exists():
            assert wrong_in(self.home) == []

    @invariant()
    def what_is_in_use_never_saw_what_is_to_be_forgotten(self) -> None:
        if not self.home.exists() or (active := self.memory.store.runs.active()) is None:
            return
        known = [segment.conversation for segment in self.memory.store.log.segments()][: active.segments]
        assert not {f"talk-{n}" for n in self.gone} & set(known)

    def _nothing_is_left(self) -> None:
        assert self.memory.store.forgetting.pending() == []
        assert traces(self.home, self.gone) == []

    def teardown(self) -> None:
        try:
            if self.home.exists():
                self.memory.forget()
                if self.logged:
                    self.memory.consolidate()
                self._nothing_is_left()
                learned = states(self.home)
                assert len(learned) == len(self.memory.store.log.segments())
                assert {segment.split("/")[0] for segment, _ in learned} == {f"talk-{n}" for n in self.logged}
                self.memory.close()
                assert fresh_fold(self.home, self._fresh()) == learned
        finally:
            shutil.rmtree(self.folder)

    def _fresh(self) -> Path:
        other = self.folder / "fresh"
        shutil.copytree(self.prepared, other)
        return other


def _after(steps: int | None) -> Callable[[], bool]:
    """Return a ``stopped`` that is true after so many steps."""
    asked = 0

    def stopped() -> bool:
        nonlocal asked
        asked += 1
        return steps is not None and asked > steps

    return stopped


@contextmanager
def _full_after(operations: int | None) -> Iterator[None]:
    """Have the disk full after so many operations, until the end of the block."""
    asked = 0

    def full(_operation: paths.Operation, path: Path) -> None:
        nonlocal asked
        asked += 1
        if operations is not None and asked > operations:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    before = paths.on_disk
    paths.on_disk = full
    try:
        yield
    finally:
        paths.on_disk = before


@pytest.mark.slow
def test_stages(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("stages")
    Stages.prepared = make_home(folder / "home", tiny_base(folder))
    with Memory(Stages.prepared) as memory:
        memory.ask("Is the base converted?")
    few = settings(max_examples=6, stateful_step_count=8, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Stages, settings=few)
