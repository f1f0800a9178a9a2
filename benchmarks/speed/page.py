"""docs/BENCHMARKS.md of the tables that are kept: each with its date, and how busy the machine was.

Knows nothing of how anything is measured.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.speed.table import Table, of_kept

QUICK = "This is a quick run: fewer rounds, and parts left out."
_BUSY = 1.5
"""Load before a table is begun from which on the page says that other work went on."""
_HEAD = """# Speed

Written by `make bench`; every figure was measured in a process of its own by
[benchmarks/speed](../benchmarks/speed). Ratios are medians of steps taken by turns, so that other work on the machine
falls on all alike; seconds are not spared by it, which is why processor time stands beside them.

What was tried where a target is not met: [the decoder](experiments/2026-11-29-training-speed.md), [levers of a
step](experiments/2026-11-29-training-levers.md), [which layers
learn](experiments/2026-11-29-which-layers.md), [a night apart from
learning](experiments/2026-11-29-night-apart-from-learning.md).
"""


def keep(folder: Path, name: str, tables: Sequence[Table], machine: dict[str, str], moment: dict[str, Any]) -> None:
    """Keep what a measurement gave."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {"tables": [table.kept() for table in tables], "machine": machine, "moment": moment}
    (folder / f"{name}.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def kept(folder: Path, name: str) -> dict[str, Any] | None:
    """Return what is kept of a measurement, or None."""
    path = folder / f"{name}.json"
    found: dict[str, Any] | None = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    return found


def page(folder: Path, names: Sequence[str], *, quick: bool) -> str:
    """Return the page of all that is kept; a table that was never measured says so."""
    found = {name: kept(folder, name) for name in names}
    parts = [_HEAD, *([QUICK + "\n"] if quick else []), _machine([one for one in found.values() if one])]
    for name, one in found.items():
        if one is None:
            parts.append(f"### {name}\n\nNot run yet: `python -m benchmarks.speed --only {name}`\n")
            continue
        tables = [of_kept(table).markdown() for table in one["tables"]]
        parts += [*(f"{table}\n" for table in tables[:-1]), f"{tables[-1]}\n- {when(one['moment'])}\n"]
    return "\n".join(parts)


def when(moment: dict[str, Any]) -> str:
    """Return when it was measured, and what the machine did beside."""
    beside = "other work went on" if moment["load"] >= _BUSY else "nothing else went on"
    return f"{moment['date']}; {beside} (load {moment['load']:.1f} at the beginning)."


def _machine(found: Sequence[dict[str, Any]]) -> str:
    """Return the machine of the newest table; one that was measured elsewhere says so."""
    if not found:
        return ""
    newest = max(found, key=lambda one: str(one["moment"]["date"]))["machine"]
    lines = [f"- {name}: {value}" for name, value in newest.items()]
    others = {one["machine"]["processor"] for one in found} - {newest["processor"]}
    lines += [f"- some tables were measured on: {', '.join(sorted(others))}"] if others else []
    return "\n".join([*lines, ""])
