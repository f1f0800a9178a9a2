"""What was measured on: the machine, its instruction set, the versions. No names: of a host or of anybody."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import importlib.util
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.speed.apart import ROOT

_PACKAGES = (
    "plum-edge", "torch", "transformers", "peft", "mlx", "mlx-lm", "scipy-openblas32", "llama-cpp-python", "numpy",
)  # fmt: skip


def found() -> dict[str, str]:
    """Return the machine line by line; torch is loaded to ask it for the instruction set."""
    import psutil

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {
        "processor": f"{_processor()}, {cores} of {os.cpu_count()} cores",
        "instruction set": _instructions(),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "versions": ", ".join(f"{name} {version}" for name in _PACKAGES if (version := _version(name))),
        "source": _commit(),
    }


def moment(before: float) -> dict[str, Any]:
    """Return the date, and whether the machine had other work: by its load when a table was begun."""
    return {"date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC", "load": round(before, 2)}


def load() -> float:
    """Return the number of processes that ran or waited to run, over the last minute."""
    return os.getloadavg()[0]


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    if told.is_file():
        for line in told.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if sys.platform == "darwin":
        asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return platform.processor() or "unknown"


def _instructions() -> str:
    if importlib.util.find_spec("torch") is None:
        return "unknown: torch is not installed"
    from plum_edge.backends import torch_numbers

    gain = f"bf16 {torch_numbers.gain():.2f} × as fast as f32 in a product"
    return f"{torch_numbers.instructions()}; {gain}"


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _commit() -> str:
    asked = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    ran = subprocess.run(asked, capture_output=True, text=True, check=False)
    return ran.stdout.strip() or "no git"
