"""The fold: the same conversations give the same bytes, for any split into nights and after any stop."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from plum_edge import bases
from plum_edge.backends import pick
from plum_edge.config import Config, Model, Train
from plum_edge.errors import Interrupted, UsageError
from plum_edge.paths import Home
from plum_edge.records import Conversation, Message
from plum_edge.store import Store
from plum_edge.train.fold import Fold
from plum_edge.train.step import state_sha256
from tests.tiny import tiny_base

TALKS = (
    ("The kitchen tap drips. I bought a rubber washer at the hardware shop.", "Turn off the water first."),
    ("My sister Elsa wants to knit a woollen blanket for the baby.", "Moss stitch is a good choice for a blanket."),
    ("We found a flat in Leith with a broken boiler.", "Ask the landlord to mend the boiler before you move."),
    ("My bicycle has squealing brakes since the rain.", "Clean the rim and toe in the brake pads."),
    ("Well, so be it, and it is what it is.", "So it is."),
)
EMPTY = -1
"""The last of them, on the day before the others: it names nothing."""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tiny_base(tmp_path_factory.mktemp("base"))
    return Config(model=Model(str(folder)), train=Train(rank=4, alpha=8.0, epochs=2, batch=8, threads=1))


def conversation(number: int) -> Conversation:
    when = dt.datetime(2026, 3, 12 + number, 19, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    user, assistant = TALKS[number]
    turns = (Message("user", user, when), Message("assistant", assistant, when + dt.timedelta(minutes=1)))
    return Conversation(f"talk-{number}", "", when, turns, "test", number)


def learn(home: Home, config: Config, nights: list[list[int]], stop: int | None = None) -> list[str]:
    """Import and learn each night's conversations; return the hash of each step."""
    countdown = iter(range(10_000))
    for night in nights:
        with Store.open(home.create(), create=True) as store:
            store.log.add(conversation(number) for number in night)
            fold = Fold(home, store, config, bases.base(config.model.base))
            state = fold.head()
            known = {step.segment for step in store.runs.steps()}
            for segment in [*(s for s in store.log.segments() if s.id not in known), *store.log.plan()]:
                fold.augment(segment)
                stopped = None if stop is None else (lambda: next(countdown) >= stop)
                state = fold.learn(segment, state, stopped=stopped).state
            assert state_sha256(state) == store.runs.steps()[-1].state_sha256
    with Store.open(home, create=False) as store:
        return [step.state_sha256 for step in store.runs.steps()]


@pytest.fixture(scope="module")
def straight(config: Config, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return learn(Home(tmp_path_factory.mktemp("straight")), config, [[0, 1, 2, 3]])


@pytest.mark.parametrize("nights", [[[0], [1], [2], [3]], [[0, 1], [2, 3]], [[0], [1, 2, 3]]])
def test_any_split_into_nights_gives_the_same_bytes(
    config: Config, straight: list[str], tmp_path: Path, nights: list[list[int]]
) -> None:
    assert learn(Home(tmp_path), config, nights) == straight


def test_a_conversation_that_says_nothing_counts_the_same_in_any_night(config: Config, tmp_path: Path) -> None:
    """No pairs come of it, but its words are in the log: what follows is chosen with them, tonight or tomorrow."""
    nights = [[[EMPTY, 1, 2]], [[EMPTY], [1], [2]]]
    one, several = (learn(Home(tmp_path / str(number)), config, split) for number, split in enumerate(nights))
    assert one == several
    with Store.open(Home(tmp_path / "0"), create=False) as store:
        assert [len(store.pairs.of(segment.id)) > 0 for segment in store.log.segments()] == [False, True, True]


@pytest.mark.parametrize("stop", [0, 5, 13, 30])
def test_stopped_anywhere_it_ends_with_the_same_bytes(
    config: Config, straight: list[str], tmp_path: Path, stop: int
) -> None:
    home = Home(tmp_path)
    with pytest.raises(Interrupted):
        learn(home, config, [[0, 1, 2, 3]], stop)
    assert learn(home, config, [[]]) == straight


def average(home: Home, config: Config, stop: int | None = None) -> str:
    """Return the hash of what is used after the last step."""
    countdown = iter(range(10_000))
    with Store.open(home, create=False) as store:
        fold = Fold(home, store, config, bases.base(config.model.base))
        stopped = None if stop is None else (lambda: next(countdown) >= stop)
        return state_sha256(fold.averaged(stopped=stopped))


def test_what_is_used_is_the_same_for_any_split_and_after_any_stop(config: Config, tmp_path: Path) -> None:
    home, other = Home(tmp_path / "one"), Home(tmp_path / "other")
    last = learn(home, config, [[0, 1, 2]])[-1]
    learn(other, config, [[0], [1, 2]])
    used = average(home, config)
    assert used != last
    for stop in (0, 2, 9):
        with pytest.raises(Interrupted):
            average(other, config, stop)
        assert (other.checkpoints / "epoch.safetensors").exists() == (stop == 9)
    assert average(other, config) == used
    assert not (other.checkpoints / "epoch.safetensors").exists()
    assert learn(home, config, [[3]]) == learn(other, config, [[3]]), "the fold goes on from its last step"


def test_what_is_used_after_a_step_does_not_look_ahead(config: Config, tmp_path: Path) -> None:
    """A later conversation is recorded and has its pairs, and has made some of the earlier ones false."""
    home = Home(tmp_path)
    learn(home, config, [[0, 1, 2]])
    used = average(home, config)
    with Store.open(home, create=False) as store:
        store.log.add([conversation(3)])
        fold = Fold(home, store, config, bases.base(config.model.base))
        (later,) = store.log.plan()
        assert fold.augment(later)
        store.pairs.retire([store.pairs.live("train", before_seq=3)[0].id], later.id)
    assert average(home, config) == used


def test_an_averaging_pass_that_goes_wrong_is_left_out_and_said(config: Config, tmp_path: Path) -> None:
    home = Home(tmp_path)
    last = learn(home, config, [[0, 1]])[-1]
    wild = replace(config, train=replace(config.train, learning_rate=1e39))
    with Store.open(home, create=False) as store:
        fold = Fold(home, store, wild, bases.base(config.model.base))
        assert state_sha256(fold.averaged()) == last
        assert any("without an averaging pass: its loss is not a number" in note for note in fold.notes)


@pytest.mark.parametrize("change", [{"averaging": 0}, {"recipe": "plum"}, {"recipe": "raw"}])
def test_without_an_averaging_pass_the_last_step_is_used(
    config: Config, tmp_path: Path, change: dict[str, object]
) -> None:
    other = replace(config, train=replace(config.train, **change))
    last = learn(Home(tmp_path), other, [[0, 1]])[-1]
    assert average(Home(tmp_path), other) == last


def test_a_lost_checkpoint_is_learned_again(config: Config, straight: list[str], tmp_path: Path) -> None:
    home = Home(tmp_path)
    learn(home, config, [[0, 1, 2]])
    newest = sorted(home.checkpoints.glob("step-*.safetensors"))[-1]
    newest.write_bytes(b"damaged")
    assert learn(home, config, [[3]]) == straight


def test_another_seed_gives_other_bytes(config: Config, straight: list[str], tmp_path: Path) -> None:
    other = replace(config, train=replace(config.train, seed=1))
    assert not set(learn(Home(tmp_path), other, [[0, 1]])) & set(straight)


@pytest.mark.parametrize("change", [{"rank": 2}, {"alpha": 4.0}])
def test_other_settings_than_it_was_learned_with_are_refused(
    config: Config, tmp_path: Path, change: dict[str, float]
) -> None:
    home = Home(tmp_path)
    before = learn(home, config, [[0]])
    other = replace(config, train=replace(config.train, **change))
    with pytest.raises(UsageError, match=next(iter(change))):
        learn(home, other, [[1]])
    assert learn(home, config, [[]]) != [] and learn(home, config, [[]])[:1] == before


def test_steps_record_what_the_bytes_depend_on(config: Config, tmp_path: Path) -> None:
    home = Home(tmp_path)
    learn(home, config, [[0]])
    with Store.open(home, create=False) as store:
        step = store.runs.steps()[0]
    assert step.backend == pick.choose().name
    assert step.threads == 1
    assert {step.backend, "device", "held", "machine", "base", "settings"} <= set(step.versions)
    assert step.recipe == "replay"


def test_pairs_that_a_later_conversation_makes_false_are_retired(config: Config, tmp_path: Path) -> None:
    home = Home(tmp_path)
    learn(home, config, [[0]])
    with Store.open(home, create=False) as store:
        false_now = next(p for p in store.pairs.live("train") if p.polarity == "negative" and p.kind == "closed")
        when = dt.datetime(2026, 4, 1, 8, 0, tzinfo=dt.UTC)
        told = (Message("user", f"I must tell you about {false_now.topic}."), Message("assistant", "Go on."))
        store.log.add([Conversation("later", "", when, told)])
        fold = Fold(home, store, config, bases.base(config.model.base))
        fold.augment(store.log.plan()[0])
        assert false_now.id not in {pair.id for pair in store.pairs.live("train")}
