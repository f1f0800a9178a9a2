"""One home: its settings, who can open it, the log, and every file that the log has a hash of. Reads only."""

from __future__ import annotations

import contextlib
import json
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

from plum_edge.bases import base, catalogue
from plum_edge.config import Config
from plum_edge.convert import peft
from plum_edge.doctor.finding import Finding, wrong
from plum_edge.errors import IntegrityError, NoModel, PlumError, StoreError, StoreMissing
from plum_edge.night import crashlog, scheduler
from plum_edge.paths import Home, sha256_file
from plum_edge.records import Adapter
from plum_edge.store import Store
from plum_edge.train.checkpoints import checkpoint
from plum_edge.train.step import state_sha256

_OTHER = "Choose another: plum-edge adapters use ID"


def config(home: Home) -> tuple[Config, Finding]:
    """Return the settings, the default ones where they are wrong, and what was found."""
    try:
        settings = catalogue.settings(home)
    except PlumError as error:
        return Config(), wrong("config", error)
    where = str(home.config) if home.config.exists() else "none; every setting is the default"
    return settings, Finding("config", where)


def model(home: Home, settings: Config) -> Finding:
    """Return the base and the hash of its weights."""
    try:
        found = base(settings.model.base, home)
        return Finding("model", f"{found.name} in {found.weights}, sha256 {found.sha256[:16]}")
    except PlumError as error:
        return wrong("model", error)
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
            opened.check()
            counts = opened.log.counts()
    except StoreMissing:
        return Finding("store", "nothing is stored yet")
    except PlumError as error:
        return wrong("store", error)
    return Finding("store", f"whole: {counts.conversations:,} conversations, {counts.messages:,} messages")


def adapters(home: Home, settings: Config) -> Finding:
    """Hash the files of every adapter again, and hold the one in use against the base."""
    try:
        with Store.open(home, create=False) as opened:
            found = opened.runs.adapters()
            manifests = {one.id: opened.runs.manifest(one.id) for one in found}
    except PlumError:
        found, manifests = [], {}
    if not found:
        return Finding("adapters", "none yet")
    faults = {one.id: fault for one in found if (fault := _fault(one, manifests[one.id]))}
    active = next((one for one in found if one.active), None)
    if active and active.id in faults:
        return Finding("adapters", f"{active.id}, which is in use: {faults[active.id]}", _OTHER, IntegrityError)
    if faults:
        named = "; ".join(f"{ident}: {fault}" for ident, fault in faults.items())
        return Finding("adapters", named, "They are not in use. Clear them: plum-edge adapters prune", IntegrityError)
    whole = f"{len(found)}, as they were written; {f'{active.id} is in use' if active else 'none is in use'}"
    with contextlib.suppress(PlumError, OSError):
        made_for = manifests[active.id].get("base_sha256") if active else None
        if made_for and made_for != base(settings.model.base, home).sha256:
            remedy = "Learn everything again on this base: plum-edge consolidate --rebuild"
            return Finding("adapters", f"{whole}, and was made for another base", remedy)
    return Finding("adapters", whole)


def checkpoints(home: Home) -> Finding:
    """Hold every checkpoint against the hash that its step recorded."""
    try:
        with Store.open(home, create=False) as opened:
            steps = opened.runs.steps()
    except PlumError:
        steps = []
    kept = [step for step in steps if checkpoint(home, step.seq).is_file()]
    other = [step for step in kept if _state(checkpoint(home, step.seq)) != step.state_sha256]
    if other:
        names = ", ".join(checkpoint(home, step.seq).name for step in other)
        remedy = "Nothing to do: what came after is learned again when it is needed."
        return Finding("checkpoints", f"not what was written: {names}", remedy, IntegrityError)
    if steps and steps[-1] not in kept:
        remedy = "Nothing to do: the next night learns again what came after the one before."
        return Finding("checkpoints", "that of the last step is gone", remedy)
    return Finding("checkpoints", f"{len(kept)} of {len(steps)} steps, as they were written" if steps else "none yet")


def clock(home: Home) -> Finding:
    """Dates are part of what is learned: a clock behind the log gives wrong ones, and so does a wrong zone."""
    now = datetime.now().astimezone()
    found = f"{now:%Y-%m-%d %H:%M}, {now.tzname() or 'zone unknown'} ({now:%z})"
    with contextlib.suppress(PlumError), Store.open(home, create=False) as opened:
        newest = (opened.log.span() or (now, now))[1]
        if newest > now.astimezone(UTC) + timedelta(days=1):
            return Finding("clock", f"{found}; the log reaches to {newest:%Y-%m-%d}", "Set the clock, if it is wrong.")
        last = opened.runs.last()
        if last and last.started_at > now + timedelta(minutes=5):
            night = f"{last.started_at:%Y-%m-%d %H:%M %z}"
            return Finding("clock", f"{found}; the last night began {night}", "Set the clock, if it is wrong.")
        if newest <= now and now.utcoffset() == timedelta(0) and newest.utcoffset() != timedelta(0):
            remedy = "Set the time zone, if you are not there: dates of what you say now would be off."
            return Finding("clock", f"{found}; the log's last date is of {newest:%z}", remedy)
    return Finding("clock", found)


def schedule(home: Home) -> Finding:
    """Return when the next night runs by itself, and what keeps it from that."""
    found = scheduler.status(home.root)
    if not found["installed"]:
        return Finding("schedule", "none: a night runs when you call plum-edge consolidate")
    line = f"{found['scheduler']}, each night at {found['at']}"
    if found["problem"]:
        return Finding("schedule", f"{line}; but {found['problem']}", found["remedy"])
    return Finding("schedule", line)


def crash(home: Home) -> Finding:
    """Return where the trace of a night is that broke off."""
    path = crashlog.found(home)
    if path is None:
        return Finding("crash", "no night broke off")
    when = f"{datetime.fromtimestamp(path.stat().st_mtime).astimezone():%Y-%m-%d %H:%M}"
    remedy = f"Report it with {path}, in which no word of yours is. Then remove that file."
    return Finding("crash", f"a night broke off, the last on {when}", remedy)


def _fault(adapter: Adapter, manifest: dict[str, object]) -> str:
    """Return what is wrong with an adapter's files, or nothing. One from elsewhere has a GGUF only."""
    file = Path(adapter.gguf)
    weights, written = file.with_name("adapter.safetensors"), file.with_name("manifest.json")
    if not file.is_file():
        return f"{file} is gone"
    if sha256_file(file) != adapter.gguf_sha256:
        return f"{file} is not what was written"
    written_as = manifest.get("weights_sha256", manifest.get("state_sha256"))
    if written_as and weights.is_file() and _state(weights) != written_as:
        return f"{weights} is not what was written"
    with contextlib.suppress(ValueError):
        if not written.is_file() or json.loads(written.read_bytes()) == manifest:
            return ""
    return f"{written} is not what was written"


def _state(path: Path) -> str:
    """Return the hash of the weights in a file, or nothing where it does not read."""
    try:
        return state_sha256(peft.load(path)[0])
    except PlumError:
        return ""


def _others(path: Path) -> bool:
    """Whether anyone but the owner may do anything with it. A file that has just gone is no matter."""
    with contextlib.suppress(FileNotFoundError):
        return not path.is_symlink() and bool(path.stat().st_mode & 0o077)
    return False
