"""An adapter that another device exported, into this home: checked, rewritten, proven, and only then listed.

Nothing of the folder is taken over as it is: tensors are read by name, shape and value, and both files of the adapter
are written anew. Knows nothing of how it was learned.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from plum_edge import bases
from plum_edge.bases import Base
from plum_edge.config import Config
from plum_edge.convert import forms, verify
from plum_edge.convert.gguf_header import read as read_header
from plum_edge.convert.lora import Lora
from plum_edge.errors import ConversionMismatch, ForeignAdapter, IntegrityError, UsageError
from plum_edge.export.folder import MANIFEST, opened, save
from plum_edge.export.targets.gguf import GGUF
from plum_edge.paths import Home, atomic_dir, sha256_file
from plum_edge.records import Adapter
from plum_edge.runtime import Runtime
from plum_edge.runtime.adapter_check import check_adapter
from plum_edge.store import Store
from plum_edge.store.lock import locked
from plum_edge.train.step import state_sha256

_EXACT = 1e-6
_PROBE = [1, 2, 3, 4]


def add(home: Home, store: Store, base: Base, config: Config, folder: Path) -> Adapter:
    """Install an export; return the adapter, which is not in use yet.

    It holds no segment of this log: forgetting here leaves it, as it was learned elsewhere.

    Raises:
        UsageError: no export, or one that cannot be taken apart (ollama).
        IntegrityError: files, hashes, or what the manifest says do not agree.
        ForeignAdapter: for another base, or with tensors that do not fit it, each named.
        LockHeld: a night is running.
    """
    manifest = opened(folder)
    if manifest["form"] not in ("gguf", "peft", "mlx"):
        raise UsageError(f"{folder} holds a whole model, no adapter.", "Export it again with --to gguf.")
    if manifest["base"]["sha256"] != base.sha256:
        theirs, ours = str(manifest["base"].get("name")), base.name
        raise ForeignAdapter(folder, f"it is for the base {theirs}, and here {ours} is set, whose weights are others")
    lora = _read(folder, manifest, base)
    home.create()
    with locked(home):
        identity = store.runs.next_id()
        target = home.adapters / identity
        if target.exists():  # of a run that was killed before the store knew of it
            shutil.rmtree(target)
        state = lora.state()
        noted = _noted(identity, manifest, lora, base)
        with atomic_dir(target) as work:
            save(work, state, max(lora.ranks), lora.alpha, base)
            _prove(work / GGUF, lora, bases.gguf(base, home, config.generate.dtype), base)
            (work / MANIFEST).write_text(json.dumps(noted, indent=2) + "\n", encoding="utf-8")
        file = target / GGUF
        adapter = Adapter(
            identity, False, None, str(file), sha256_file(file), segments=0, created_at=dt.datetime.now(dt.UTC)
        )
        store.runs.add_adapter(adapter, noted)
    return adapter


def _read(folder: Path, manifest: dict[str, Any], base: Base) -> Lora:
    """Return the adapter, held against the base and the manifest."""
    path = folder / GGUF if manifest["form"] == "gguf" else folder
    if forms.sniff(path) != manifest["form"]:
        raise IntegrityError(f"{folder} is not of the form {manifest['form']}.", "Nothing was installed.")
    lora = forms.read(path, forms.skeleton(base.weights))
    if any(not np.isfinite(side).all() for pair in lora.pairs.values() for side in pair):
        raise ForeignAdapter(folder, "it has values that are not finite")
    said = manifest.get("rank"), manifest.get("alpha")
    if said != (max(lora.ranks), lora.alpha):
        raise IntegrityError(
            f"{folder} has rank {max(lora.ranks)} and alpha {lora.alpha:g}, and its manifest says otherwise.",
            "Nothing was installed.",
        )
    return lora


def _noted(identity: str, manifest: dict[str, Any], lora: Lora, base: Base) -> dict[str, Any]:
    """Return what is stored of it. The weights' hash keeps it apart from what is learned here."""
    return {
        "id": identity, "base": base.name, "base_sha256": base.sha256, "architecture": base.architecture,
        "recipe": str(manifest.get("recipe")), "rank": max(lora.ranks), "alpha": lora.alpha, "parent": None,
        "state_sha256": state_sha256(lora.state()), "received": True, "odds": manifest.get("odds"),
    }  # fmt: skip


def _prove(file: Path, lora: Lora, base_gguf: Path, base: Base) -> None:
    """Read the new file back, hold it against the base that it will run on, and see that it does something there."""
    verify.require_weights(forms.weights_error(lora, file, forms.skeleton(base.weights)), _EXACT)
    check_adapter(file, read_header(base_gguf))
    with Runtime(base_gguf, context=64) as runtime:
        bare = runtime.logits(_PROBE).copy()
        runtime.use(file)
        moved = runtime.logits(_PROBE)
    if not np.isfinite(moved).all():
        raise ForeignAdapter(file, "with it the base's probabilities are not finite")
    if any(a.any() and b.any() for a, b in lora.pairs.values()) and np.array_equal(bare, moved):
        raise ConversionMismatch("llama.cpp ignores it")
