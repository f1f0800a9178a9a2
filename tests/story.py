"""A user's few conversations on the tiny base, each with a word that nothing else holds; and what must always hold.

For tests that hurt a memory: kill it, fill its disk, write into it while it learns, take back at any moment.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from plum_edge import bases
from plum_edge.config import Config
from plum_edge.config import load as load_config
from plum_edge.paths import Home, sha256_file
from plum_edge.records import Conversation, Message
from plum_edge.store import Store
from plum_edge.train.fold import Fold
from tests.raw import read

SAID = (
    "The kitchen tap drips, and Aunt Rosalind lent me a rubber washer from Torvalund.",
    "My sourdough starter smells of quillabamba since I moved it beside the kitchen tap.",
    "I bought a bicycle with squealing brakes from the hardware shop in Leithwick.",
    "The landlord will mend the boiler and the kitchen tap in March, says Brannagh.",
    "My sister Elsa knits a woollen blanket of the wool called Merovane.",
    "We planted a pear tree in the garden, and named it Gundelinde.",
)
WORDS = ("Torvalund", "quillabamba", "Leithwick", "Brannagh", "Merovane", "Gundelinde")
"""The word that only the conversation of that number holds."""
SETTINGS = """
[train]
rank = 2
alpha = 4.0
epochs = 2
batch = 8
threads = 1
[augment]
topics = 1
[gate]
min_new = 0.0
max_false_yes = 1.0
max_divergence = 9.0
max_loss_rise = 99.0
max_lost = 1.0
[generate]
max_tokens = 16
threads = 1
"""
"""As quick as it gets. A random model knows nothing: the gate must let it pass."""


def talk(number: int, more: bool = False) -> Conversation:
    """Return the conversation of one day; with ``more``, as it went on later."""
    when = dt.datetime(2026, 3, 12 + number, 19, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    turns = [Message("user", SAID[number], when), Message("assistant", "I see; tell me more when you like.", when)]
    if more:
        later = when + dt.timedelta(days=30)
        turns.append(Message("user", f"I asked at the library, and they too know of {WORDS[number]}.", later))
    return Conversation(f"talk-{number}", f"About number {number}", when, tuple(turns), "test", number)


def make_home(root: Path, base: Path) -> Path:
    """Make a home with the settings and no conversation."""
    root.mkdir(parents=True, mode=0o700)
    (root / "config.toml").write_text(f'[model]\nbase = "{base}"\n{SETTINGS}', encoding="utf-8")
    return root


def write_jsonl(path: Path, talks: Iterable[Conversation]) -> Path:
    """Write conversations as a file that `import` reads."""
    lines = []
    for one in talks:
        messages = [
            {"role": m.role, "content": m.content, "created_at": m.created_at and m.created_at.isoformat()}
            for m in one.messages
        ]
        row = {"id": one.id, "title": one.title, "created_at": one.created_at.isoformat(), "messages": messages}
        lines.append(json.dumps(row) + "\n")
    path.write_text("".join(lines), encoding="utf-8")
    return path


# --- what must hold


def wrong_in(root: Path) -> list[str]:
    """Return what is wrong with a home, whatever happened to it, each in a line; nothing where all is well."""
    wrong = []
    with closing(sqlite3.connect(root / "log.db")) as database:
        found = database.execute("PRAGMA integrity_check").fetchall()
        wrong += [f"integrity_check: {found}"] if found != [("ok",)] else []
        wrong += [f"foreign_key_check: {row}" for row in database.execute("PRAGMA foreign_key_check")]
        try:  # rank 1: the index is held against the messages too
            database.execute("INSERT INTO messages_fts (messages_fts, rank) VALUES ('integrity-check', 1)")
        except sqlite3.DatabaseError as error:
            wrong.append(f"the search index: {error}")
        database.rollback()
    with Store.open(Home(root), create=False) as store:
        active = [adapter for adapter in store.runs.adapters() if adapter.active]
        wrong += [f"{len(active)} adapters are active"] if len(active) > 1 else []
        for adapter in active:
            file = Path(adapter.gguf)
            if not file.is_file():
                wrong.append(f"the active adapter {adapter.id} has no file")
            elif sha256_file(file) != adapter.gguf_sha256:
                wrong.append(f"the active adapter {adapter.id} has other bytes")
    return wrong


def traces(root: Path, numbers: Iterable[int]) -> list[str]:
    """Return the files of a home in which anything of these conversations is still to be read."""
    found = []
    needles = [
        text.encode(encoding)
        for number in numbers
        for text in (WORDS[number], f"talk-{number}", SAID[number][:24])
        for encoding in ("utf-8", "utf-16-le", "utf-16-be")
    ]
    needles += [word.lower() for word in needles]
    for path in sorted(root.rglob("*")):
        if path.is_file() and "models" not in path.relative_to(root).parts:
            content = read(path)
            found += [f"{path.relative_to(root)}: {needle!r}" for needle in needles if needle in content]
    return found


def bytes_of(root: Path) -> dict[str, object]:
    """Return what must come out the same whatever happened on the way: log, pairs, steps, checkpoints, adapter."""
    home = Home(root)
    with Store.open(home, create=False) as store:
        steps, active = store.runs.steps(), store.runs.active()
        result: dict[str, object] = {
            "log": [(talk.id, [m.content for m in talk.messages]) for talk in store.log.conversations()],
            "segments": [segment.id for segment in store.log.segments()],
            "train": [pair.id for pair in store.pairs.live("train")],
            "held out": [pair.id for pair in store.pairs.live("held_out")],
            "steps": [(step.seq, step.segment, step.pairs_sha256, step.state_sha256) for step in steps],
            "states": [summary.state for summary in store.log.list()],
            "unfinished": len(store.forgetting.pending()),
            "attempts": store.attempts.all(),
            "in use": active.segments if active else 0,
        }
        if steps:
            newest = home.checkpoints / f"step-{steps[-1].seq:06d}.safetensors"
            result["newest checkpoint"] = sha256_file(newest)
        if active is not None:
            folder = Path(active.gguf).parent
            result["adapter"] = {name: sha256_file(folder / name) for name in ("adapter.safetensors", "adapter.gguf")}
    for folder in (home.checkpoints, home.adapters):
        result[f"left in {folder.name}"] = [path.name for path in folder.glob(".*")]
    return result


def fresh_fold(root: Path, other: Path) -> list[tuple[str, str]]:
    """Learn the log of one home, in its order of learning, in another that is new; return each step's state."""
    config: Config = load_config(root / "config.toml")
    with Store.open(Home(root), create=False) as store:
        segments = store.log.segments()
        talks = {one.id: one for one in store.log.conversations()}
    with Store.open(Home(other).create(), create=True) as store:
        fold = Fold(Home(other), store, config, bases.base(config.model.base))
        state = fold.head()
        for segment in segments:
            whole = talks[segment.conversation]
            upto = whole.messages[: segment.first + len(segment.messages)]
            store.log.add([Conversation(whole.id, whole.title, whole.created_at, upto, whole.source, whole.position)])
            (same,) = store.log.plan()
            fold.augment(same)
            state = fold.learn(same, state).state
    return states(other)


def states(root: Path) -> list[tuple[str, str]]:
    """Return each step's segment and state."""
    with Store.open(Home(root), create=False) as store:
        return [(step.segment, step.state_sha256) for step in store.runs.steps()]
