"""One configuration: defaults, over them the base's profile, over that the home's file; every key checked.

A *profile* is what differs by base: tables of the same names in models/NAME.toml. Defaults are what small instruct
models do well with; what was measured on one base stands in that base's profile. Knows nothing of who reads it, and of
profiles only that they are tables.
"""

from __future__ import annotations

import dataclasses
import math
import os
import tomllib
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from plum_edge.errors import BadConfig

Tables = Mapping[str, Mapping[str, Any]]
"""The tables of a profile, by name."""
DEFAULT_BASE = "SmolLM2-135M-Instruct"
"""The base where nothing names one: the smallest real chat model that an installation can bring without a model hub."""
BASE_VARIABLE = "PLUM_EDGE_BASE"
"""Names the base where config.toml names none."""


def default_base() -> str:
    """Return the base where config.toml names none: $PLUM_EDGE_BASE, else `DEFAULT_BASE`."""
    return os.environ.get(BASE_VARIABLE) or DEFAULT_BASE


@dataclass(frozen=True, slots=True)
class Model:
    """Which base model is adapted: a name from models/*.toml, one that was added, a folder or a GGUF file."""

    base: str = field(default_factory=default_base)


@dataclass(frozen=True, slots=True)
class Template:
    """How a base's chat template is rendered: the same in training and when it answers."""

    kwargs: Mapping[str, Any] = field(default_factory=dict)
    """What the template is given beside the messages, e.g. ``enable_thinking = false``."""
    system: str | None = None
    """What stands first where a chat has no system message. None: what the template puts there, if anything. Empty:
    nothing; what the template puts there is left out, where that can be told from what it writes around turns."""
    context: Literal["auto", "system", "user"] = "auto"
    """Where system messages go, among them texts to read: as they are, or into the user's next turn. ``auto``: into the
    user's turn where the template refuses system messages or leaves them out."""


@dataclass(frozen=True, slots=True)
class Augment:
    """How a conversation becomes question–answer pairs."""

    augmenter: Literal["auto", "llm", "phrases"] = "auto"
    topics: int = 6
    """Key phrases a conversation that pairs are made of."""
    kinds: tuple[Literal["closed", "open"], ...] = ("closed", "open")
    """Kinds of pairs that are learned; fewer are for experiments."""
    negatives: bool = True
    """Whether pairs about what was not discussed are learned. Without, an adapter says yes to everything."""


@dataclass(frozen=True, slots=True)
class Train:
    """How an adapter learns; every value but ``ends`` is recorded with each step of the fold."""

    recipe: Literal["plum", "replay", "distill", "raw", "together"] = "replay"
    """``plum`` as in the paper; ``replay`` and ``distill`` (train/recipes/, train/teaching.py). For comparison: ``raw``
    learns the conversations as they stand, ``together`` all pairs at once, with the last conversation that waits."""
    backend: Literal["auto", "mlx", "torch"] = "auto"
    quantise: Literal["auto", "none", "8bit", "4bit"] = "auto"
    """How the base is held while an adapter is trained; ``auto`` takes fewer bits only where memory is too small."""
    precision: Literal["auto", "f32", "bf16"] = "auto"
    """Numbers in which the base is multiplied on a processor (torch); ``auto``: bf16 where the chip is fast at it.
    Recorded with each step: it changes the bytes."""
    primer: bool = True
    """Start from the base's primer, where one ships with it and has this rank and alpha; else from nothing."""
    rank: int = 16
    alpha: float = 32.0
    layers: int = 0
    """The last so many layers are trained, 0: all. Those below keep what the primer gave them, and cost no gradient."""
    learning_rate: float = 1e-3
    decay: float = 0.0
    """Linear decay of the rate within a segment, down to ``1 - decay`` of it."""
    epochs: int = 3
    batch: int = 8
    """Pairs in an optimizer step, replayed ones included."""
    replay: float = 2.0
    """Stored pairs of earlier segments for each new one (recipe ``replay``)."""
    general: float = 0.1
    """General samples (reading, honest no, chat) for each new pair, so that the base is not damaged."""
    sampled_negatives: float = 0.5
    """New questions about things never discussed for each new pair, other ones in every epoch."""
    averaging: int = 600
    """Optimizer steps, at most, in which everything is read once more before an adapter is used, while the weights are
    averaged (train/recipes/averaging.py); 0: none. Of ``replay`` and ``distill``."""
    ends: int = 1
    """What is used is the mean of the weights after each of the last so many conversations; an averaging pass starts
    from it, learning goes on from the last alone. Of ``replay`` and ``distill``."""
    reword: bool = True
    """Put a pair in other words each time it is read, and let most negatives name something else (not ``plum``)."""
    kl: float = 1.0
    """Weight of the KL to the base on general samples, at every token; 0 learns their answers as they stand."""
    question_weight: float = 0.0
    """Above 0 the questions themselves are learned as well. The paper weighs them; no base gained by it here."""
    answer_weight: float = 1.0
    decision_weight: float = 8.0
    """Times that, of an answer's first token: yes or no is decided there, and drowns among dates and phrases with 1."""
    template_weight: float = 0.0
    clip: float = 1.0
    """Largest norm of the gradient."""
    seed: int = 0
    threads: int = 0
    """BLAS threads; 0: one for a small base, else the physical cores, at most 4. Recorded: it changes the bytes."""


@dataclass(frozen=True, slots=True)
class Generate:
    """How llama.cpp answers."""

    dtype: Literal["auto", "f32", "f16", "q8_0", "q4_0"] = "auto"
    """Numbers of the deployed base; auto: f32 for one of up to 200 MB, else q8_0.

    The embedded base is too small for q4_0: its next words change too often, and a new adapter would be refused."""
    context: int = 0
    """Tokens of context; 0 takes the model's own."""
    threads: int = 0
    temperature: float | None = None
    """0 takes the likeliest token each time. None, here and in the next four: nobody set it. Then a chat is sampled as
    the model's makers say (bases/sampling.py), and what was said is answered in the likeliest tokens."""
    top_p: float | None = None
    """Only the likeliest tokens that together have so much of the probability; 1: all."""
    top_k: int | None = None
    """Only so many of the likeliest tokens; 0: all."""
    min_p: float | None = None
    """Only tokens that have at least this share of the likeliest one's probability."""
    repetition_penalty: float | None = None
    """Divides the logits of what was said last; 1: no penalty."""
    seed: int = 0
    max_tokens: int = 256

    def over(self, usual: Mapping[str, float]) -> Generate:
        """Return the same with what nobody set as ``usual`` has it."""
        unset: dict[str, Any] = {key: value for key, value in usual.items() if getattr(self, key) is None}
        return dataclasses.replace(self, **unset)


@dataclass(frozen=True, slots=True)
class Decide:
    """When a yes is claimed."""

    odds: float = 0.0
    """Odds of yes to no from which on a yes is claimed. 0: those that an adapter's own held-out questions gave, which
    stand in its manifest; 2 where none do, as to claim what was never said is worse than to miss what was."""
    weighed: bool = False
    """With ``--retrieve``, whether yes or no follows from the adapter, two searches and the reader, where one ships, by
    weights that were fitted for this base (answer/weighed.py), or from the mean of adapter, reading base and word
    search."""
    phrasings: bool = True
    """Whether a question about what was said is asked in phrasings of training as well as in the user's words."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What a new adapter must keep, or the old one stays."""

    earlier: int = 300
    """At most so many earlier questions are asked again, so that the cost stays flat."""
    min_new: float = 0.6
    """Balanced accuracy on the new conversations."""
    max_false_yes: float = 0.35
    max_lost: float = 0.15
    """Share of earlier questions that may be newly wrong, beyond those newly right. Wide, since it is measured against
    the adapter in use: one that knows eight conversations knows each of them better than any that knows forty."""
    max_loss_rise: float = 1.0
    """Nats by which the median loss of earlier yes/no answers may rise; beyond it sure answers have become wrong ones.
    Wide for the same reason: on SmolLM2-135M it was 0.02 to 0.4, and 0.4 higher after ten more conversations."""
    max_divergence: float = 1.0
    """KL to the bare base on everyday talk that nothing was trained on, in nats a token. Measured on SmolLM2-135M: 0.2
    after three conversations, 0.5 after five; a base that babbles is several nats away."""
    attempts: int = 3
    """So many times is a conversation tried, a night each, before it is set aside."""
    smaller: float = 0.5
    """What each further attempt makes of the learning rate; it takes another seed as well."""


@dataclass(frozen=True, slots=True)
class Log:
    """What is logged."""

    zone: str = ""
    """Whose days are meant, e.g. ``Europe/Berlin``; empty: the system's. Applied when something comes into the log."""

    def now(self) -> datetime:
        """Return this moment, as the user's clock shows it."""
        return self.local(datetime.now(UTC))

    def local(self, moment: datetime) -> datetime:
        """Return a moment as the user's clock showed it, summer time of that day included.

        One without an offset is the user's own time already; one with an offset other than UTC's keeps it.
        """
        if moment.tzinfo is not None and moment.utcoffset():
            return moment
        try:
            if not self.zone:
                return moment.astimezone()
            zone = ZoneInfo(self.zone)
            there = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
            return there.replace(tzinfo=timezone(there.utcoffset() or timedelta()))
        except (OverflowError, ValueError, OSError):  # the first and last days that there are
            return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that can be set. ``Config()`` is the default; `load` reads a file over it."""

    model: Model = field(default_factory=Model)
    template: Template = field(default_factory=Template)
    generate: Generate = field(default_factory=Generate)
    augment: Augment = field(default_factory=Augment)
    train: Train = field(default_factory=Train)
    decide: Decide = field(default_factory=Decide)
    gate: Gate = field(default_factory=Gate)
    log: Log = field(default_factory=Log)


_TABLES = tuple(spec.name for spec in dataclasses.fields(Config))
PROFILED = ("template", "generate", "augment", "train", "decide", "gate")
"""The tables that a profile may have."""
_FORMER = {"recall": "generate"}
"""Tables that once had another name, by that name; they are still read under it."""
_FORMER_KEYS = {"train": {"honest": "sampled_negatives", "rehearsal": "averaging", "tether": "kl"}}
"""The same of keys, by table."""
_POSITIVE = {
    "rank", "alpha", "learning_rate", "epochs", "batch", "clip", "topics", "max_tokens", "earlier", "attempts",
    "smaller", "top_p", "repetition_penalty", "ends",
}  # fmt: skip
_SHARES = {"top_p", "min_p"}
_MOST = {"threads": 1024}
"""More than any machine has: llama.cpp and BLAS end the process where they are asked for absurdly many."""
_LATER = ("layers",)
"""Settings of [train] that came later; with 0 adapters are what they were before."""
_OF_USE = ("ends",)
"""Settings of [train] that say what is used after a step, and change no step."""


def recorded(train: Train) -> dict[str, Any]:
    """Return how an adapter learns as steps record it and as it is hashed: under the names that settings had first.

    They stay, in their order: another name for a setting makes no other step, nor does a later one that is not used.
    """
    first = {now: former for former, now in _FORMER_KEYS["train"].items()}
    settings = dataclasses.asdict(train)
    unused = {key for key in _LATER if not settings[key]} | set(_OF_USE)
    return {first.get(key, key): value for key, value in settings.items() if key not in unused}


@dataclass(frozen=True, slots=True)
class Merged:
    """A configuration, and for each ``table.key`` where its value comes from: a profile's name or a file; else it is
    the default.
    """

    config: Config
    origins: Mapping[str, str]


def _no_profile(_base: str) -> Tables:
    return {}


def load(path: Path, profile: Callable[[str], Tables] = _no_profile) -> Config:
    """Return the configuration in ``path``, or the default where there is no such file, over the base's profile.

    Raises:
        BadConfig: not TOML, an unknown table or key (named, with the nearest known one), a wrong type or value.
    """
    return merge(path, profile).config


def merge(path: Path, profile: Callable[[str], Tables] = _no_profile, base: str = "") -> Merged:
    """Do as `load`, and say where each value comes from; with ``base`` as if the file named that one.

    Raises:
        BadConfig: as `load`; a profile's mistakes are said of the base.
    """
    own = _tables(path)
    if base:
        own = {**own, "model": {**own.get("model", {}), "base": base}}
    base = str(own.get("model", {}).get("base") or default_base())
    return _merged((Path(base), profile(base), PROFILED), (path, own, _TABLES))


def profiled(base: str, profile: Tables) -> Config:
    """Return the configuration that a base has by its profile alone.

    Raises:
        BadConfig: the profile is wrong.
    """
    return _merged((Path(base), profile, PROFILED)).config


def _merged(*sources: tuple[Path, Tables, Sequence[str]]) -> Merged:
    """Lay tables over the defaults, the last on top; of each source its name, its tables and those it may have."""
    sections: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for source, tables, allowed in sources:
        for name in tables:
            if name not in allowed:
                raise BadConfig(source, f"unknown table {_suggest(name, list(allowed))}")
    for name, cls in typing.get_type_hints(Config).items():
        values: dict[str, Any] = {}
        for source, tables, _ in sources:
            checked = _section(source, name, cls, _renamed(name, tables.get(name, {})))
            values |= checked
            origins |= {f"{name}.{key}": source.name for key in checked}
        sections[name] = cls(**values)
    return Merged(Config(**sections), origins)


def _tables(path: Path) -> dict[str, dict[str, Any]]:
    """Return the tables of the home's file; none where there is no such file."""
    if not path.exists():
        return {}
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadConfig(path, f"it cannot be read ({error.strerror})", "Make it a file that you can read.") from error
    except ValueError as error:  # of TOML, UTF-8, or a number of thousands of digits
        raise BadConfig(path, f"not valid TOML ({error})") from error
    for name, table in raw.items():
        if name in {*_TABLES, *_FORMER} and not isinstance(table, dict):
            raise BadConfig(path, f"[{name}] must be a table")
    for former, name in _FORMER.items():
        if former in raw:
            raw[name] = {**raw.pop(former), **raw.get(name, {})}
    return raw


def _renamed(name: str, table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table with its keys under the names that they have now; what stands there under that name counts."""
    former = _FORMER_KEYS.get(name, {})
    return {former[key]: table[key] for key in table if key in former} | {
        key: table[key] for key in table if key not in former
    }


def _section(path: Path, name: str, cls: Any, table: Mapping[str, Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    values = {}
    for key, value in table.items():
        if key not in hints:
            raise BadConfig(path, f"unknown key {_suggest(key, list(hints))} in [{name}]")
        values[key] = _checked(path, f"{name}.{key}", key, hints[key], value)
    return values


def _checked(path: Path, where: str, key: str, hint: Any, value: Any) -> Any:
    if typing.get_origin(hint) is Literal:
        choices = typing.get_args(hint)
        if value not in choices:
            raise BadConfig(path, f"{where} is {value!r}; it can be {', '.join(map(str, choices))}")
        return value
    if typing.get_origin(hint) is tuple:
        (choice, _) = typing.get_args(hint)
        if not isinstance(value, list) or not value:
            raise BadConfig(path, f"{where} is {value!r}; it must be a list of {', '.join(typing.get_args(choice))}")
        return tuple(_checked(path, where, key, choice, one) for one in value)
    if typing.get_origin(hint) is Mapping:
        if not isinstance(value, dict):
            raise BadConfig(path, f"{where} is {value!r}; it must be a table")
        return value
    if type(None) in typing.get_args(hint):
        (hint,) = (one for one in typing.get_args(hint) if one is not type(None))
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        try:
            value = float(value)
        except OverflowError as error:
            raise BadConfig(path, f"{where} is a number of {len(str(value))} digits; it is too large") from error
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise BadConfig(path, f"{where} is {value!r}; it must be of type {hint.__name__}")
    if key == "zone" and value:
        _check_zone(path, where, value)
    if hint in (int, float):
        bound = "above 0" if key in _POSITIVE else "at least 0"
        bound += " and at most 1" if key in _SHARES else ""
        endless = isinstance(value, float) and not math.isfinite(value)
        if endless or value < 0 or (key in _POSITIVE and value == 0) or (key in _SHARES and value > 1):
            raise BadConfig(path, f"{where} is {value}; it must be {bound}")
        if value > _MOST.get(key, math.inf):
            raise BadConfig(path, f"{where} is {value}; it must be at most {_MOST[key]}")
    return value


def _check_zone(path: Path, where: str, name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # unknown, not a name, or a folder of zones
        raise BadConfig(path, f"{where} is {name!r}; it must be a time zone such as Europe/Berlin, or empty") from error


def _suggest(name: str, known: list[str]) -> str:
    import difflib

    close = difflib.get_close_matches(name, known, n=1)
    return f"{name!r} (did you mean {close[0]!r}?)" if close else f"{name!r} (known: {', '.join(sorted(known))})"
