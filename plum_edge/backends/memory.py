"""What training takes of memory, reckoned before a run, and how a base is held so that it fits.

Pure arithmetic over a config.json; no weights are opened. The shares of activations were fitted to measured peaks of
small models, those of our own decoder counted from what its steps keep (tests/backends/test_memory.py), and mean the
worst batch: full rows, half of whose tokens are learned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import psutil

from plum_edge.backends import dense
from plum_edge.backends.threads import SMALL
from plum_edge.errors import NoMemory, NoModel, UsageError

if TYPE_CHECKING:
    from plum_edge.backends.base import LoraSpec

Quantise = Literal["auto", "none", "8bit", "4bit"]

LONGEST = 256
"""Tokens of the longest pair that a run is reckoned with, where the model's context is longer."""
LOGITS = 16_000_000
"""Bytes of logits that our own decoder makes at once: what stays in a processor's cache."""
_SHARE = {"cpu": 0.6, "metal": 0.6, "cuda": 0.8}
"""Of all memory, what training may plan with. Other programs are open at night, too, and seldom on a card."""
_LEARNED = 0.5
"""Of a batch's tokens, those that reach the head."""
_ADAPTER = 24
"""Bytes a trained number: weight, gradient, two moments, and the new ones beside the old while a step is taken."""
_HEAD = {"mlx": 16, "peft": 16, "own": 20}
"""Bytes a logit: what the loss and its gradient hold at once."""
_RUNTIME = {"cpu": 200_000_000, "metal": 200_000_000, "cuda": 700_000_000}
"""Bytes of the runtime itself: libraries, kernels, workspaces."""
_PACKED = {"cpu": 1.0, "metal": 0.5, "cuda": 0.2}
"""Bits a weight beside the 8 or 4: scales and offsets of its group, in f32, in bf16, and quantised again."""
_AT_ONCE = (0, 4)
"""Rows of a batch that are computed at once, as long as that fits; the last resort is one."""


@dataclass(frozen=True, slots=True)
class _Activations:
    """Numbers a token and layer, in multiples of four widths: of the stream, of the MLP, of queries with keys and
    values, and of the attention's own (heads × length).

    ``kept`` wait for the gradient, ``at_work`` are those of the one layer that is being computed; both in the dtype of
    the base. ``wide`` are the same two where they are f32 whatever that is.
    """

    kept: tuple[int, ...]
    at_work: tuple[int, ...]
    wide: tuple[tuple[int, ...], tuple[int, ...]] = ((0, 0, 0, 0), (0, 0, 0, 0))


_ACTIVATIONS = {
    "mlx": _Activations((4, 3, 2, 1), (12, 5, 2, 2)),
    "peft": _Activations((6, 3, 2, 1), (16, 8, 2, 4)),
    "own": _Activations((2, 3, 3, 0), (2, 7, 1, 0), wide=((2, 0, 0, 0), (6, 0, 3, 4))),
}
"""By what computes: MLX, transformers with PEFT, our own decoder in torch."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a backend trains: ``cpu``, ``metal`` or ``cuda``; bytes of memory there, and how many are free now.

    ``half``: whether our own decoder holds a base that is not small in bf16 on this processor.
    """

    backend: str
    device: str
    total: int
    free: int
    half: bool = False

    @property
    def room(self) -> float:
        """Return the bytes that training may plan with."""
        return _SHARE[self.device] * self.total


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes that training takes at its peak, by what they hold."""

    weights: int
    adapter: int
    activations: int
    head: int
    runtime: int

    @property
    def total(self) -> int:
        """Return all of it."""
        return self.weights + self.adapter + self.activations + self.head + self.runtime


@dataclass(frozen=True, slots=True)
class Plan:
    """How a base is held: bits a weight (32, 16, 8, 4), and whether activations are computed again for the gradient.

    ``rows`` of a batch are computed at once (0: all), and their gradients added up. ``quantise`` is False where the
    files hold the weights as planned already.
    """

    bits: int = 32
    checkpointing: bool = False
    rows: int = 0
    quantise: bool = False

    def __str__(self) -> str:
        held = {32: "f32", 16: "bf16"}.get(self.bits, f"{self.bits}-bit")
        twice = "activations computed twice" if self.checkpointing else ""
        pairs = f"{self.rows} pair{'s' if self.rows > 1 else ''} at once" if self.rows else ""
        return ", ".join(filter(None, (held, twice, pairs)))


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a decoder, of its config.json."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    ffn: int
    vocabulary: int
    context: int
    tied: bool
    known: bool = False
    """Whether our own decoder computes it."""

    @classmethod
    def of(cls, config: Mapping[str, Any], name: str) -> Shape:
        """Read them.

        Raises:
            NoModel: names the key that is missing.
        """
        told = {**config, **config.get("text_config", {})}
        try:
            heads, hidden = int(told["num_attention_heads"]), int(told["hidden_size"])
            return cls(
                hidden=hidden,
                layers=int(told["num_hidden_layers"]),
                heads=heads,
                kv_heads=int(told.get("num_key_value_heads") or heads),
                head_dim=int(told.get("head_dim") or hidden // heads),
                ffn=int(told["intermediate_size"]),
                vocabulary=int(told["vocab_size"]),
                context=int(told["max_position_embeddings"]),
                tied=bool(told.get("tie_word_embeddings", False)),
                known=dense.known(config),
            )
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            raise NoModel(name, f"its config.json has no usable {error}") from error

    def linears(self) -> dict[str, tuple[int, int]]:
        """Return (out, in) of a layer's linear layers, fused ones beside those that they stand for."""
        q, kv = self.heads * self.head_dim, self.kv_heads * self.head_dim
        into, out = (self.ffn, self.hidden), (self.hidden, self.ffn)
        return {
            "q_proj": (q, self.hidden), "k_proj": (kv, self.hidden), "v_proj": (kv, self.hidden),
            "o_proj": (self.hidden, q), "gate_proj": into, "up_proj": into, "down_proj": out,
            "qkv_proj": (q + 2 * kv, self.hidden), "gate_up_proj": (2 * self.ffn, self.hidden),
        }  # fmt: skip

    @property
    def in_layers(self) -> int:
        """Return the number of weights in all layers."""
        fused = ("qkv_proj", "gate_up_proj", "o_proj", "down_proj")
        return self.layers * sum(out * inner for name, (out, inner) in self.linears().items() if name in fused)

    def trained(self, spec: LoraSpec) -> int:
        """Return the number of weights of an adapter."""
        return self.layers * spec.rank * sum(sum(self.linears().get(target, (0, 0))) for target in spec.targets)

    @property
    def embedded(self) -> int:
        """Return the number of weights in the embedding and in the head."""
        return self.vocabulary * self.hidden * (1 if self.tied else 2)


def need(shape: Shape, spec: LoraSpec, machine: Machine, plan: Plan, *, rows: int, length: int) -> Need:
    """Return what training takes at its peak: batches of ``rows`` sequences of ``length`` tokens, done as planned."""
    rows, by = min(rows, plan.rows or rows), _computed_by(shape, machine)
    packed = plan.bits + (_PACKED[machine.device] if plan.bits < 16 else 0)
    whole = 32 if machine.device == "cpu" else 16
    embedded = packed if machine.backend == "mlx" or plan.bits >= 16 else whole
    weights = (shape.in_layers * packed + shape.embedded * embedded) / 8
    number = (whole if plan.bits < 16 else plan.bits) // 8
    logits = rows * length * _LEARNED * shape.vocabulary
    return Need(
        weights=round(weights),
        adapter=_ADAPTER * shape.trained(spec),
        activations=rows * length * _activations(shape, by, number, length, plan.checkpointing),
        head=round(min(logits, LOGITS / 4) if by == "own" else logits) * _HEAD[by],
        runtime=_RUNTIME[machine.device],
    )


def _computed_by(shape: Shape, machine: Machine) -> str:
    if machine.backend == "mlx":
        return "mlx"
    return "own" if machine.device == "cpu" and shape.known else "peft"


def _activations(shape: Shape, by: str, number: int, length: int, checkpointing: bool) -> int:
    """Return the bytes of activations that a token takes; ``number``: bytes of a number of the base."""
    queries = (shape.heads + 2 * shape.kv_heads) * shape.head_dim
    widths = (shape.hidden, shape.ffn, queries, shape.heads * length)
    shares = _ACTIVATIONS[by]
    kept, at_work = (
        number * _weighed(narrow, widths) + 4 * _weighed(wide, widths)
        for narrow, wide in zip((shares.kept, shares.at_work), shares.wide, strict=True)
    )
    if not checkpointing:
        return shape.layers * kept + at_work
    waiting = shape.hidden * (4 if by == "own" else number)
    return shape.layers * waiting + at_work + (kept if by == "own" else 0)


def _weighed(shares: Sequence[int], widths: Sequence[int]) -> int:
    return sum(share * width for share, width in zip(shares, widths, strict=True))


def plan(
    machine: Machine,
    config: Mapping[str, Any],
    spec: LoraSpec,
    *,
    name: str,
    rows: int,
    quantise: Quantise = "auto",
) -> tuple[Plan, int]:
    """Return how the base is held, and the bytes that training then takes at its peak.

    It is the first way that the machine's memory is large enough for, the most exact first. That depends on all of the
    memory, not on what is free at the moment: the same machine gives the same bytes each night. Whether it is free now
    decides only whether training begins.

    Raises:
        NoMemory: more is needed than is free; says how much, and what would fit.
        UsageError: this backend cannot hold the base in that form.
        NoModel: config.json lacks a size.
    """
    shape = Shape.of(config, name)
    length = min(shape.context, LONGEST)
    ways = list(_ways(machine, config, shape, quantise))
    needs = [need(shape, spec, machine, way, rows=rows, length=length).total for way in ways]
    at = next((i for i, needed in enumerate(needs) if needed <= machine.room), len(ways) - 1)
    if needs[at] > machine.free:
        fits = _what_fits(shape, spec, machine, ways, rows, length)
        raise NoMemory(name, str(ways[at]), needs[at], machine.free, fits)
    return ways[at], needs[at]


def main_memory(backend: str) -> Machine:
    """Return the machine as a backend on the CPU sees it."""
    ram = psutil.virtual_memory()
    return Machine(backend, "cpu", ram.total, ram.available)


def _ways(machine: Machine, config: Mapping[str, Any], shape: Shape, quantise: Quantise) -> Iterator[Plan]:
    """Yield how this base can be held here, the most exact and fastest first."""
    stored = config.get("quantization")
    if stored:
        ways: Sequence[Plan] = [Plan(int(stored["bits"]))]
    else:
        whole = Plan(_whole(machine, shape))
        smaller = {"mlx": (8, 4), "torch": (4,) if machine.device == "cuda" else ()}[machine.backend]
        fewer = {f"{bits}bit": Plan(bits, quantise=True) for bits in smaller}
        if quantise not in ("auto", "none", *fewer):
            raise UsageError(
                f"The backend {machine.backend} cannot hold a base in {quantise} here.",
                f"Set train.quantise to {' or '.join(('auto', 'none', *fewer))} in config.toml.",
            )
        ways = {"auto": [whole, *fewer.values()], "none": [whole]}.get(quantise) or [fewer[quantise]]
    for way in ways:
        for twice in (False, True):
            yield from (replace(way, checkpointing=twice, rows=rows) for rows in _AT_ONCE)
        yield replace(way, checkpointing=True, rows=1)


def _whole(machine: Machine, shape: Shape) -> int:
    """Return the bits of a weight that is not quantised."""
    if machine.device != "cpu":
        return 16
    large = 4 * (shape.in_layers + shape.embedded) >= SMALL
    return 16 if machine.half and large and _computed_by(shape, machine) == "own" else 32


def _what_fits(shape: Shape, spec: LoraSpec, machine: Machine, ways: Sequence[Plan], rows: int, length: int) -> str:
    """Return what the memory that is free would be enough for."""
    needs = [(need(shape, spec, machine, way, rows=rows, length=length).total, way) for way in ways]
    fitting = [(needed, way) for needed, way in needs if needed <= machine.free and way.quantise]
    if fitting:
        needed, way = fitting[0]
        return f'train.quantise = "{way.bits}bit" would fit ({needed / 1e9:.1f} GB)'
    parameters = (shape.in_layers + shape.embedded) * machine.free / needs[-1][0]
    return f"one of about {parameters / 1e9:.1g} B parameters would fit"
