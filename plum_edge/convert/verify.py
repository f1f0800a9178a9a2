"""Checks a conversion: weights read back from the file, and logits of the runtime against the trainer's.

The way back is written apart from the way there: rows are put back by index, not by undoing the converter's code. Knows
nothing of how logits are computed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from plum_edge.convert import gguf, gguf_header, peft, rope
from plum_edge.convert.families import Family, stem
from plum_edge.convert.lora import Lora, relative_error
from plum_edge.convert.names import weight_name
from plum_edge.errors import ConversionMismatch, IntegrityError


@dataclass(frozen=True, slots=True)
class Parity:
    """How near the runtime's logits are to the trainer's."""

    max_abs: float
    """Largest absolute difference."""
    agreement: float
    """Share of positions with the same most likely token."""
    effect: float
    """Largest absolute change of the runtime's logits by the adapter: 0 where it was silently ignored."""
    positions: int = 1
    """Positions that were compared."""


def delta_error(
    state: Mapping[str, np.ndarray],
    alpha: float,
    rank: int,
    gguf_path: Path,
    family: Family,
    heads: int,
    kv_heads: int,
) -> float:
    """Return the largest error of ΔW = scale · B A recomputed from the file, relative to the largest entry of that ΔW.

    Raises:
        ConversionMismatch: the file has other tensors than the state, or is for another architecture.
        ForeignAdapter: the file is no adapter.
    """
    stored, stored_alpha, architecture = gguf.read_adapter(gguf_path)
    pairs = peft.paired(state, gguf_path)
    if architecture != family.architecture:
        raise ConversionMismatch(f"the file is for {architecture}, not {family.architecture}")
    if len(stored) != len(pairs):
        raise ConversionMismatch(f"{len(pairs)} matrices were trained and {len(stored)} are in the file")
    worst = 0.0
    for module, (a, b) in pairs.items():
        name = weight_name(module, family)
        if name not in stored:
            raise ConversionMismatch(f"the file has no {name}")
        file_a, file_b = stored[name][0], rows_back(stored[name][1], name, family, heads, kv_heads)
        scale = stored_alpha / file_a.shape[0]
        if scale == alpha / rank and _same(a, file_a) and _same(b, file_b):
            continue  # the same numbers have the same product
        trained = alpha / rank * (b.astype(np.float64) @ a.astype(np.float64))
        recomputed = scale * (file_b.astype(np.float64) @ file_a)
        if trained.shape != recomputed.shape:
            raise ConversionMismatch(f"{name} is {recomputed.shape} in the file and {trained.shape} in the trainer")
        worst = max(worst, relative_error(recomputed, trained))
    return worst


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return np.array_equal(a, b) and bool(np.isfinite(a).all())


def rows_back(rows: np.ndarray, name: str, family: Family, heads: int, kv_heads: int) -> np.ndarray:
    """Return rows in Hugging Face's order: row ``half · d/2 + i`` of a head stands at ``2 i + half`` in GGUF."""
    for operation in family.operations:
        if operation.use == "permute_qk" and operation.tensor == stem(name):
            size = rows.shape[0] // {"heads": heads, "kv_heads": kv_heads}[operation.heads]
            index = np.arange(rows.shape[0])
            head, within = index // size, index % size
            half, i = within // (size // 2), within % (size // 2)
            rows = rows[head * size + 2 * i + half]
    return rows


_BLOCK = 32
_ROUNDING = {
    "F32": (0.0, 0.0),
    "F16": (2**-11, 2**-25),
    "Q8_0": (0.0046, 127 * 2**-25),
    "Q4_0": (0.126, 8 * 2**-25),
}
"""Largest error that a type's rounding can make: a share of the largest number of its block (a plain type is looked at
in the same blocks), and below the range of f16 an absolute part. q8_0: half a step of 1/127, and the rounding of the
scale to f16. q4_0: a whole step of 1/8, as the number farthest from the largest is cut off."""


_AGAIN = "Nothing was kept; run the command again."


def check_base(place: Path, gguf_path: Path, lora: Lora | None = None) -> dict[str, float]:
    """Read a base's GGUF back and hold every weight against the model's own; return the largest error by type.

    ``place`` is a folder in Hugging Face's layout, or a GGUF.
    Errors are shares of the largest number of a block of 32. ``lora`` is what was added into the weights, if anything.

    Raises:
        IntegrityError: it is no GGUF, tensors are missing or strange, or a weight is farther off than rounding can
            make it.
        NoModel: the folder holds no model that can be converted.
    """
    config, family, stored = gguf.sources(place, lora)
    sizes = family.sizes(config)
    factors = rope.tensors(config, sizes["rotary_dim"])
    what = f"The GGUF of {place.name} does not hold the model's weights:"
    try:
        header = gguf_header.read(gguf_path)
    except gguf_header.NotGguf as damage:
        raise IntegrityError(f"{what} {damage}.", _AGAIN) from damage
    if header.tensors.keys() != stored.keys() | factors.keys():
        raise IntegrityError(f"{what} it has other tensors.", _AGAIN)
    worst: dict[str, float] = {}
    for name, source in stored.items():
        kind, values = _dequantised(header, name)
        allowed, finest = _ROUNDING[kind]
        found = rows_back(values, name, family, sizes["heads"], sizes["kv_heads"])
        error = _block_error(_as_stored(source.read(), name, family), found, finest)
        if not error <= allowed:
            raise IntegrityError(f"{what} {name} differs by {error:.2g} of its block (allowed {allowed:.2g}).", _AGAIN)
        worst[kind] = max(worst.get(kind, 0.0), error)
    return worst


def _as_stored(values: np.ndarray, name: str, family: Family) -> np.ndarray:
    """Return a tensor's values as the runtime wants them: of Gemma's norms one more."""
    plus_one = any(o.use == "norm_plus_one" and o.tensor == stem(name) for o in family.operations)
    return values + np.float32(1) if plus_one else values


def _dequantised(header: gguf_header.Header, name: str) -> tuple[str, np.ndarray]:
    """Return ggml's name of a tensor's type, and the numbers that the runtime makes of it."""
    from gguf import GGMLQuantizationType, dequantize, quant_shape_to_byte_shape

    tensor = header.tensors[name]
    kind = GGMLQuantizationType(tensor.kind)
    shape = tuple(quant_shape_to_byte_shape(tensor.shape, kind))
    raw = np.memmap(header.path, np.uint8, "r", header.data + tensor.offset, shape)
    return kind.name, np.asarray(dequantize(np.asarray(raw), kind)).reshape(tensor.shape)


def _block_error(wanted: np.ndarray, found: np.ndarray, finest: float) -> float:
    """Return the largest error beyond ``finest``, as a share of the largest number of its block."""
    if wanted.shape != found.shape:
        return math.inf
    size = _BLOCK if wanted.shape[-1] % _BLOCK == 0 else wanted.shape[-1]
    largest = np.abs(wanted).reshape(-1, size).max(axis=1)
    errors = np.abs(wanted - found).reshape(-1, size).max(axis=1)
    return float((np.maximum(errors - finest, 0) / np.maximum(largest, np.finfo(np.float32).tiny)).max())


def logit_report(reference: np.ndarray, candidate: np.ndarray, base: np.ndarray) -> Parity:
    """Compare logits, each (positions, vocabulary): the trainer's, the runtime's, and the runtime's without adapter."""
    if not reference.shape == candidate.shape == base.shape:
        raise ConversionMismatch(f"logits have shapes {reference.shape}, {candidate.shape} and {base.shape}")
    return Parity(
        max_abs=float(np.abs(reference - candidate).max()),
        agreement=float((reference.argmax(-1) == candidate.argmax(-1)).mean()),
        effect=float(np.abs(candidate - base).max()),
        positions=len(reference),
    )


def usual_error(reference: np.ndarray, candidate: np.ndarray) -> float:
    """Return the largest difference of logits (positions, vocabulary), the worst hundredth of the positions left out.

    At a token that a base weighs beyond measure (an attention sink) f32 rounding moves a logit hundreds of times as far
    as elsewhere: 0.036 at one of 200 positions where the median is 8e-5. What was converted wrongly differs everywhere.
    """
    return float(np.quantile(np.abs(reference - candidate).max(axis=1), _USUAL, method="lower"))


def together(reports: Sequence[Parity]) -> Parity:
    """Return the report over several parts: each counts for as many positions as it has.

    Raises:
        ConversionMismatch: there is nothing to compare.
    """
    if not reports:
        raise ConversionMismatch("there are no logits to compare")
    positions = sum(report.positions for report in reports)
    return Parity(
        max_abs=float(np.max([report.max_abs for report in reports])),
        agreement=sum(report.agreement * report.positions for report in reports) / positions,
        effect=float(np.max([report.effect for report in reports])),
        positions=positions,
    )


def require_weights(delta: float, bound: float = 1e-6) -> None:
    """Hold the error of ΔW against its bound: 1e-6 for an f32 file, 1e-3 for f16.

    Raises:
        ConversionMismatch: says by how much it is missed.
    """
    if said := _weights_missed(delta, bound):
        raise ConversionMismatch(said)


def _weights_missed(delta: float, bound: float) -> str:
    return "" if delta <= bound else f"the weights in the file differ by {delta:.3g} (allowed {bound:.2g})"


_USUAL = 0.99
AT_WORST = 5e-3
"""Of what an adapter moves logits by, what rounding may be at the worst position of all."""
OF_EFFECT = 2.5e-4
"""Of what an adapter moves logits by, what rounding may be: a spoiled one rounds more, and is for the gate to judge.
Rows that were not permuted differ by half of it."""


def require(
    delta: float,
    parity: Parity,
    *,
    bound: float | None = 1e-4,
    agreement: float = 0.97,
    delta_bound: float = 1e-6,
    effect: float = 1e-3,
) -> None:
    """Hold `delta_error` and `logit_report` against bounds.

    ``bound`` is for logits; None where trainer and runtime do not run the same numbers (a quantised base).
    ``delta_bound`` is 1e-6 for an f32 file, 1e-3 for f16.

    Raises:
        ConversionMismatch: says which bound is missed, and by how much. Values that are no numbers miss every bound.
    """
    missed = [said] if (said := _weights_missed(delta, delta_bound)) else []
    if bound is not None and not parity.max_abs <= bound:
        missed.append(f"logits differ by {parity.max_abs:.3g} (allowed {bound:.2g})")
    if not parity.agreement >= agreement:
        missed.append(f"{parity.agreement:.1%} of the next tokens agree (wanted {agreement:.0%})")
    if not parity.effect >= effect:
        missed.append(f"the adapter changes logits by {parity.effect:.2g} only: the runtime may ignore it")
    if missed:
        raise ConversionMismatch("; ".join(missed))
