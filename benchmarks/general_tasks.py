"""What an adapter leaves of its base on two public tasks: which of four turns comes next, by lm-evaluation-harness.

    PLUM_EDGE_DATA=DIR python -m benchmarks.general_tasks --home HOME [--adapter ID|none]

*chat_next*: people who chat about anything (Topical-Chat, valid and test); *task_next*: dialogues with an assistant who
books and looks up (Schema-Guided Dialogue, dev). After up to three turns comes the true next one, among three that the
same speaker said in other chats; one of these may do as well by chance. Plain text, without a chat template. Not for
plum-tiny, which was pre-trained on both. ``acc`` takes the likeliest turn, ``acc_norm`` the likeliest by its length.
*lost*: right with the bare base only; *gained*: with the adapter only; 95 %: Bonett and Price's interval for pairs.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from plum_edge.errors import PlumError, Unavailable, UsageError
from plum_edge.paths import Home
from plum_edge.records import draw
from plum_edge.store import Store

TASKS = {"chat_next": "topical_chat_text", "task_next": "sgd_dev_text"}  # files in pretrain/ of $PLUM_EDGE_DATA
ITEMS, CONTEXT, CHOICES, WORDS, MEASURES = 100, 3, 4, range(6, 31), ("acc", "acc_norm")
_LABELS = {"agent_1": "A", "agent_2": "B", "user": "User", "assistant": "Assistant"}
Chat = Sequence[tuple[str, str]]  # its turns: who, and what was said


@dataclass(frozen=True, slots=True)
class Item:
    """A context with four choices, the ``answer`` among them, the chat of each, and the place of the true one there."""

    context: str
    choices: list[str]
    answer: int
    chats: list[str]
    turn: int


def chats(task: str) -> dict[str, Chat]:
    """Return the chats of a task by their ids, white space made single."""
    file = Path(os.environ.get("PLUM_EDGE_DATA") or "PLUM_EDGE_DATA", "pretrain", f"{TASKS[task]}.jsonl.gz")
    if not file.is_file():
        raise UsageError(f"There is no {file}.", "Set PLUM_EDGE_DATA to the folder with pretrain/.")
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = {row["id"]: row["turns"] for row in map(json.loads, lines)}
    pairs = {chat: [turn.values() if isinstance(turn, dict) else turn for turn in rows[chat]] for chat in rows}
    return {chat: [(_LABELS[who], " ".join(said.split())) for who, said in pairs[chat]] for chat in pairs}


def items(task: str, talks: Mapping[str, Chat], count: int = ITEMS) -> list[Item]:
    """Return the first items of a task, one of a chat, in an order that is drawn: fewer are the beginning of more."""
    made = (_item(task, talks, chat) for chat in sorted(talks, key=lambda chat: draw(task, "chat", chat)))
    return list(islice((one for one in made if one), count))


def _item(task: str, talks: Mapping[str, Chat], chat: str) -> Item | None:
    turns = talks[chat]
    turn = next((place for place in _places(turns, task, chat, "true") if place), 0)
    who, true = turns[turn]
    found, taken = {true: chat}, {said.casefold() for _, said in turns}
    for other in sorted(talks, key=lambda other: draw(task, chat, "wrong", other)) if turn else ():
        if len(found) == CHOICES:
            break
        said = (talks[other][place] for place in _places(talks[other], task, chat, other))
        for text in [text for speaker, text in said if speaker == who and text.casefold() not in taken][:1]:
            found[text] = other
            taken.add(text.casefold())
    if len(found) < CHOICES:
        return None
    choices = sorted(found, key=lambda text: draw(task, chat, "order", text))
    before = "".join(f"{speaker}: {text}\n" for speaker, text in turns[max(0, turn - CONTEXT) : turn])
    return Item(f"{before}{who}:", choices, choices.index(true), [found[text] for text in choices], turn)


def _places(turns: Chat, *parts: str) -> list[int]:
    """Return where turns of usual length stand, in an order that is drawn."""
    usual = (place for place, (_, text) in enumerate(turns) if len(text.split()) in WORDS)
    return sorted(usual, key=lambda place: draw(*parts, place))


def answered(drawn: Mapping[str, list[Item]], home: str, adapter: str) -> dict[tuple[str, str], list[bool]]:
    """Return of each task and measure which items the home's base has right with an adapter, or with ``none``."""
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    from plum_edge.evaluate.harness.model import PlumEdge

    sys.stderr.write(f"{sum(map(len, drawn.values()))} items, adapter {adapter}\n")
    with tempfile.TemporaryDirectory() as scratch:
        for task in drawn:
            lines = (json.dumps(asdict(item)) + "\n" for item in drawn[task])
            Path(scratch, f"{task}.jsonl").write_text("".join(lines), encoding="utf-8")
        tasks = [{
            "task": task, "dataset_path": "json", "test_split": "test", "output_type": "multiple_choice",
            "dataset_kwargs": {"data_files": {"test": f"{scratch}/{task}.jsonl"}, "cache_dir": f"{scratch}/cache"},
            "doc_to_text": "context", "doc_to_choice": "choices", "doc_to_target": "answer",
            "metric_list": [{"metric": name, "aggregation": "mean", "higher_is_better": True} for name in MEASURES],
        } for task in drawn]  # fmt: skip
        found = simple_evaluate(PlumEdge(home, adapter), tasks=tasks, task_manager=TaskManager(include_defaults=False),
                                bootstrap_iters=0, verbosity="ERROR")["samples"]  # fmt: skip
    return {(task, name): [one[name] == 1 for one in found[task]] for task in drawn for name in MEASURES}


def compared(base: Sequence[bool], adapted: Sequence[bool]) -> list[str]:
    """Return accuracy with the adapter, the difference in points, its interval, what was lost and what gained."""
    n, pairs = len(base), list(zip(base, adapted, strict=True))
    lost, gained = pairs.count((True, False)), pairs.count((False, True))
    less, more = (lost + 1) / (n + 2), (gained + 1) / (n + 2)
    half = 1.96 * ((more + less - (more - less) ** 2) / (n + 2)) ** 0.5
    points = [f"{100 * value:+.1f}" for value in ((gained - lost) / n, more - less - half, more - less + half)]
    return [f"{sum(adapted) / n:.1%}", points[0], f"{points[1]} to {points[2]}", str(lost), str(gained)]


def main() -> None:
    """Ask the bare base and the adapter, and print the table."""
    options = argparse.ArgumentParser(description="Ask a base, bare and with an adapter, two small public tasks.")
    options.add_argument("--home", required=True)
    options.add_argument("--adapter", help="its id, by default of the one in use; none: the bare base alone")
    options.add_argument("--items", type=int, default=ITEMS, help=f"of each task ({ITEMS})")
    given = options.parse_args()
    os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1")
    if importlib.util.find_spec("lm_eval") is None:
        raise Unavailable("lm-evaluation-harness is not installed.", remedy="Try: pip install 'plum-edge[lm-eval]'")
    drawn = {task: items(task, chats(task), max(1, given.items)) for task in TASKS}
    with Store.open(Home.find(given.home), create=False) as store:
        known = store.runs.adapter(given.adapter) if given.adapter not in (None, "none") else store.runs.active()
    adapter = known.id if known and given.adapter != "none" else "none"
    right = {asked: answered(drawn, given.home, asked) for asked in dict.fromkeys(("none", adapter))}
    line = "{:10} {:9} {:>4} {:>7} {:>8} {:>7} {:>15} {:>5} {:>7}".format
    print(line("task", "measure", "n", "base", adapter, "points", "95 %", "lost", "gained"))
    for (task, name), base in right["none"].items():
        cells = compared(base, right[adapter][task, name]) if adapter != "none" else ["–"] * 5
        print(line(task, name, len(base), f"{sum(base) / len(base):.1%}", *cells))


if __name__ == "__main__":
    try:
        main()
    except PlumError as error:
        sys.stderr.write(f"error: {error}\n")
        raise SystemExit(error.exit_code) from error
