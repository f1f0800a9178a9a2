"""The base models that can be adapted, on this machine: by name (catalogue.py), or any folder in Hugging Face's layout.

Sizes come from the model's own config.json, never from a second copy of them. Makes the GGUF of a base at first use.
Knows nothing of adapters.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from plum_edge import gguf_header
from plum_edge.convert import gguf as converter
from plum_edge.convert.families import family
from plum_edge.convert.tensors import sha256 as weights_sha256
from plum_edge.convert.tensors import weight_files
from plum_edge.convert.verify import check_base
from plum_edge.convert.vocabulary import chat_template, read_json
from plum_edge.errors import NoModel
from plum_edge.paths import Home, disk_errors, fsync_dir, rename, sha256_file
from plum_edge.records import content_hash
from plum_edge.registry import catalogue, hub

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
    def sha256(self) -> str:
        """SHA-256 of the weights (of their files' hashes where there are several). Read once a process and file."""
        return weights_sha256(self.folder)

    @property
    def fingerprint(self) -> str:
        """Names everything that the GGUF is made of: weights, configuration, vocabulary, and the converter."""
        present = [name for name in _TEXT_FILES if (self.folder / name).is_file()]
        return content_hash(_CONVERTER, self.sha256, *(f"{n} {sha256_file(self.folder / n)}" for n in present))


def names() -> list[str]:
    """Return the names of the registered bases."""
    return sorted(catalogue.shipped())


def base(name: str, home: Home | None = None) -> Base:
    """Return a base by its registered name, one that was added to ``home``, or a folder in Hugging Face's layout.

    Raises:
        NoModel: none of these; not downloaded yet; the folder is incomplete, or of a family without a conversion.
    """
    if entry := catalogue.find(name, home):
        return read(entry)
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise NoModel(name, f"it is neither registered ({', '.join(names())}) nor a folder")
    return read(catalogue.Entry(folder.resolve().name, folder=folder.resolve()))


def read(entry: catalogue.Entry) -> Base:
    """Return the base of an entry. Raises `NoModel`."""
    folder, given = place(entry)
    return _read(entry.name, folder, entry, given)


def place(entry: catalogue.Entry) -> tuple[Path, Path | None]:
    """Return where the weights of a base lie, and a GGUF that belongs to them. Looks at the disk alone.

    Weights as the trainer's maker published them go before those of four bits.

    Raises:
        NoModel: it is not on this machine.
    """
    if entry.folder:
        return entry.folder, entry.given
    if entry.hf and (folder := hub.cached(entry.hf)):
        return folder, None
    if entry.mlx and (folder := hub.cached(entry.mlx)):
        return folder, hub.cached_file(entry.gguf, entry.gguf_file)
    raise NoModel(entry.name, "it is not on this machine yet", f"Download it: plum-edge models pull {entry.name}")


def dtype(base: Base, wanted: str = "auto") -> converter.BaseType:
    """Return the type in which a base is deployed: as wanted, or by its size (f32 where that is small, else q8_0).

    A GGUF that lies beside the weights is deployed as it is; of that only f32 is told from all others.
    """
    kinds: tuple[converter.BaseType, ...] = get_args(converter.BaseType)
    if given := _given_gguf(base):
        return "f16" if _header(given).metadata.get("general.file_type") else "f32"
    if wanted in kinds:
        return kinds[kinds.index(wanted)]
    size = sum(path.stat().st_size for path in weight_files(base.folder))
    return "f32" if size < _SMALL else "q8_0"


def gguf(base: Base, home: Home, wanted: str = "auto") -> Path:
    """Return the GGUF of a base, f32, f16, q8_0, q4_0 or as its size has it (auto).

    Made at first use, read back and held against the weights, whole or not at all; reused while the base is the same.
    A GGUF that the user put beside the weights is taken instead, if it is the same model (base_check.py).

    Raises:
        NoModel: the base cannot be converted; or llama.cpp would cut text otherwise than its tokenizer.
        IntegrityError: the file does not hold the model's weights, or is another model.
        NoSpace, StoreError: as the disk says.
    """
    from plum_edge.registry.base_check import check_same_model, check_tokenizer

    if given := _given_gguf(base):
        check_same_model(given, base.folder, home.models / "known.json")
        return given
    kind = dtype(base, wanted)
    target = _target(base, home, kind)
    if not target.is_file():
        home.models.mkdir(mode=0o700, parents=True, exist_ok=True)
        with disk_errors(target), tempfile.TemporaryDirectory(prefix=".making-", dir=home.models) as scratch:
            made = Path(scratch) / target.name
            converter.write_base(base.folder, made, kind)
            check_base(base.folder, made)
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


def _read(name: str, folder: Path, entry: catalogue.Entry, given: Path | None = None) -> Base:
    config = read_json(folder / "config.json")
    if not config:
        raise NoModel(name, f"there is no config.json in {folder}")
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
