"""How often a memory claims what was never said: 150 everyday topics, asked of a home as its user would ask.

    python benchmarks/everyday.py --home DIR [--retrieve]

Asks each question of everyday.jsonl with `Memory.ask` and counts the answers that say yes, by their words or by p(yes).
A topic is left out where a message of the home's log holds all of its content words: it may have been discussed. The
interval is Wilson's, 95 %. A home that is not there yet is made, with plum-edge's default base or with ``--base``.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator
from pathlib import Path

from plum_edge import Memory
from plum_edge.augment.checks import Mentions

QUESTIONS = Path(__file__).with_suffix(".jsonl")


def main() -> None:
    """Ask, and print the rate."""
    parser = argparse.ArgumentParser(description="Ask a memory about 150 everyday topics that were never discussed.")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--base", help="base of a home that is made now")
    parser.add_argument("--retrieve", action="store_true", help="let it read the log")
    parser.add_argument("--show", action="store_true", help="print each answer that says yes")
    arguments = parser.parse_args()
    if arguments.base and not arguments.home.exists():
        arguments.home.mkdir(parents=True, mode=0o700)
        (arguments.home / "config.toml").write_text(f"[model]\nbase = {json.dumps(arguments.base)}\n", encoding="utf-8")
    asked = false = 0
    with Memory(arguments.home) as memory:
        for question in _undiscussed(memory):
            answer = memory.ask(question, retrieve=arguments.retrieve)
            claims = answer.answer.strip().casefold().startswith("yes") or (answer.p_yes or 0.0) >= 0.5
            asked, false = asked + 1, false + claims
            if claims and arguments.show:
                print(f"{question}\n    {answer.answer.strip()}   p(yes) {answer.p_yes}")
    low, high = wilson(false, asked)
    print(f"{asked} questions, {false} false yes: {false / asked:.1%} (95 %: {low:.1%} to {high:.1%})")


def _undiscussed(memory: Memory) -> Iterator[str]:
    known = Mentions.of(*memory.store.log.segments(), *memory.store.log.plan())
    for line in QUESTIONS.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        if not known.mentions(one["topic"]):
            yield one["question"]


def wilson(hits: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """Return Wilson's score interval for a share."""
    share, spread = hits / of, z * z / of
    middle = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


if __name__ == "__main__":
    main()
