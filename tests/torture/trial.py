"""One trial: a command is killed, sometimes its repetition too, and then run to the end. What then differs?"""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.story import bytes_of, traces, wrong_in
from tests.torture.scenes import GONE, Scene, finish, run

_AGAIN = 0.3
"""How often what carries on is killed too."""
_HANGS = 300.0
"""Seconds after which a command that should end has hung."""


@dataclass(frozen=True)
class Blow:
    """When a command is killed: after seconds, or at a moment of the disk or the store."""

    mode: str
    at: float

    def __str__(self) -> str:
        return f"after {self.at:.2f} s" if self.mode == "time" else f"at moment {self.at:.0f} of the {self.mode}"


@dataclass(frozen=True)
class Trial:
    """What is killed, and when."""

    number: int
    scene: Scene
    blows: tuple[Blow, ...]

    def __str__(self) -> str:
        return f"trial {self.number}: {self.scene.name}, killed {', then '.join(map(str, self.blows))}"


def draw(seed: int, number: int, scenes: Sequence[Scene]) -> Trial:
    """Return the trial of this number: the same for the same seed, but for the speed of the machine.

    Half of the blows fall at a random time within what the command takes, the others on what it writes.
    """
    rng = random.Random(f"{seed}/{number}")
    scene = scenes[number % len(scenes)]
    blows = [_blow(rng, scene)]
    while rng.random() < _AGAIN:
        blows.append(_blow(rng, scene))
    return Trial(number, scene, tuple(blows))


def _blow(rng: random.Random, scene: Scene) -> Blow:
    mode = rng.choice(("time", "time", "disk", "store"))
    if mode != "time" and scene.moments[mode]:
        return Blow(mode, rng.randint(1, scene.moments[mode]))
    return Blow("time", rng.uniform(0, scene.seconds))


def suffer(trial: Trial, home: Path) -> tuple[int, list[str]]:
    """Do it in a copy of the scene's home, at ``home``; return how many blows hit, and what was wrong afterwards."""
    shutil.copytree(trial.scene.before, home)
    hit, wrong = 0, []
    for blow in trial.blows:
        killed = _strike(trial.scene, home, blow)
        hit += killed
        wrong += [f"after the blow {blow}: {what}" for what in wrong_in(home)]
    try:
        code, said = finish(home, trial.scene.arguments, nights=trial.scene.nights, timeout=_HANGS)
    except subprocess.TimeoutExpired:
        return hit, [*wrong, "run again, it hangs"]
    if code:
        wrong.append(f"run again, it ends with {code}: {said}")
    wrong += wrong_in(home)
    found = bytes_of(home)
    wrong += [
        f"other {name}: {found.get(name)} instead of {trial.scene.expected.get(name)}"
        for name in {**trial.scene.expected, **found}
        if found.get(name) != trial.scene.expected.get(name)
    ]
    if trial.scene.name == "forget":
        wrong += [f"still to be read: {where}" for where in traces(home, [GONE])]
    return hit, wrong


def _strike(scene: Scene, home: Path, blow: Blow) -> bool:
    """Run the command and kill it; return whether it was not faster."""
    in_time = blow.mode == "time"
    process = run(home, scene.arguments, "none" if in_time else blow.mode, 0 if in_time else int(blow.at))
    try:
        process.communicate(timeout=blow.at if in_time else _HANGS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    return process.returncode < 0
