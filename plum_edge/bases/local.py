"""The base models that can be adapted, on this machine: by name (catalogue.py), or any folder or GGUF by its path.

Sizes come from the model's own config.json, or from a GGUF's metadata, never from a second copy of them. Makes what
belongs to a base at first use: of weights the GGUF, of a GGUF the folder with its tokenizer. Knows nothing of adapters.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from plum_edge.bases import catalogue, hub, pypi, sampling
from plum_edge.convert import gguf as converter
from plum_edge.convert import gguf_header, gguf_text
from plum_edge.convert.families import family
from plum_edge.convert.gguf_weights import GgufWeights
from plum_edge.convert.tensors import weight_files
from plum_edge.convert.verify import check_base
from plum_edge.convert.vocabulary import chat_template, read_json
from plum_edge.convert.weights import open_weights, size_of
from plum_edge.errors import NoModel
from plum_edge.paths import Home, atomic_dir, disk_errors, expanded, fsync_dir, rename, sha256_file
from plum_edge.records import content_hash

_CONVERTER = "2"
"""Raised when the converter writes other bytes for the same base, so that old files are not reused."""
_SMALL = 200_000_000
"""Bytes of weights up to which a base is deployed in f32: as exact as it was trained, and small all the same."""
_TEXT_FILES = (
    "config.json", "tokenizer_config.json", "chat_template.jinja", "added_tokens.json", "tokenizer.model",
    "tokenizer.json",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Base:
    """A base model on this machine."""

    name: str
    folder: Path
    """Its config.json, tokenizer and chat template."""
    weights: Path
    """What is trained on: a folder (the same one), or a GGUF, which then is what runs, too (`convert.weights`)."""
    architecture: str
    """``model_type`` of config.json, which names the family."""
    heads: int
    kv_heads: int
    layers: int
    hidden: int
    context: int
    """Largest number of tokens of a prompt with its answer."""
    lora_targets: tuple[str, ...]
    """Linear layers that an adapter changes, by their last names (``q_proj``)."""
    chat_template: str
    licence: str = ""
    description: str = ""
    writes_pairs: bool = False
    """Whether it is able to write question-answer pairs of a conversation itself."""
    given: Path | None = None
    """A GGUF of it that the user named, or that came from the hub with weights of four bits."""

    @property
    def alone(self) -> bool:
        """Whether it is one GGUF and nothing else."""
        return self.weights != self.folder

    @property
    def sha256(self) -> str:
        """SHA-256 of the weights (of their files' hashes where there are several), or of the GGUF. Remembered."""
        return open_weights(self.weights).sha256

    @property
    def sampling(self) -> dict[str, float]:
        """How it is sampled where nobody set it: as its makers say, else as llama.cpp does. Raises `NoModel`."""
        return {**sampling.USUAL, **sampling.told(self.weights, self.given).values}

    @property
    def fingerprint(self) -> str:
        """Names everything that the GGUF is made of: weights, configuration, vocabulary, and the converter."""
        present = [name for name in _TEXT_FILES if (self.folder / name).is_file()]
        return content_hash(_CONVERTER, self.sha256, *(f"{n} {sha256_file(self.folder / n)}" for n in present))


def names() -> list[str]:
    """Return the names of the registered bases."""
    return sorted(catalogue.shipped())


def base(name: str, home: Home | None = None) -> Base:
    """Return a base by its registered name, one that was added to ``home``, or a folder or GGUF by its path.

    What is made of a GGUF is kept in ``home``, by default the user's own.

    Raises:
        NoModel: none of these; not downloaded yet; incomplete or damaged, or of a family without a conversion.
    """
    if entry := catalogue.find(name, home):
        return read(entry, home)
    path = expanded(name)
    if path.is_dir():
        return read(catalogue.Entry(path.resolve().name, folder=path.resolve()), home)
    if name and path.is_file():
        return read(catalogue.Entry(path.resolve().stem, given=path.resolve()), home)
    raise NoModel(name, f"it is neither registered ({', '.join(names())}) nor a folder or GGUF file")


def read(entry: catalogue.Entry, home: Home | None = None) -> Base:
    """Return the base of an entry. Raises `NoModel`."""
    weights, given = place(entry)
    folder = weights if weights.is_dir() else _text_of(weights, home or Home.find())
    return _read(entry, folder, weights, given)


def place(entry: catalogue.Entry) -> tuple[Path, Path | None]:
    """Return where the weights of a base lie (a folder or a GGUF), and a GGUF that belongs to them. Makes nothing.

    What the package registry has goes before the hub, and weights as their maker published them before those of four
    bits.

    Raises:
        NoModel: it is not on this machine.
    """
    if entry.folder:
        return entry.folder, entry.given
    if given := entry.given or (pypi.found(entry.source) if entry.source else None):
        if not given.is_file():
            raise NoModel(entry.name, f"{given} is not there any more", "Put it back, or add it again.")
        return given, given
    if entry.hf and (folder := hub.cached(entry.hf, entry.revision)):
        return folder, None
    if entry.mlx and (folder := hub.cached(entry.mlx)):
        return folder, hub.cached_file(entry.gguf, entry.gguf_file)
    raise NoModel(entry.name, "it is not on this machine yet", f"Download it: plum-edge models pull {entry.name}")


def sizes(entry: catalogue.Entry) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """Return what config.json says of a base that is here, or would say, and the targets of an adapter. Makes nothing.

    Raises:
        NoModel: it is not here, or no base that can be used.
    """
    weights = open_weights(place(entry)[0])
    kind = family(str(weights.config.get("model_type")))
    return weights.config, entry.targets or tuple(target.split(".")[-1] for target in kind.targets)


def dtype(base: Base, wanted: str = "auto") -> converter.BaseType:
    """Return the type in which a base is deployed: as wanted, or by its size (f32 where that is small, else q8_0).

    A GGUF that was given is deployed as it is; of that only f32 is told from all others.
    """
    kinds: tuple[converter.BaseType, ...] = get_args(converter.BaseType)
    if given := _given_gguf(base):
        return "f32" if all(tensor.kind == 0 for tensor in _header(given).tensors.values()) else "f16"
    if wanted in kinds:
        return kinds[kinds.index(wanted)]
    size = size_of(open_weights(base.weights))
    return "f32" if size < _SMALL else "q8_0"


def gguf(base: Base, home: Home, wanted: str = "auto") -> Path:
    """Return the GGUF of a base, f32, f16, q8_0, q4_0 or as its size has it (auto).

    Made at first use, read back and held against the weights, whole or not at all; reused while the base is the same.
    A GGUF that the user put beside the weights is taken instead, if it is the same model (base_check.py), and one that
    is the base itself as it stands, if it cuts text as the trainer does.

    Raises:
        NoModel: the base cannot be converted; or llama.cpp would cut text otherwise than its tokenizer.
        IntegrityError: the file does not hold the model's weights, or is another model.
        NoSpace, StoreError: as the disk says.
    """
    from plum_edge.bases.base_check import check_same_model, check_text, check_tokenizer

    if given := _given_gguf(base):
        known = home.models / "known.json"
        if base.alone:  # there is nothing else that it could be held against: it is the model
            check_text(given, base.folder, known)
        else:
            check_same_model(given, base.folder, known)
        return given
    kind = dtype(base, wanted)
    target = _target(base, home, kind)
    if not target.is_file():
        home.models.mkdir(mode=0o700, parents=True, exist_ok=True)
        with disk_errors(target), tempfile.TemporaryDirectory(prefix=".making-", dir=home.models) as scratch:
            made = Path(scratch) / target.name
            converter.write_base(base.weights, made, kind)
            check_base(base.weights, made)
            check_tokenizer(made, base.folder)
            rename(made, target)
            fsync_dir(home.models)
    return target


def made(base: Base, home: Home, wanted: str = "auto") -> Path | None:
    """Return the GGUF of a base that is there already, given or made before; `gguf` makes it where there is none.

    Raises:
        NoModel: several were given.
    """
    found = _given_gguf(base) or _target(base, home, dtype(base, wanted))
    return found if found.is_file() else None


def _target(base: Base, home: Home, kind: str) -> Path:
    return home.models / f"{base.name}-{base.fingerprint}-{kind}.gguf"


def _given_gguf(base: Base) -> Path | None:
    """Return the GGUF that was named for a base or lies in its folder, if there is one.

    Raises:
        NoModel: there are several.
    """
    if base.given:
        return base.given
    found = sorted(base.folder.glob("*.gguf"))
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise NoModel(base.name, f"several GGUF files lie in {base.folder} ({names})", "Leave the one to be used.")
    return found[0] if found else None


def _header(path: Path) -> gguf_header.Header:
    try:
        return gguf_header.read(path)
    except gguf_header.NotGguf as error:
        raise NoModel(str(path), str(error)) from error


def _text_of(path: Path, home: Home) -> Path:
    """Return the folder with the tokenizer of a GGUF, by the hash of the file; made anew where it is not whole.

    Raises:
        NoModel: the file is no base that can be used; nothing was made then.
    """
    weights = GgufWeights(path)
    folder = home.models / f"text-{gguf_text.VERSION}-{weights.sha256[:16]}"
    if _whole(folder):
        return folder
    if not weights.header.metadata.get("tokenizer.chat_template"):
        raise NoModel(str(path), "it has no chat template")
    weights.check()
    home.create()
    with disk_errors(folder):
        if folder.exists() and not _whole(folder):  # in this order: another process's comes whole, and is not to go
            shutil.rmtree(folder, ignore_errors=True)
        try:
            with atomic_dir(folder) as work:
                gguf_text.write(work, weights.header.metadata, weights.config)
        except ValueError as error:
            raise NoModel(str(path), str(error)) from error
        except OSError:
            if not _whole(folder):  # else another process made it at the same time, of the same file
                raise
    return folder


def _whole(folder: Path) -> bool:
    return all((folder / name).is_file() for name in gguf_text.FILES)


def _read(entry: catalogue.Entry, folder: Path, weights: Path, given: Path | None) -> Base:
    name, config = entry.name, read_json(folder / "config.json")
    if not config:
        raise NoModel(name, f"there is no config.json in {folder}")
    if weights == folder:
        weight_files(folder)
    kind = family(str(config.get("model_type")))
    template = chat_template(folder)
    if template is None:
        raise NoModel(name, "its tokenizer has no chat template")
    try:
        heads = int(config["num_attention_heads"])
        return Base(
            name=name,
            folder=folder,
            weights=weights,
            architecture=str(config["model_type"]),
            heads=heads,
            kv_heads=int(config.get("num_key_value_heads") or heads),
            layers=int(config["num_hidden_layers"]),
            hidden=int(config["hidden_size"]),
            context=kind.sizes(config)["context"],
            lora_targets=entry.targets or tuple(target.split(".")[-1] for target in kind.targets),
            chat_template=template,
            licence=entry.licence,
            description=entry.description,
            writes_pairs=entry.writes_pairs,
            given=given,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise NoModel(name, f"its config.json has no usable {error}") from error
