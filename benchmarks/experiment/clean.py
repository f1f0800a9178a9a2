"""The clean table's runs on a real base, the most telling first, so that a grid that was stopped early tells the most.

A run is a user, a recipe and a seed. ``default`` is what a home does without settings, ``plum`` the paper's method as
far as it is printed, ``search`` no language model at all, ``reader`` the base with the adapter that was taught to read,
``reading`` the bare base, which reads what a search found, ``context`` the same with the end of the log before it, as
far as its context goes.
What adapter and searches say together is not asked: it follows from what each answered (controls.py). A run comes
several times, each time to a further point: it carries on. Knows nothing of how one is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.experiment.cells import Cell, Settings
from benchmarks.experiment.grid import PLUM, SEEDS, USERS
from benchmarks.experiment.logs import MADE_UP, load
from benchmarks.experiment.natural import AGAINST
from plum_edge.config import DEFAULT_BASE

FINAL = ("delroy", "gisela")
"""The final table's users: nothing was taught, chosen or looked at by their questions."""
DEVELOPMENT = ("tarek", "amadeu")
NATURAL = tuple(AGAINST)
"""Users who are asked what a person would ask; of the others (RealMem's) there are templates alone."""
POINTS = (10, 20, 40, 100)

SEARCHES = ("vectors", "vectors_taught", "bm25_threshold", "searches")
READERS = ("base", "dense_passages", "bm25_passages")
WHOLE = ("newest",)
TAUGHT = ("reader", "reader_weighed")

_BASE: Settings = {"model": {"base": DEFAULT_BASE}, "generate": {"threads": 1}}
"""One thread: two runs side by side take two cores, and the bytes are the same on every machine of a kind."""


_LONGEST = 8192
"""Tokens of the base's own context; its profile has fewer."""


def cells() -> list[Cell]:
    """Return every run to every point, in the order in which they are run."""
    order: list[Cell] = []
    for log in (*NATURAL, *USERS):
        order.append(search(log))
    order += _learned("default", NATURAL, 0, 20)
    order += _learned("default", NATURAL, 0, 40)
    order += [reader(log) for log in NATURAL]
    order += [reading(log) for log in NATURAL]
    order += [context(log) for log in NATURAL]
    order += _learned("plum", FINAL, 0, 40)
    order += _learned("default", NATURAL, 0, 100)
    order += _learned("default", USERS, 0, 40)
    order += _learned("plum", (*DEVELOPMENT, "nora"), 0, 40)
    for seed in SEEDS[1:]:
        order += _learned("default", NATURAL, seed, 100)
    order += _learned("default", USERS, 0, 100)
    order += _learned("plum", NATURAL, 0, 100)
    return list({(cell.name, cell.points): cell for cell in order}.values())  # a short log ends before the last point


def search(log: str) -> Cell:
    """Return the run of the searches, which need no model and take seconds."""
    plan = {"templates": SEARCHES[:3]}
    if log in NATURAL:
        plan |= {
            "crossed": (*SEARCHES, "questions_only"),
            "later": SEARCHES,
            "everyday": SEARCHES,
            "open": SEARCHES[:2],
        }
    return Cell("clean", log, "search", 0, points(log), _settings(), plan=plan, learns=False)


def reader(log: str) -> Cell:
    """Return the run of the base that was taught to read, without an adapter that remembers."""
    plan = {"templates": TAUGHT[1:], "crossed": TAUGHT, "later": TAUGHT, "open": TAUGHT[:1], "everyday": TAUGHT[1:]}
    return Cell("clean", log, "reader", 0, points(log), _settings(), plan=plan, learns=False)


def reading(log: str) -> Cell:
    """Return the run of the bare base that reads."""
    plan = {"crossed": READERS, "open": READERS[1:]}
    return Cell("clean", log, "reading", 0, points(log), _settings(), plan=plan, learns=False)


def context(log: str) -> Cell:
    """Return the run of the bare base with as much of the log before it as it can have."""
    settings = {**_settings(), "generate": {"threads": 1, "context": _LONGEST}}
    return Cell(
        "clean",
        log,
        "context",
        0,
        points(log),
        settings,
        plan=dict.fromkeys(("crossed", "later", "open"), WHOLE),
        learns=False,
    )


def learned(log: str, recipe: str, seed: int, upto: int) -> Cell:
    """Return the run of an adapter, as far as a point."""
    train = dict(PLUM) if recipe == "plum" else {}
    plan: dict[str, tuple[str, ...]] = {"templates": ("adapter",)}
    if log in NATURAL:
        plan |= dict.fromkeys(("crossed", "partner", "open", "later", "everyday"), ("adapter",))
    return Cell("clean", log, recipe, seed, points(log, upto), _settings(**train), plan=plan)


def points(log: str, upto: int = POINTS[-1]) -> tuple[int, ...]:
    """Return the points of a log, as far as it goes; those of RealMem go further."""
    length = len(load(log)) if log in MADE_UP else upto
    return tuple(point for point in POINTS if point <= min(upto, length))


def _learned(recipe: str, users: Sequence[str], seed: int, upto: int) -> Iterator[Cell]:
    return (learned(log, recipe, seed, upto) for log in users)


def _settings(**train: object) -> Settings:
    return {**_BASE, "train": {"threads": 1, **train}}
