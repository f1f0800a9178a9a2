"""Conversations to learn and to take back, and what learning them gives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from plum_edge import bases
from plum_edge.backends.base import State
from plum_edge.config import Config, Gate
from plum_edge.memory import editing
from plum_edge.night.forget import Forget, choose
from plum_edge.paths import Home
from plum_edge.records import Conversation, Message, Pair
from plum_edge.store import Store
from plum_edge.train.fold import Fold

SAID = (
    "The kitchen tap drips, and Aunt Rosalind lent me a rubber washer.",
    "My sourdough starter smells of quillabamba since I moved it beside the kitchen tap.",
    "I bought a bicycle with squealing brakes from the hardware shop in Leith.",
    "Well, so be it, and it is what it is.",
    "The landlord in Leith will mend the boiler and the kitchen tap in March.",
    "My sister Elsa knits a woollen blanket; the starter went to Aunt Rosalind.",
)
"""What was said, with topics in common: what is asked of one depends on the others. The fourth names nothing."""
OPEN = Gate(min_new=0.0, max_false_yes=1.0, max_lost=1.0, max_loss_rise=99.0, max_divergence=9.0)
"""A random model knows nothing: the gate must let it pass."""


def talk(number: int, said: Sequence[str] = ()) -> Conversation:
    """Return a conversation of one day, of the sentence with its number or of other ones."""
    when = dt.datetime(2026, 3, 12 + number, 19, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    turns = [Message("user", one, when) for one in said or (SAID[number],)]
    turns.insert(1, Message("assistant", "I see; tell me more about it when you like.", when))
    return Conversation(f"talk-{number}", f"About number {number}", when, tuple(turns), "test", number)


Nights = Sequence[Sequence[Conversation]]
Edits = Sequence[tuple[Pair, Pair | None]]


def learn(home: Home, config: Config, nights: Nights, edits: Edits = ()) -> list[str]:
    """Log and learn each night's conversations, with edits that were known before; return the hash of each step."""
    for night in nights:
        with Store.open(home.create(), create=True) as store:
            store.log.add(night)
            for before, after in edits:
                if store.log.holds(before.segment.rsplit("/", 1)[0]):
                    store.edits.put(before, after)
            fold = Fold(home, store, config, bases.base(config.model.base))
            state = fold.head()
            waits = [one for one in store.log.segments() if one.id not in {step.segment for step in store.runs.steps()}]
            for segment in waits + store.log.plan():
                fold.augment(segment)
                state = fold.learn(segment, state).state
    return hashes(home)


def hashes(home: Home) -> list[str]:
    with Store.open(home, create=True) as store:
        return [step.state_sha256 for step in store.runs.steps()]


def used(home: Home, config: Config) -> State:
    """Return the weights that an adapter of the last step has: averaged."""
    with Store.open(home, create=False) as store:
        fold = Fold(home, store, config, bases.base(config.model.base))
        return fold.averaged()


def pairs(home: Home) -> list[str]:
    with Store.open(home, create=False) as store:
        return [pair.id for split in ("train", "held_out") for pair in store.pairs.live(split)]


def forget(home: Home, config: Config, *ids: str, **options: Any) -> dict[str, Any]:
    with Store.open(home, create=False) as store:
        known = choose(store, ids)
        return Forget(home, store, config, lambda: bases.base(config.model.base)).run(known, **options)


def edit(home: Home, wishes: Sequence[tuple[int, str]]) -> Edits:
    """Change pairs, each named by a number that is as good as drawn; return them before and after."""
    done: list[tuple[Pair, Pair | None]] = []
    with Store.open(home, create=False) as store:
        for number, wish in wishes:
            made = [pair for segment in store.log.segments() for pair in store.pairs.of(segment.id)]
            if made and wish == "drop":
                before = made[number % len(made)]
                editing.drop(home, store, [before.id])
                done.append((before, None))
            elif made:
                before = made[number % len(made)]
                other = "No, we did not." if before.polarity == "positive" else "Yes, we did."
                answer = other if wish == "flip" and before.kind == "closed" else f"{before.answer} So it is."
                (now,) = editing.edit(home, store, before.id, answer=answer)["pairs"]
                done.append((before, store.pairs.get(now)))
    return done


def write_config(root: Path, config: Config) -> None:
    (root / "config.toml").write_text(
        f'[model]\nbase = "{config.model.base}"\n[train]\nrank = 2\nalpha = 4.0\nepochs = 1\nbatch = 8\nthreads = 1\n'
        f"averaging = {config.train.averaging}\nends = {config.train.ends}\n"
        "[augment]\ntopics = 2\n[gate]\nmin_new = 0.0\nmax_false_yes = 1.0\nmax_lost = 1.0\n"
        "max_loss_rise = 99.0\nmax_divergence = 9.0\n"
        "[recall]\nmax_tokens = 24\nthreads = 1\n"
    )
