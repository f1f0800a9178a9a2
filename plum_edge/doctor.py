"""Looks at this machine, the model and one home, and says what it found and what to do about it.

Repairs nothing, and makes no home, no store and no file. Prints nothing; knows the stages only by what they say of
themselves.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from plum_edge import config as configuration
from plum_edge.config import Config
from plum_edge.errors import (
    IntegrityError,
    NoBackend,
    NoMemory,
    NoModel,
    PlumError,
    StoreError,
    StoreMissing,
    Unavailable,
    UsageError,
)
from plum_edge.paths import Home, sha256_file
from plum_edge.registry import base
from plum_edge.store import Store

_SLOW = 30.0
"""GFLOP/s below which a night takes hours: MLX's own reference BLAS makes about 7."""
_LITTLE_DISK, _NO_DISK = 1_000_000_000, 200_000_000
_LITTLE_MEMORY = 1_000_000_000
_LOAD = "from llama_cpp import llama_cpp as c; c.llama_backend_init(); print(c.llama_print_system_info().decode())"
_SEVERITY = (StoreError, IntegrityError, Unavailable, PlumError)
"""What decides the exit code when several things are wrong: first what endangers the conversations."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``error`` is the class of what is wrong, or None; a remedy alone is advice."""

    name: str
    found: str
    remedy: str = ""
    error: type[PlumError] | None = None

    @property
    def state(self) -> str:
        """``ok``, ``advice`` or ``wrong``."""
        return "wrong" if self.error else "advice" if self.remedy else "ok"


def examine(home: Home) -> Iterator[Finding]:
    """Yield the findings one by one as they are made; none of them raises."""
    settings, finding = _config(home)
    yield python()
    yield finding
    checks: tuple[Callable[[], Finding], ...] = (
        lambda: backend(settings),
        lambda: blas(settings),
        llama,
        lambda: model(settings),
        lambda: permissions(home),
        lambda: store(home),
        lambda: adapter(home),
        lambda: disk(home),
        lambda: memory(settings),
        lambda: clock(home),
    )
    for check in checks:
        yield check()


def exit_code(findings: list[Finding]) -> int:
    """Return 0 when nothing is wrong, else the exit code of the gravest error."""
    wrong = [finding.error for finding in findings if finding.error]
    for grave in _SEVERITY:
        for error in wrong:
            if issubclass(error, grave):
                return error.exit_code
    return 0


# The machine ----------------------------------------------------------------------------------------------------------


def python() -> Finding:
    """Return what runs this."""
    system = f"{platform.system()} {platform.machine()}, {psutil.cpu_count(logical=False) or 1} cores"
    return Finding("python", f"{platform.python_version()} on {system}")


def backend(settings: Config) -> Finding:
    """Return which backend trains here, and why."""
    from plum_edge.backends.base import choose

    try:
        choice = choose(settings.train.backend)
    except PlumError as error:
        return _wrong("backend", error)
    return Finding("backend", f"{choice.name} {_version(choice.name)}: {choice.why}")


def blas(settings: Config) -> Finding:
    """Return what multiplies matrices, measured with the threads that training would take: it takes half a second."""
    from plum_edge.backends.blas import default_threads, matmul_rate, prepare

    if not _version("mlx"):
        return Finding("blas", "not measured: MLX is not installed")
    used = prepare(settings.train.threads or default_threads(_weights(settings)))
    rate = matmul_rate()
    threads = "1 thread" if used.threads == 1 else f"{used.threads} threads"
    found = f"{used.name}, {threads}, {rate:.0f} GFLOP/s in f32"
    if used.note:
        return Finding("blas", f"{found}: {used.note}", "Training works, but is many times slower than it could be.")
    slow = "Training will be slow; is the machine busy, or hot?" if rate < _SLOW else ""
    return Finding("blas", found, slow)


def llama() -> Finding:
    """Load llama.cpp in a process of its own: one built for another processor takes its process down."""
    version = _version("llama-cpp-python")
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
    free = shutil.disk_usage(_existing(home.root)).free
    found = f"{_size(free)} free"
    if free < _NO_DISK:
        return Finding("disk", found, "Free some space: a night needs more.", StoreError)
    return Finding("disk", found, "Free some space before long." if free < _LITTLE_DISK else "")


def memory(settings: Config) -> Finding:
    """Return how much memory is free, and what a night would take of it."""
    from plum_edge.backends.base import LoraSpec, choose, reckon

    ram, train = psutil.virtual_memory(), settings.train
    found = f"{_size(ram.available)} of {_size(ram.total)} available"
    remedy = "Close other programs before a night." if ram.available < _LITTLE_MEMORY else ""
    with contextlib.suppress(NoModel, NoBackend):
        model = base(settings.model.base)
        spec = LoraSpec(train.rank, train.alpha, model.lora_targets)
        try:
            plan, needed = reckon(choose(train.backend), model.folder, spec, quantise=train.quantise, rows=train.batch)
        except (NoMemory, UsageError) as error:
            return _wrong("memory", error)
        found = f"{found}; a night takes about {_size(needed)}, the base in {plan}"
    return Finding("memory", found, remedy)


def clock(home: Home) -> Finding:
    """Dates are part of what is learned: a clock behind the log gives wrong ones."""
    now = datetime.now().astimezone()
    found = f"{now:%Y-%m-%d %H:%M}, {now.tzname() or 'zone unknown'} ({now:%z})"
    with contextlib.suppress(PlumError), Store.open(home, create=False) as opened:
        newest = max((summary.created_at for summary in opened.log.list()), default=now)
        if newest > now.astimezone(UTC) + timedelta(days=1):
            return Finding("clock", f"{found}; the log reaches to {newest:%Y-%m-%d}", "Set the clock, if it is wrong.")
    return Finding("clock", found)


# Model and home -------------------------------------------------------------------------------------------------------


def _config(home: Home) -> tuple[Config, Finding]:
    try:
        settings = configuration.load(home.config)
    except PlumError as error:
        return Config(), _wrong("config", error)
    return settings, Finding(
        "config", str(home.config) if home.config.exists() else "none; every setting is the default"
    )


def model(settings: Config) -> Finding:
    """Return the base and the hash of its weights."""
    try:
        found = base(settings.model.base)
        return Finding("model", f"{found.name} in {found.folder}, sha256 {found.sha256[:16]}")
    except PlumError as error:
        return _wrong("model", error)
    except OSError as error:
        return Finding("model", f"{settings.model.base}: {error.strerror}", "Install plum-edge again.", NoModel)


def permissions(home: Home) -> Finding:
    """Return whether the home is closed to others."""
    if not home.root.exists():
        return Finding("home", f"{home.root} does not exist yet")
    open_to_others = [path for path in (home.root, *home.root.rglob("*")) if _others(path)]
    if open_to_others:
        one = open_to_others[0]
        more = f" and {len(open_to_others) - 1} more" if len(open_to_others) > 1 else ""
        remedy = f"Close it: chmod -R go-rwx {shlex.quote(str(home.root))}"
        return Finding("home", f"others on this machine can open {one}{more}", remedy, StoreError)
    return Finding("home", f"{home.root}, yours alone")


def store(home: Home) -> Finding:
    """Open the store, which holds it against SQLite's integrity and foreign key checks."""
    try:
        with Store.open(home, create=False) as opened:
            counts = opened.log.counts()
    except StoreMissing:
        return Finding("store", "nothing is stored yet")
    except PlumError as error:
        return _wrong("store", error)
    return Finding("store", f"whole: {counts.conversations:,} conversations, {counts.messages:,} messages")


def adapter(home: Home) -> Finding:
    """Return whether the adapter in use is the file that was written."""
    try:
        with Store.open(home, create=False) as opened:
            active = opened.runs.active()
    except PlumError:
        active = None
    if active is None:
        return Finding("adapter", "none in use")
    file = Path(active.gguf)
    other = "Choose another: plum-edge adapters use ID"
    if not file.is_file():
        return Finding("adapter", f"{active.id}: {file} is gone", other, IntegrityError)
    if sha256_file(file) != active.gguf_sha256:
        return Finding("adapter", f"{active.id}: {file} is not what was written", other, IntegrityError)
    return Finding("adapter", f"{active.id}, as it was written")


def _others(path: Path) -> bool:
    """Whether anyone but the owner may do anything with it. A file that has just gone is no matter."""
    with contextlib.suppress(FileNotFoundError):
        return not path.is_symlink() and bool(path.stat().st_mode & 0o077)
    return False


def _weights(settings: Config) -> int:
    """Return the bytes of the base's weights, or 0 where there is no base."""
    with contextlib.suppress(PlumError, OSError):
        return sum(path.stat().st_size for path in base(settings.model.base).folder.glob("model*.safetensors"))
    return 0


def _wrong(name: str, error: PlumError) -> Finding:
    return Finding(name, error.what, error.remedy, type(error))


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def _size(number: int) -> str:
    return f"{number / 1e9:,.1f} GB" if number >= 1e9 else f"{number / 1e6:,.0f} MB"
