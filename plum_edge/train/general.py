"""General samples: everyday prompts with the base's own answers, so that an adapter leaves the rest of the base alone.

The prompts ship with plum-edge (samples/general/), the answers are the deployed base's own, asked for once. A part of
them is never trained on: how far an adapter is from the base is measured there. A base may ship its samples. Joins the
deployed base in llama.cpp and the home; knows nothing of training.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from plum_edge import bases
from plum_edge.bases import Base
from plum_edge.bases.shipped import GENERAL, shipped
from plum_edge.config import Config
from plum_edge.errors import Interrupted
from plum_edge.paths import Home, atomic_write, data_dir
from plum_edge.records import Message, Progress, content_hash, draw
from plum_edge.runtime import Runtime

_LONGEST = 48
"""Tokens of an answer: how it begins shows the base's manner, and each token costs time in every night."""
_PROBES = ("probe.jsonl", "ability.jsonl")
_TALK = ("chat", "dialogue")
"""What a base that ships samples ships to measure on, and the kinds of it that are talk."""
_MEASURED = 20
"""Of these, so many are measured on: some 800 tokens, which each night has to read twice."""
_PROBED = 4
"""One sample in so many is never trained on."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A short chat that ends with the base's own answer. ``kind`` groups samples that are drawn alike."""

    kind: str
    messages: tuple[Message, ...]

    @property
    def probed(self) -> bool:
        """Whether it is held out, for measuring."""
        asked = (message.content for message in self.messages if message.role != "assistant")
        return draw("general probe", *asked) % _PROBED == 0


def trained(base: Base, home: Home, config: Config) -> list[Sample]:
    """Return the samples that adapters are trained on; none where the base was not asked yet (`prepare`)."""
    if own := _own(base):
        return _read(own)
    return [sample for sample in _of_prompts(base, home, config) if not sample.probed]


def probes(base: Base, home: Home, config: Config) -> list[Sample]:
    """Return the samples that nothing is trained on; of a base that brings its own, the talk that it has to measure."""
    if not _own(base):
        return [sample for sample in _of_prompts(base, home, config) if sample.probed][:_MEASURED]
    brought = [sample for name in _PROBES if (base.folder / name).is_file() for sample in _read(base.folder / name)]
    talk = [one for one in brought if one.kind in _TALK and one.messages[-1].role == "assistant"]
    return list({one.messages: one for one in talk}.values())[:_MEASURED]


def _of_prompts(base: Base, home: Home, config: Config) -> list[Sample]:
    path = _shipped(base, config) or _made(base, home, config)
    return _read(path) if path.is_file() else []


def prompts() -> list[Sample]:
    """Return the prompts that ship with plum-edge, without answers."""
    return _read(data_dir("samples") / "general" / "prompts.jsonl")


def prepare(
    base: Base,
    home: Home,
    config: Config,
    *,
    progress: Progress = lambda _stage, _done, _total, _note: None,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Have the deployed base answer the prompts, if it ships no samples and has not answered them here yet.

    Raises:
        Interrupted: ``stopped()`` became true; nothing is kept.
        NoModel, IntegrityError: the base cannot be deployed.
    """
    path = _made(base, home, config)
    if _own(base) or _shipped(base, config) or path.is_file():
        return
    asked, lines = prompts(), []
    settings = config.generate
    deployed = bases.gguf(base, home, settings.dtype)
    with Runtime(deployed, context=1024, threads=settings.threads, template=config.template) as model:
        for number, sample in enumerate(asked):
            if stopped():
                raise Interrupted("Stopped while the base answered its general prompts.", "Run the command again.")
            progress("general", number, len(asked), "")
            lines.append(_line(sample, answer(model, sample.messages)))
    home.models.mkdir(mode=0o700, parents=True, exist_ok=True)
    with atomic_write(path) as file:
        file.write("".join([_made_of(base, config), *lines]).encode())
    progress("general", len(asked), len(asked), "")


def answer(model: Runtime, messages: Sequence[Message]) -> str:
    """Return the likeliest answer of a base, or how it begins: the same each time."""
    return model.answer(messages, max_tokens=_LONGEST)


def fingerprint(base: Base, home: Home, config: Config) -> str:
    """Return the hash of the answers to our prompts; empty where the base brings its own samples, or has none."""
    path = _shipped(base, config) or _made(base, home, config)
    return "" if _own(base) or not path.is_file() else content_hash(path.read_text(encoding="utf-8"))


def _own(base: Base) -> Path | None:
    """Return the samples that a base brings in its own folder."""
    path = base.folder / GENERAL
    return path if path.is_file() else None


def _shipped(base: Base, config: Config) -> Path | None:
    """Return the answers that ship with plum-edge, if they are of these weights in this chat format."""
    path = shipped(base, GENERAL)
    if path is None:
        return None
    with path.open(encoding="utf-8") as file:
        return path if file.readline() == _made_of(base, config) else None


def _made(base: Base, home: Home, config: Config) -> Path:
    return home.models / f"general-{base.fingerprint}-{content_hash(_made_of(base, config))}.jsonl"


def _made_of(base: Base, config: Config) -> str:
    """Return the first line of a file of answers: the weights and the chat format that they were given in."""
    format_ = json.dumps(dataclasses.asdict(config.template), sort_keys=True, default=str)
    return json.dumps({"base_sha256": base.sha256, "template": content_hash(format_)}) + "\n"


def _read(path: Path) -> list[Sample]:
    found = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line)
    return [
        Sample(one["kind"], tuple(Message(m["role"], m["content"]) for m in one["messages"]))
        for one in found
        if "messages" in one
    ]


def _line(sample: Sample, said: str) -> str:
    turns = [{"role": m.role, "content": m.content} for m in (*sample.messages, Message("assistant", said))]
    return json.dumps({"kind": sample.kind, "messages": turns}, ensure_ascii=False) + "\n"
