"""``python -m tests.torture``: kill until so many SIGKILLs have hit, and say what was survived.

Ends with 1 where anything differed from a run never interrupted, or where the time was up before. A failure prints how
to do that one trial again, and its home is kept.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tests.store.samples import IN_MEMORY
from tests.torture.scenes import prepare
from tests.torture.trial import Trial, draw, suffer


class Tally:
    """What was survived, and what was not."""

    def __init__(self, seed: int) -> None:
        self.seed, self.failed = seed, 0
        self.hits: Counter[str] = Counter()
        self.trials: Counter[str] = Counter()

    def note(self, trial: Trial, hit: int, wrong: list[str], home: Path) -> None:
        """Count a trial; print what went wrong and how to do it again."""
        self.hits[trial.scene.name] += hit
        self.trials[trial.scene.name] += 1
        if wrong:
            self.failed += 1
            print(f"\nFAILED {trial}", *wrong, sep="\n  ")
            print(f"  its home: {home}\n  again: make torture SEED={self.seed} ONLY={trial.number}", flush=True)
        else:
            shutil.rmtree(home)

    def say(self, seconds: float) -> None:
        """Print the result."""
        print()
        for name, count in self.trials.items():
            print(f"{name:12} {self.hits[name]:4} SIGKILLs in {count} trials")
        verdict = f"{self.failed} trials FAILED" if self.failed else "all resumed to the same bytes, the store intact"
        print(f"{self.hits.total()} SIGKILLs in {seconds / 60:.1f} minutes, seed {self.seed}: {verdict}")


def main() -> int:
    """Run trials and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="SIGKILLs that must hit (200)")
    parser.add_argument("--minutes", type=float, default=19, help="begin nothing new after so many (19)")
    parser.add_argument("--seed", type=int, help="drawn and printed where it is not given")
    parser.add_argument("--only", type=int, metavar="N", help="do the trial of this number alone")
    parser.add_argument("--jobs", type=int, default=2, help="trials at a time (2)")
    options = parser.parse_args()
    began = time.monotonic()
    seed = random.SystemRandom().randrange(10**6) if options.seed is None else options.seed
    folder = Path(tempfile.mkdtemp(prefix="plum-edge-torture-", dir=IN_MEMORY))
    scenes = prepare(folder / "scenes")
    for scene in scenes:
        moments = ", ".join(f"{count} of the {name}" for name, count in scene.moments.items())
        print(f"{scene.name:12} {scene.seconds:5.1f} s undisturbed; moments: {moments}", flush=True)
    tally, number = Tally(seed), -1

    def one(number: int) -> tuple[Trial, int, list[str], Path]:
        trial, home = draw(seed, number, scenes), folder / f"trial-{number}"
        try:
            return trial, *suffer(trial, home), home
        except Exception as error:  # noqa: BLE001 - a home that cannot even be looked at has failed, and is said
            return trial, 0, [f"{type(error).__name__}: {error}"], home

    with ThreadPoolExecutor(options.jobs) as pool:
        if options.only is not None:
            tally.note(*one(options.only))
        while options.only is None and tally.hits.total() < options.kills and not _over(began, options.minutes):
            wave = [pool.submit(one, number := number + 1) for _ in range(4 * options.jobs)]
            for done in as_completed(wave):
                tally.note(*done.result())
            print(f"\r{tally.hits.total()} of {options.kills}", end="", file=sys.stderr, flush=True)
    tally.say(time.monotonic() - began)
    short = options.only is None and tally.hits.total() < options.kills
    if short:
        print(f"the time was up before {options.kills} had hit")
    if not tally.failed:
        shutil.rmtree(folder)
    return 1 if tally.failed or short else 0


def _over(began: float, minutes: float) -> bool:
    return time.monotonic() - began > 60 * minutes


if __name__ == "__main__":
    sys.exit(main())
