"""The machine: what runs, what trains, what answers, and the room that there is. Knows nothing of the memory."""

from __future__ import annotations

import contextlib
import platform
import shutil
import subprocess
import sys

import psutil

from plum_edge.bases import base
from plum_edge.config import Config
from plum_edge.doctor.finding import Finding, installed, size, wrong
from plum_edge.errors import NoBackend, NoMemory, NoModel, PlumError, StoreError, Unavailable, UsageError
from plum_edge.paths import Home, existing

_SLOW = 30.0
"""GFLOP/s below which a night takes hours: MLX on Linux, with a BLAS of its own, makes about 7."""
_LITTLE_DISK, _NO_DISK = 1_000_000_000, 200_000_000
_LITTLE_MEMORY = 1_000_000_000
_LOAD = "from llama_cpp import llama_cpp as c; c.llama_backend_init(); print(c.llama_print_system_info().decode())"


def python() -> Finding:
    """Return what runs this."""
    system = f"{platform.system()} {platform.machine()}, {psutil.cpu_count(logical=False) or 1} cores"
    return Finding("python", f"{platform.python_version()} on {system}")


def backend(settings: Config) -> Finding:
    """Return which backend trains here, and why."""
    from plum_edge.backends.pick import choose

    try:
        choice = choose(settings.train.backend)
    except PlumError as error:
        return wrong("backend", error)
    return Finding("backend", f"{choice.name} {installed(choice.name)}: {choice.why}")


def products(settings: Config, home: Home | None = None) -> Finding:
    """Return how fast matrices are multiplied, measured with the threads that training would take."""
    from plum_edge.backends.pick import choose, rate
    from plum_edge.backends.threads import default_threads

    try:
        choice = choose(settings.train.backend)
    except PlumError:
        return Finding("products", "not measured: nothing trains here")
    plain = choice.name == "mlx" and sys.platform == "linux"  # MLX's own BLAS there: one thread, and slow
    threads = 1 if plain else settings.train.threads or default_threads(_weights(settings, home))
    measured = rate(choice, threads)
    found = f"{choice.name}, {'1 thread' if threads == 1 else f'{threads} threads'}, {measured:.0f} GFLOP/s in f32"
    if measured >= _SLOW:
        return Finding("products", found)
    if plain:
        return Finding("products", found, "Training takes many times as long as with: pip install 'plum-edge[torch]'")
    return Finding("products", found, "Training will be slow; is the machine busy, or hot?")


def llama() -> Finding:
    """Load llama.cpp in a process of its own: one built for another processor takes its process down."""
    version = installed("llama-cpp-python")
    again = "Install it again: pip install --force-reinstall --no-cache-dir llama-cpp-python"
    if not version:
        return Finding("llama.cpp", "llama-cpp-python is not installed", again, Unavailable)
    try:
        ran = subprocess.run([sys.executable, "-c", _LOAD], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding("llama.cpp", f"{version} does not start ({error})", again, Unavailable)
    if ran.returncode:
        last = (ran.stderr.strip().splitlines() or [f"it ended with {ran.returncode}"])[-1]
        return Finding("llama.cpp", f"{version} does not load: {last}", again, Unavailable)
    return Finding("llama.cpp", f"llama-cpp-python {version}")


def disk(home: Home) -> Finding:
    """Return how much room there is for the home."""
    free = shutil.disk_usage(existing(home.root)).free
    found = f"{size(free)} free"
    if free < _NO_DISK:
        return Finding("disk", found, "Free some space: a night needs more.", StoreError)
    return Finding("disk", found, "Free some space before long." if free < _LITTLE_DISK else "")


def memory(settings: Config, home: Home | None = None) -> Finding:
    """Return how much memory is free, and what a night would take of it."""
    from plum_edge.backends.base import LoraSpec
    from plum_edge.backends.pick import choose, reckon
    from plum_edge.convert.weights import open_weights

    ram, train = psutil.virtual_memory(), settings.train
    found = f"{size(ram.available)} of {size(ram.total)} available"
    remedy = "Close other programs before a night." if ram.available < _LITTLE_MEMORY else ""
    with contextlib.suppress(NoModel, NoBackend):
        model = base(settings.model.base, home)
        spec = LoraSpec(train.rank, train.alpha, model.lora_targets)
        try:
            plan, needed = reckon(
                choose(train.backend), open_weights(model.weights), spec,
                quantise=train.quantise, rows=train.batch, precision=train.precision,
            )  # fmt: skip
        except (NoMemory, UsageError) as error:
            return wrong("memory", error)
        found = f"{found}; a night takes about {size(needed)}, the base in {plan}"
    return Finding("memory", found, remedy)


def _weights(settings: Config, home: Home | None) -> int:
    """Return the bytes of the base's weights, or 0 where there is no base."""
    from plum_edge.convert.weights import open_weights, size_of

    with contextlib.suppress(PlumError, OSError):
        return size_of(open_weights(base(settings.model.base, home).weights))
    return 0
