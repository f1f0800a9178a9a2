"""The adapter in use as a folder for another runtime or another device, and back into a home.

    OUT/    the adapter in that runtime's own layout · manifest.json (what it is: figures and hashes) · SHA256SUMS

Joins convert, translate, registry and the store. An export holds no conversation and no path; what its weights remember
it does hold, so the log notes that it was given away. Sealing and signing come around this folder, not into it.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plum_edge.bases import Base
from plum_edge.config import Config
from plum_edge.convert import forms, gguf, peft
from plum_edge.errors import IntegrityError, UsageError
from plum_edge.export.targets import TARGETS, Order, target
from plum_edge.export.targets.gguf import GGUF
from plum_edge.paths import atomic_dir, sha256_file
from plum_edge.records import Adapter
from plum_edge.store import Store
from plum_edge.train.step import state_sha256

FORMAT, VERSION = "plum-edge-export", 1
MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
_FIGURES = ("accuracy", "accuracy_ci95", "positives", "negatives", "questions", "open_f1", "false_answers")
"""Of an evaluation, what is a number and says nothing of what was said."""
_LINE = re.compile(r"(?P<sha256>[0-9a-f]{64}) [ *](?P<name>[^/\\\0]+)")


def export(store: Store, base: Base, config: Config, out: Path, to: str) -> dict[str, Any]:
    """Write the adapter in use into the new folder ``out``, proven as every conversion is; return its manifest.

    Raises:
        UsageError: no adapter is in use, there is no such target, or ``out`` exists.
        IntegrityError: the adapter's files are not what was written, or it is for another base.
        ConversionMismatch: it came out wrong; nothing was written.
        NoModel: this base cannot be written in that form.
        NoSpace, StoreError: as the disk says.
    """
    if out.exists() or out.is_symlink():
        raise UsageError(f"{out} exists already.", "Name another place; nothing was changed.")
    if to not in TARGETS:
        raise UsageError(f"There is no target {to!r}.", f"There are: {', '.join(TARGETS)}.")
    adapter = _in_use(store)
    source, made_of = Path(adapter.gguf).with_name("adapter.safetensors"), store.runs.manifest(adapter.id)
    if made_of.get("base_sha256") != base.sha256:
        raise IntegrityError(
            f"Adapter {adapter.id} was made for another base than {base.name}.",
            "Set model.base to the one that it was made for, or learn anew: plum-edge consolidate --rebuild",
        )
    with atomic_dir(out) as folder:
        proof = target(to).write(Order(source, base, config, folder))
        lora = forms.read(source, None)
        manifest = {
            "format": FORMAT, "version": VERSION, "form": to, "plum_edge": importlib.metadata.version("plum-edge"),
            "base": {"name": base.name, "sha256": base.sha256, "architecture": base.architecture},
            "rank": max(lora.ranks), "alpha": lora.alpha, "recipe": made_of.get("recipe"), "odds": made_of.get("odds"),
            "segments": adapter.segments, "evaluation": _figures(store.runs.evaluation(adapter.id) or {}),
            "proof": proof,
        }  # fmt: skip
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        names = sorted(path.name for path in folder.iterdir())
        sums = "".join(f"{sha256_file(folder / name)}  {name}\n" for name in names)
        (folder / SUMS).write_text(sums, encoding="utf-8")
        # Before it has its name: a copy that is noted and was not made does no harm, the other way round does.
        store.forgetting.add_export(f"{out.absolute()} ({to}, adapter {adapter.id})", adapter.segments)
    return {"adapter": adapter.id, "out": str(out), "files": [*names, SUMS], **manifest}


def _in_use(store: Store) -> Adapter:
    """Return the adapter in use, its files held against their hashes: what is exported is made of the weights."""
    adapter = store.runs.active()
    if adapter is None:
        raise UsageError("No adapter is in use: there is nothing to export.", "Learn one: plum-edge consolidate")
    path, manifest = Path(adapter.gguf), store.runs.manifest(adapter.id)
    weights = path.with_name("adapter.safetensors")
    written = manifest.get("weights_sha256", manifest.get("state_sha256"))
    if not path.is_file() or sha256_file(path) != adapter.gguf_sha256:
        raise IntegrityError(f"{path} is not what was written.", "See: plum-edge doctor")
    if written and weights.is_file() and state_sha256(peft.load(weights)[0]) != written:
        raise IntegrityError(f"{weights} is not what was written.", "See: plum-edge doctor")
    return adapter


def _figures(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    return {key: evaluation[key] for key in _FIGURES if evaluation.get(key) is not None}


def opened(folder: Path) -> dict[str, Any]:
    """Hold every file of an export against SHA256SUMS and return its manifest.

    Raises:
        UsageError: no export.
        IntegrityError: a file that is missing, too many, or of other bytes; each by its name.
    """
    sums = folder / SUMS
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}.", "Name what plum-edge export wrote on the other device.")
    if not sums.is_file() or not (folder / MANIFEST).is_file():
        raise UsageError(
            f"{folder} is no export of plum-edge: it lacks {SUMS} or {MANIFEST}.",
            "Name what plum-edge export wrote. An adapter that another tool trained: plum-edge convert",
        )
    lines = [_LINE.fullmatch(line) for line in sums.read_text(encoding="utf-8", errors="replace").splitlines()]
    listed = {line["name"]: line["sha256"] for line in lines if line}
    there = {path.name for path in folder.iterdir()} - {SUMS}
    problems = [f"{SUMS} has lines that are none"] if None in lines or len(listed) < len(lines) else []
    problems += [f"{name} is missing" for name in sorted(listed.keys() - there)]
    problems += [f"{name} is not listed" for name in sorted(there - listed.keys())]
    for name in sorted(there & listed.keys()):
        path = folder / name
        if path.is_symlink() or not path.is_file() or sha256_file(path) != listed[name]:
            problems.append(f"{name} is not what was exported")
    if problems:
        raise IntegrityError(f"{folder} is damaged: {'; '.join(problems)}.", "Copy it again. Nothing was installed.")
    return _manifest(folder)


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        known = (manifest["format"], manifest["version"]) == (FORMAT, VERSION)
        whole = isinstance(manifest["base"]["sha256"], str) and isinstance(manifest["form"], str)
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityError(f"{folder / MANIFEST} cannot be read ({error}).", "Nothing was installed.") from error
    if not known or not whole:
        raise UsageError(f"{folder / MANIFEST} is of a form that is not known here.", "Update plum-edge.")
    return dict(manifest)


def save(folder: Path, state: Mapping[str, Any], rank: int, alpha: float, base: Base) -> None:
    """Write an adapter's two files into a home's folder for it."""
    about = {"rank": str(rank), "alpha": str(alpha), "base_sha256": base.sha256}
    peft.save(folder / "adapter.safetensors", state, about)
    bones = forms.skeleton(base.weights)
    gguf.write_adapter(
        folder / GGUF, state, alpha=alpha, family=bones.family, heads=bones.heads, kv_heads=bones.kv_heads,
        outer=bones.outer, base_sha256=base.sha256, on_gguf=base.alone,
    )  # fmt: skip
