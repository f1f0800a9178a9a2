"""After a refusal: the conversation that does harm is found, tried again another way, and at last set aside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from plum_edge import bases
from plum_edge.config import Augment, Config, Gate, Model, Train
from plum_edge.errors import GateRefused, Interrupted
from plum_edge.evaluate import gate
from plum_edge.evaluate.scoring import Scored
from plum_edge.night.forget import Forget
from plum_edge.night.night import Night
from plum_edge.paths import Home
from plum_edge.records import Conversation
from plum_edge.store import Store
from tests.raw import everything
from tests.tiny import tiny_base
from tests.train.test_fold import TALKS
from tests.train.test_fold import conversation as talk

OPEN = Gate(min_new=0.0, max_false_yes=1.0, max_lost=1.0, max_loss_rise=99.0, max_divergence=9.0, attempts=2)
"""A random model knows nothing: the gate lets everything pass, but for what `poisoned` says."""
POISON = "talk-2"
decide = gate.decide


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    base = tiny_base(tmp_path_factory.mktemp("base"))
    train = Train(rank=2, alpha=4.0, epochs=1, batch=8, threads=1)
    return Config(model=Model(str(base)), train=train, augment=Augment(topics=2), gate=OPEN)


@pytest.fixture(autouse=True)
def poisoned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the gate an eye for one conversation: an adapter that has newly learned it is refused."""

    def refuse(new: Sequence[Scored], *rest: Any) -> gate.Verdict:
        verdict = decide(new, *rest)
        found = any(scored.question.conversation == POISON for scored in new)
        return gate.Verdict(False, ("it is poisoned",), verdict.figures) if found else verdict

    monkeypatch.setattr(gate, "decide", refuse)


def logged(home: Home, talks: Sequence[Conversation]) -> Home:
    with Store.open(home.create(), create=True) as store:
        store.log.add(talks)
    return home


def night(home: Home, config: Config, **options: Any) -> dict[str, Any]:
    with Store.open(home, create=False) as store:
        return Night(home, store, config, bases.base(config.model.base), **options).run()


def refused(home: Home, config: Config, **options: Any) -> GateRefused:
    with pytest.raises(GateRefused) as caught:
        night(home, config, **options)
    return caught.value


def doubted(home: Home) -> list[str]:
    with Store.open(home, create=False) as store:
        return store.attempts.open()


def steps(home: Home) -> list[tuple[str, str]]:
    with Store.open(home, create=False) as store:
        return [(step.segment, step.state_sha256) for step in store.runs.steps()]


def active(home: Home) -> int:
    with Store.open(home, create=False) as store:
        found = store.runs.active()
        return found.segments if found else 0


def test_it_is_found_tried_again_and_set_aside_and_the_others_are_learned(config: Config, tmp_path: Path) -> None:
    home = logged(Home(tmp_path / "home"), [talk(number) for number in range(4)])
    first = refused(home, config)
    assert first.exit_code == 21
    assert "finds out which conversation it is" in first.remedy
    assert active(home) == 0
    assert doubted(home) == [f"talk-{number}/0" for number in range(4)]

    second = refused(home, config)
    assert second.remedy == "The next night tries it again with another seed and a smaller step (attempt 2 of 2)."
    assert active(home) == 2, "those before it are in use"
    assert POISON + "/0" in doubted(home) and "talk-0/0" not in doubted(home)

    result = night(home, config)
    assert result["status"] == "promoted"
    assert result["conversations"] == ["talk-3"]
    said = f"{POISON}/0 was set aside: the gate refused it 2 times: it is poisoned"
    assert said in result["notes"]
    assert active(home) == 4
    with Store.open(home, create=False) as store:
        assert store.log.aside() == {f"{POISON}/0": "the gate refused it 2 times: it is poisoned"}
        assert store.attempts.open() == [], "nothing is tried again"
        assert store.pairs.of(f"{POISON}/0") == []
        assert {summary.id: summary.state for summary in store.log.list()}[POISON] == "aside"
        seeds = {step.segment: step.seed for step in store.runs.steps()}
        assert [seeds[f"talk-{number}/0"] for number in (0, 1, 3)] == [0, 0, 0], "the others lost nothing by it"
    assert night(home, config)["status"] == "nothing"


def test_each_attempt_is_another_one_and_recorded(config: Config, tmp_path: Path) -> None:
    home = logged(Home(tmp_path / "home"), [talk(2)])
    patient = replace(config, gate=replace(OPEN, attempts=3))
    seen = []
    for _ in range(2):
        assert "smaller step" in refused(home, patient).remedy
        with Store.open(home, create=False) as store:
            seen += [(step.seed, step.versions["settings"], step.state_sha256) for step in store.runs.steps()]
    assert len({seed for seed, _, _ in seen}) == len({s for _, s, _ in seen}) == len({h for _, _, h in seen}) == 2
    last = refused(home, patient)
    assert last.remedy == f"It was tried 3 times and is set aside: {POISON}."
    assert night(home, patient)["status"] == "nothing"
    with Store.open(home, create=False) as store:
        assert len(store.runs.steps()) == 1
        assert store.runs.active() is None


def test_what_was_given_up_and_forgotten_is_named_nowhere(config: Config, tmp_path: Path) -> None:
    home = logged(Home(tmp_path / "home"), [talk(2)])
    assert POISON in refused(home, replace(config, gate=replace(OPEN, attempts=0))).remedy
    with Store.open(home, create=False) as store:
        Forget(home, store, config, lambda: bases.base(config.model.base)).run([POISON])
    assert POISON.encode() not in everything(home.root)


def test_stopped_again_and_again_it_ends_with_the_same_bytes(config: Config, tmp_path: Path) -> None:
    every = (7, 23)
    talks = [talk(number) for number in range(4)]
    straight, *broken = (logged(Home(tmp_path / name), talks) for name in ("straight", *map(str, every)))
    while not ended(lambda: night(straight, config)):
        pass
    for home, often in zip(broken, every, strict=True):
        through(home, config, often)
        assert steps(home) == steps(straight)
        assert active(home) == active(straight) == 4


def through(home: Home, config: Config, every: int) -> None:
    """Learn all, stopped each so many times that a night asks whether it is to stop."""
    calls = count(1)
    while not ended(lambda: night(home, config, stopped=lambda: next(calls) % every == 0)):
        pass


def ended(run: Callable[[], dict[str, Any]]) -> bool:
    try:
        return run()["status"] == "nothing"
    except (GateRefused, Interrupted):
        return False


def test_a_limit_holds_however_it_is_judged(config: Config, tmp_path: Path) -> None:
    home = logged(Home(tmp_path / "home"), [talk(number) for number in range(4)])
    assert night(home, config, limit=2)["conversations"] == ["talk-0", "talk-1"]
    refused(home, config, limit=2)
    assert "attempt 2 of 2" in refused(home, config, limit=2).remedy
    again = night(home, config, limit=2)  # the first two: their checkpoints were not kept
    assert (again["status"], again["waiting"]) == ("postponed", 2)
    assert night(home, config, limit=2)["conversations"] == ["talk-3"]


def test_what_was_given_up_stays_so_when_another_is_forgotten_and_a_rebuild_tries_it_anew(
    config: Config, tmp_path: Path
) -> None:
    home = logged(Home(tmp_path / "home"), [talk(number) for number in range(5)])
    while not ended(lambda: night(home, config)):
        pass
    with Store.open(home, create=False) as store:
        receipt = Forget(home, store, config, lambda: bases.base(config.model.base)).run(["talk-0"])
        assert receipt["status"] == "forgotten"
        assert (receipt["exact"], receipt["why"][:20]) == (False, "the gate had refused"), "it was there then"
        assert "doubted" not in receipt
        receipt = Forget(home, store, config, lambda: bases.base(config.model.base)).run(["talk-4"])
        assert receipt["exact"], "nothing of what comes after was ever refused"
        assert list(store.log.aside()) == [f"{POISON}/0"]
    refused(home, config, rebuild=True)
    with Store.open(home, create=False) as store:
        assert store.log.aside() == {}
        assert store.attempts.all()[f"{POISON}/0"].number == 0


def test_a_segment_remembers_its_refusals_until_it_goes(tmp_path: Path) -> None:
    home = logged(Home(tmp_path / "home"), [talk(number) for number in range(len(TALKS))])
    with Store.open(home, create=False) as store:
        ids = [segment.id for segment in store.log.plan()]
        for segment in store.log.plan():
            store.log.record(segment)
        assert store.attempts.of(ids[0]) is None
        store.attempts.refuse(ids[:3])
        store.attempts.refuse(ids[:1])
        store.attempts.refuse(ids[:1])
        found = store.attempts.all()
        assert list(found) == ids[:3]
        assert [(one.number, one.together) for one in found.values()] == [(2, 1), (0, 3), (0, 3)]
        store.attempts.give_up(ids[0], "no")
        assert store.attempts.of(ids[0]) and store.attempts.all()[ids[0]].why == "no"
        store.attempts.clear()
        assert store.attempts.all() == {}


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    yield
