"""How many of the pairs that are learned are worth learning: 260 that a reader has judged, one by one.

    python benchmarks/pair_precision.py [--show LABEL]

pair_precision.jsonl holds the training positives of the users for development (samples/dev; six topics a conversation,
seed 0), the 260 with the smallest content ids of 1,746, as the augmenter made them on 29 November 2026. Labels, the
first that fits: *false* (what question or answer claims is not so: whose it is, what was done, a name cut in two),
*ungrammatical*, *trivial* (true, and about something that nobody would ask about, or the answer tells nothing), *good*.
``why`` says more: ``possessive`` ("my gills"), ``frame`` ("Did I complain to you about baby clothes?"; he did not),
``cut``, ``phrase`` (no noun phrase: "the quiet cos"), ``article`` ("about lasagne tray"), ``interjection`` ("Tell, the
other evening, me"), ``slight``. One reader, once.

Prints the shares as they were judged, and of the judged pairs how many today's augmenter still makes, by label: a
better one loses the bad and keeps the good. What it makes anew is not judged. Intervals are Wilson's, 95 %.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from plum_edge.augment.checks import Mentions, check
from plum_edge.augment.phrases.pairs import augment
from plum_edge.evaluate.scoring import wilson
from plum_edge.importers import read
from plum_edge.records import Pair, Segment

JUDGED = Path(__file__).with_suffix(".jsonl")
USERS = ("amadeu", "tarek")
LABELS = ("good", "ungrammatical", "trivial", "false")
TOPICS, SEED = 6, 0
_DEV = Path(__file__).parents[1] / "samples" / "dev"


def main() -> None:
    """Print the shares."""
    parser = argparse.ArgumentParser(description="Print how many learned pairs a reader found worth learning.")
    parser.add_argument("--show", choices=LABELS, help="print the pairs of a label that are still made")
    arguments = parser.parse_args()
    judged = [json.loads(line) for line in JUDGED.read_text(encoding="utf-8").splitlines()]
    made = {(pair.segment, pair.question, pair.answer) for user in USERS for pair in positives(user)}
    still = [one for one in judged if (one["conversation"], one["question"], one["answer"]) in made]
    _table("as judged", judged)
    _table("still made", still)
    for one in still:
        if one["label"] == arguments.show:
            print(f"{one['question']}\n    {one['answer']}   {one.get('why', '')}")


def positives(user: str) -> Iterator[Pair]:
    """Yield the positives for training that the product makes of a user for development."""
    known = Mentions()
    talks = read(_DEV / user / "conversations.jsonl", None, None).conversations
    for talk in sorted(talks, key=lambda talk: talk.created_at):
        segment = Segment(talk.id, talk.id, talk.title, talk.created_at, talk.messages)
        pairs = check(augment(segment, known, seed=SEED, topics=TOPICS), segment, known).kept
        known.add(segment)
        yield from (pair for pair in pairs if pair.polarity == "positive" and pair.split == "train")


def _table(title: str, pairs: list[dict[str, str]]) -> None:
    count = Counter(one["label"] for one in pairs)
    print(f"{title}: {len(pairs)}")
    for label in LABELS:
        low, high = wilson(count[label], len(pairs))
        share = count[label] / len(pairs) if pairs else 0.0
        print(f"    {label:14} {count[label]:4}  {share:6.1%}  ({low:.1%} to {high:.1%})")


if __name__ == "__main__":
    main()
