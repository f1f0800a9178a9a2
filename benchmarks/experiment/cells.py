"""What one run of the experiment is. Knows nothing of how it is run, or of what came out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

Settings = Mapping[str, Mapping[str, Any]]
"""Tables and keys of config.toml."""


COMPARED = ("adapter", "adapter_as_asked", "adapter_search", "adapter_bm25", "bm25_passages", "bm25_threshold_topic")
"""Systems that are asked others' phrasings: those of which it says something, and that are quickly asked."""


NOTHING_LEARNED = "nothing learned"
"""What lists and tables say where no pairs came of any conversation, and the product answered without an adapter."""
LATE = {"everyday": 40}
"""Sets of questions that a plan has from so many conversations on."""


class Exam(NamedTuple):
    """One system asked one set of questions after so many conversations."""

    point: int
    asked: str
    """A set of `exams.SETS`; ``closed`` are the held-out questions of yes and no alone."""
    system: str

    @property
    def name(self) -> str:
        """The name of its file."""
        return f"{self.point:04d}-{self.asked}-{self.system}"


@dataclass(frozen=True)
class Cell:
    """A log learned with a recipe and a seed, conversation by conversation, and scored on the way."""

    group: str
    """The part of the grid: ``clean``; of plum-tiny's ``quick``, ``main``, ``ablation`` or ``long``."""
    log: str
    recipe: str
    """How the tables call the settings."""
    seed: int
    points: tuple[int, ...]
    """Numbers of conversations after which it is scored; the last is all that is learned."""
    settings: Settings = field(default_factory=dict)
    """What the recipe sets; everything else is plum-edge's default."""
    along: tuple[str, ...] = ("adapter",)
    """Systems asked at every point, the questions of yes and no alone."""
    systems: tuple[str, ...] = ("adapter",)
    """Systems asked every set of questions at the last point."""
    wide: tuple[str, ...] = ()
    """More systems, asked the held-out and the hand-written questions alone at the last point."""
    extras: tuple[str, ...] = ()
    """What else is measured at the end: names of `extras.EXTRAS`."""
    plan: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Where it is given, all that is asked: sets of questions with their systems, at every point but where `LATE` says
    from when on."""
    learns: bool = True
    """Whether an adapter is learned; else pairs are made, from which searches have their thresholds."""

    @property
    def name(self) -> str:
        """What ``--only`` and the folder of its results call it."""
        return f"{self.group}/{self.log}/{self.recipe}/seed-{self.seed}"

    @property
    def conversations(self) -> int:
        """How many are learned."""
        return self.points[-1]

    def exams(self, sets: tuple[str, ...]) -> list[Exam]:
        """Return everything that is asked, in order, given the sets that this log has."""
        if self.plan:
            return [
                Exam(point, asked, system)
                for point in self.points
                for asked, systems in self.plan.items()
                if point >= LATE.get(asked, 0)
                for system in systems
            ]
        *early, last = self.points
        found = [Exam(point, "closed", system) for point in early for system in self.along]
        for asked in sets:
            found += [Exam(last, asked, system) for system in self.asked(asked)]
        extra = [system for system in self.along if system not in (*self.systems, *self.wide)]
        return [*found, *(Exam(last, "closed", system) for system in extra)]

    def asked(self, questions: str) -> list[str]:
        """Return the systems that are asked a set of questions at the last point, where the log has that set."""
        narrow = questions not in ("held_out", "gold")
        systems = (*self.systems, *(() if narrow else self.wide))
        return [system for system in systems if questions != "others" or system in COMPARED]

    def dump(self) -> str:
        """Return the cell as one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, text: str) -> Cell:
        """Return the cell of `dump`."""
        raw = json.loads(text)
        lists = {key: tuple(value) for key, value in raw.items() if isinstance(value, list)}
        return cls(**{**raw, **lists, "plan": {asked: tuple(systems) for asked, systems in raw["plan"].items()}})
