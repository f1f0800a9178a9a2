"""How the log grows: import, search, list, start-up and size at ten thousand messages, a hundred thousand, a million.

    python -m benchmarks.log_scale [--messages 10000,100000] [--chinese 0.1] [--emoji 0.1] [--no-fsync] [--out TABLE.md]

The log is made up: words of a Zipf distribution, twenty messages a conversation, two hundred bytes a message on the
mean; a share of the conversations in Chinese, a share of the messages with an emoji. Each size is measured in a process
of its own; ``--no-fsync`` imports without waiting for the disk (a million in minutes). Queries are drawn from what the
log holds, by how many messages match. Prints a table, in milliseconds of processor time unless it says otherwise (so
that what else runs on the machine does not count), and writes it where ``--out`` says.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from plum_edge import Memory
from plum_edge.importers import Wishes
from plum_edge.memory.bringing import brought
from plum_edge.paths import Home
from plum_edge.store import connect

EACH = 20
"""Messages of a conversation."""
WORDS = 20_000
CHARACTERS = 3_000
QUERIES = 60
FEW = 10_000
"""Messages that match a query which must be answered at once."""
EMOJI = "🙂👍🎉🔥🫠"
_SYLLABLES = (
    "ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "zu", "fi", "go", "ha", "ju", "pa", "qui", "sto", "wer",
)  # fmt: skip
_BEGUN = datetime(2020, 1, 1, tzinfo=UTC)

Kind = Callable[[random.Random], str]


def word(number: int) -> str:
    """Return a word that can be told from any other: the commonest are the shortest."""
    name = ""
    while number or not name:
        number, one = divmod(number, len(_SYLLABLES))
        name += _SYLLABLES[one]
    return name


def zipf(chance: random.Random, most: int) -> int:
    """Return a rank from 0 on: the n-th comes about 1/n as often as the first."""
    return int(most ** chance.random()) - 1


def sentence(chance: random.Random) -> str:
    """Return some thirty words."""
    said = [word(zipf(chance, WORDS)) for _ in range(chance.randint(10, 50))]
    return " ".join(said).capitalize() + "."


def chinese(chance: random.Random) -> str:
    """Return some sixty characters."""
    said = (chr(0x4E00 + zipf(chance, CHARACTERS)) for _ in range(chance.randint(20, 100)))
    return "".join(said) + "。"


def made_up(messages: int, share: float, emoji: float) -> Iterator[dict[str, Any]]:
    """Yield conversations as lines of the import format."""
    chance = random.Random(0)
    for number in range(messages // EACH):
        say = chinese if chance.random() < share else sentence
        begun = _BEGUN + timedelta(minutes=7 * number)
        talk = [
            {
                "role": "assistant" if turn % 2 else "user",
                "content": say(chance) + (chance.choice(EMOJI) if chance.random() < emoji else ""),
                "created_at": (begun + timedelta(minutes=turn)).isoformat(),
            }
            for turn in range(EACH)
        ]
        title = str(talk[0]["content"])[:40]
        yield {"id": f"talk-{number:07d}", "title": title, "created_at": begun.isoformat(), "messages": talk}


QUERY: dict[str, Kind] = {
    "a rare word": lambda chance: word(chance.randint(WORDS // 20, WORDS - 1)),
    "a word": lambda chance: word(chance.randint(300, 2_000)),
    "two words": lambda chance: f"{word(chance.randint(10, 100))} {word(chance.randint(10, 300))}",
    "a phrase": lambda chance: f'"{word(chance.randint(0, 30))} {word(chance.randint(0, 30))}"',
    "a beginning": lambda chance: f"{word(chance.randint(1_000, 8_000))[:5]}*",
    "either of two": lambda chance: f"{word(chance.randint(300, 2_000))} OR {word(chance.randint(300, 2_000))}",
    "one character": lambda chance: chr(0x4E00 + chance.randint(50, CHARACTERS - 1)),
    "two characters": lambda chance: "".join(chr(0x4E00 + chance.randint(0, 60)) for _ in range(2)),
    "an emoji": lambda chance: chance.choice(EMOJI),
    "the commonest word": lambda _: word(0),
}


def measure(messages: int, share: float, emoji: float, fsync: bool = True) -> dict[str, float]:
    """Return what was measured of one size; times in milliseconds."""
    found: dict[str, float] = {}
    if not fsync:
        connect._PRAGMAS = (*connect._PRAGMAS, "synchronous = OFF")
    with tempfile.TemporaryDirectory() as folder:
        home, file = Home(Path(folder, "home")), Path(folder, "log.jsonl")
        text = 0
        with file.open("w", encoding="utf-8") as out:
            for talk in made_up(messages, share, emoji):
                text += sum(len(one["content"].encode()) for one in talk["messages"])
                out.write(json.dumps(talk, ensure_ascii=False) + "\n")
        began, worked = time.perf_counter(), time.process_time()
        brought(home, [file], Wishes())
        found["import: messages/s"] = messages / (time.perf_counter() - began)
        found["import: messages/s of processor time"] = messages / (time.process_time() - worked)
        found["size: text MB"] = text / 1e6
        found["size: log.db MB"] = home.log.stat().st_size / 1e6
        file.unlink()
        found["start-up: open"] = _times(lambda: Memory(home.root).close(), 5)[0]
        with Memory(home.root) as memory:
            found["list: newest 50"] = _times(lambda: memory.store.log.list(50), 3)[0]
            found["list: all"] = _times(memory.store.log.list, 3)[0]
            found["status"] = _times(memory.status, 3)[0]
            found |= _searches(memory)
    found["memory: peak MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return found


def _searches(memory: Memory) -> dict[str, float]:
    chance, found = random.Random(1), {}
    few: list[float] = []
    for name, kind in QUERY.items():
        took, held = [], []
        for _ in range(QUERIES):
            query = kind(chance)
            took.append(_times(partial(memory.store.finding.find, query, 10), 1)[0])
            held.append(_matching(memory, query))
        few += [one for one, number in zip(took, held, strict=True) if number <= FEW]
        took.sort()
        found[f"{name}: messages that match"] = statistics.median(held)
        found[f"{name}: p50"] = statistics.median(took)
        found[f"{name}: p95"] = took[int(0.95 * len(took))]
    few.sort()
    found |= {f"all where {FEW:,} match at most: p95": few[int(0.95 * len(few))]}
    return found


def _matching(memory: Memory, query: str) -> int:
    """Return how many messages the indexes say match, at most."""
    from plum_edge.store.query import parse

    total = 0
    for one in parse(query):
        for index, sought in (("messages_fts", one.words()), ("messages_pieces", one.pieces())):
            if sought is not None:
                select = f"SELECT count(*) FROM {index} WHERE {index} MATCH ?"
                total += int(memory.store._connection.value(select, sought))
    return total


def _times(what: Callable[[], object], count: int) -> list[float]:
    """Return how long it takes, in milliseconds, the median first."""
    took = []
    for _ in range(count):
        began = time.process_time()
        what()
        took.append(1e3 * (time.process_time() - began))
    return [statistics.median(took), *took]


def table(sizes: dict[int, dict[str, float]]) -> str:
    """Return the figures as a table, a column a size."""
    first = next(iter(sizes.values()))
    lines = ["| | " + " | ".join(f"{size:,}" for size in sizes) + " |", "|---|" + "---|" * len(sizes)]
    lines += [f"| {name} | " + " | ".join(_shown(found[name]) for found in sizes.values()) + " |" for name in first]
    return "\n".join(lines)


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


def main() -> None:
    """Measure each size and print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--messages", default="10000,100000", help="sizes, parted by commas")
    options.add_argument("--chinese", type=float, default=0.1, help="share of conversations in Chinese")
    options.add_argument("--emoji", type=float, default=0.1, help="share of messages with an emoji")
    options.add_argument("--no-fsync", action="store_true", help="import without waiting for the disk")
    options.add_argument("--out", type=Path)
    options.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.one:
        print(json.dumps(measure(given.one, given.chinese, given.emoji, not given.no_fsync)))
        return
    sizes = {}
    for size in map(int, given.messages.split(",")):
        call = [sys.executable, "-m", "benchmarks.log_scale", "--one", str(size)]
        call += [
            "--chinese",
            str(given.chinese),
            "--emoji",
            str(given.emoji),
            *(["--no-fsync"] if given.no_fsync else []),
        ]
        sizes[size] = json.loads(subprocess.run(call, stdout=subprocess.PIPE, check=True).stdout)
    found = table(sizes)
    print(found)
    if given.out:
        given.out.write_text(found + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
