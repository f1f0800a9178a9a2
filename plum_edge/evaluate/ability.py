"""What a base can do besides remembering, and what an adapter leaves of it: read, say honestly "no", chat (llama.cpp).

Joins runtime and scoring over fixed made-up material. The same questions are asked of the base and of the base with
the adapter; damage is judged on the answers that changed. Knows nothing of the log but what it mentions: a "no" about
that would be wrong.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from plum_edge.evaluate.marking import sound
from plum_edge.evaluate.scoring import AT_ONCE, Interval, Scored, balanced, mark, paired_loss
from plum_edge.records import Message, Progress, Question
from plum_edge.runtime import Runtime
from plum_edge.runtime.likelihood import losses, rolling

LONGEST_REPLY = 48
"""Tokens after which a reply to small talk counts as endless."""
_DRAWS = 1_000
_RATES = ("reading", "reading_yes", "reading_no", "honest_no", "chat_same", "chat_sound")
_LOSSES = ("text_loss", "dialogue_loss", "chat_loss")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what stands before it: one dated conversation, or nothing."""

    before: tuple[Message, ...]
    question: Question


@dataclass(frozen=True, slots=True)
class Material:
    """What is asked. Questions about one conversation stand together, so that it is read once."""

    reading: tuple[Asked, ...]
    honest: tuple[Asked, ...]
    openings: tuple[tuple[Message, ...], ...]
    """What small talk begins with."""
    dialogues: tuple[tuple[Message, ...], ...]
    """Held-out talk; user and assistant take turns."""
    texts: tuple[str, ...]
    """Held-out plain sentences."""


@dataclass(frozen=True, slots=True)
class Loss:
    """``nats`` and ``tokens`` of each text: (texts,) each."""

    nats: np.ndarray
    tokens: np.ndarray

    @property
    def mean(self) -> float | None:
        """Nats a token, over all texts; None without any."""
        return float(self.nats.sum() / self.tokens.sum()) if self.tokens.sum() else None


@dataclass(frozen=True, slots=True)
class Ability:
    """What was answered."""

    reading: list[Scored]
    honest: list[Scored]
    replies: list[str]
    text: Loss
    dialogue: Loss
    chat: Loss
    """Of the base's own sound replies."""


def brought(folder: Path) -> bool:
    """Return whether a base brings material to be measured on."""
    return (folder / "ability.jsonl").is_file()


def material(folder: Path, mentions: Callable[[str], bool] = lambda _topic: False) -> Material:
    """Return the material that a base brings.

    ``mentions`` says whether the log names a topic; what it names is not asked for a "no".
    """
    samples = [*_lines(folder / "ability.jsonl"), *_lines(folder / "probe.jsonl")]

    def of(kind: str) -> Iterator[tuple[tuple[Message, ...], list[dict[str, str]]]]:
        for sample in samples:
            if sample["kind"] == kind:
                yield tuple(Message(m["role"], m["content"]) for m in sample["messages"]), sample.get("questions", [])

    def asked(kind: str) -> tuple[Asked, ...]:
        return tuple(
            Asked(before, Question(q["question"], q["answer"], "verbatim" if q["answer"] == "yes" else "near", str(n)))
            for n, (before, questions) in enumerate(of(kind))
            for q in questions
            if q["answer"] == "yes" or not mentions(q["topic"])
        )

    openings = tuple(before for before, questions in of("chat") if len(before) == 1)
    texts = tuple(before[-1].content for before, _ in of("text"))
    return Material(asked("reading"), asked("no"), openings, tuple(b for b, _ in of("dialogue")), texts)


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


# Measuring ----------------------------------------------------------------------------------------------------------


def compare(
    runtime: Runtime, adapter: Path | None, asked: Material, progress: Progress | None = None, *, seed: int = 0
) -> dict[str, Any]:
    """Return what the base can do, and with the adapter: the figures of ``general`` in ``evaluate --json``.

    ``base`` and ``adapter`` (None without one) hold shares of right answers: ``reading`` (balanced), ``reading_yes``,
    ``reading_no``, ``honest_no``; losses in nats a token: ``text_loss`` (plain sentences), ``dialogue_loss`` (held-out
    talk), ``chat_loss`` (the base's own replies); and of the replies ``chat_same`` (as the base's) and ``chat_sound``
    (`marking.sound`). ``change`` holds differences of shares, and relative changes of losses with 95 % intervals over
    texts (``…_ci95``); ``flips`` the paired one-sided test that more answers were lost than gained.
    """
    base = measure(runtime, None, asked, progress=progress)
    adapted = measure(runtime, adapter, asked, base, progress) if adapter else None
    before = _figures(base, base)
    after = _figures(adapted, base) if adapted else None
    return {
        "questions": {
            "reading": len(asked.reading),
            "honest_no": len(asked.honest),
            "chat": len(asked.openings),
            "text_tokens": int(base.text.tokens.sum()),
            "dialogue_tokens": int(base.dialogue.tokens.sum()),
            "chat_tokens": int(base.chat.tokens.sum()),
        },
        "base": before,
        "adapter": after,
        "change": _changes(before, after) | _intervals(base, adapted, seed) if adapted and after else None,
        "flips": {
            "reading": asdict(paired_loss(base.reading, adapted.reading)),
            "honest_no": asdict(paired_loss(base.honest, adapted.honest)),
        }
        if adapted
        else None,
    }


def measure(
    runtime: Runtime,
    adapter: Path | None,
    asked: Material,
    base: Ability | None = None,
    progress: Progress | None = None,
) -> Ability:
    """Ask everything once, with the adapter or with none. ``base`` is what the bare base did; default: this is it."""
    runtime.use(adapter, str(adapter) if adapter else None)
    reading = _score(runtime, asked.reading, "reading", progress)
    honest = _score(runtime, asked.honest, "honest no", progress)
    replies = [runtime.answer(opening, max_tokens=LONGEST_REPLY) for opening in asked.openings]
    own = zip(asked.openings, base.replies if base else replies, strict=True)
    return Ability(
        reading,
        honest,
        replies,
        text=text_loss(runtime, asked.texts),
        dialogue=answer_loss(runtime, [turn for dialogue in asked.dialogues for turn in turns(dialogue)]),
        chat=answer_loss(
            runtime, [(opening, reply) for opening, reply in own if sound(reply) and not _endless(runtime, reply)]
        ),
    )


def text_loss(runtime: Runtime, texts: Sequence[str]) -> Loss:
    """Return the loss of plain texts under the adapter that is on, each from its first word."""
    begun = [[runtime.bos, *runtime.encode(text)] if runtime.bos >= 0 else runtime.encode(text) for text in texts]
    found = [rolling(runtime, ids[1:], ids[0]) for ids in begun]
    return Loss(np.array([one.sum() for one in found]), np.array([len(one) for one in found]))


def turns(dialogue: Sequence[Message]) -> Iterator[tuple[Sequence[Message], str]]:
    """Give each turn of the assistant with what stands before it."""
    for n, message in enumerate(dialogue):
        if message.role == "assistant":
            yield dialogue[:n], message.content


def answer_loss(runtime: Runtime, answers: Sequence[tuple[Sequence[Message], str]]) -> Loss:
    """Return the loss of answers under the adapter that is on; of a prompt that is too long the beginning is left out.

    Answers of one conversation should stand together: what they have before them in common is then read once.
    """
    nats, tokens = [], []
    for before, answer in answers:
        ids = runtime.encode(answer)
        whole = [*runtime.chat_ids(before), *ids][-runtime.context - 1 :]
        found, _ = losses(runtime, whole, min(len(ids), len(whole) - 1))
        nats.append(found.sum())
        tokens.append(len(found))
    return Loss(np.array(nats), np.array(tokens))


def _score(runtime: Runtime, asked: Sequence[Asked], stage: str, progress: Progress | None) -> list[Scored]:
    scored: list[Scored] = []
    for start in range(0, len(asked), AT_ONCE):
        part = asked[start : start + AT_ONCE]
        answers = runtime.p_yes_many([[*one.before, Message("user", one.question.question)] for one in part])
        scored += (mark(one.question, p_yes) for one, p_yes in zip(part, answers, strict=True))
        if progress is not None:
            progress(stage, len(scored), len(asked), "")
    return scored


def _endless(runtime: Runtime, reply: str) -> bool:
    return len(runtime.encode(reply)) >= LONGEST_REPLY


# Figures ------------------------------------------------------------------------------------------------------------


def _figures(found: Ability, base: Ability) -> dict[str, float | None]:
    replies = found.replies
    return {
        "reading": balanced(found.reading),
        "reading_yes": _share([s.correct for s in found.reading if s.question.answer == "yes"]),
        "reading_no": _share([s.correct for s in found.reading if s.question.answer == "no"]),
        "honest_no": _share([s.correct for s in found.honest]),
        "chat_same": _share([reply == own for reply, own in zip(replies, base.replies, strict=True)]),
        "chat_sound": _share([sound(reply) for reply in replies]),
        "text_loss": found.text.mean,
        "dialogue_loss": found.dialogue.mean,
        "chat_loss": found.chat.mean,
    }


def _share(right: Sequence[bool]) -> float | None:
    return sum(right) / len(right) if right else None


def _changes(before: dict[str, float | None], after: dict[str, float | None]) -> dict[str, Any]:
    both = {name: (before[name], value) for name, value in after.items()}
    known = {name: (old, new) for name, (old, new) in both.items() if old is not None and new is not None}
    shares = {name: new - old for name, (old, new) in known.items() if name in _RATES}
    return shares | {name: new / old - 1 for name, (old, new) in known.items() if name in _LOSSES and old > 0}


def _intervals(base: Ability, adapted: Ability, seed: int) -> dict[str, Interval]:
    """Return the 95 % percentile intervals of the relative changes of losses, drawn over texts."""
    pairs = {
        "text_loss": (base.text, adapted.text),
        "dialogue_loss": (base.dialogue, adapted.dialogue),
        "chat_loss": (base.chat, adapted.chat),
    }
    rng = np.random.default_rng(seed)
    found = {}
    for name, (before, after) in pairs.items():
        if len(before.nats) and before.nats.sum() > 0:
            found[f"{name}_ci95"] = change_ci95(before, after, rng)
    return found


def change_ci95(before: Loss, after: Loss, rng: np.random.Generator) -> Interval:
    """Return the 95 % percentile interval of the relative change of a loss on the same texts, drawn over texts."""
    texts = len(before.nats)
    drawn = rng.multinomial(texts, np.full(texts, 1 / texts), size=_DRAWS)
    low, high = np.quantile((drawn @ after.nats) / (drawn @ before.nats) - 1, (0.025, 0.975))
    return float(low), float(high)
