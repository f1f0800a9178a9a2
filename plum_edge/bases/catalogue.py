"""What is known of bases before they are here: models/*.toml, and those that the user added to a home.

Data only. Knows nothing of weights, downloads or memory.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plum_edge import config
from plum_edge.bases.pypi import Source
from plum_edge.config import PROFILED, Config, Merged, Tables
from plum_edge.errors import BadInput, NoModel
from plum_edge.paths import Home, atomic_write, data_dir

_ADDED, _AS = "bases.json", "known_as"


@dataclass(frozen=True, slots=True)
class Entry:
    """A base by its name. ``hf``, ``mlx`` and ``gguf`` are repositories of the hub; empty where there is none."""

    name: str
    description: str = ""
    licence: str = ""
    gated: bool = False
    """Whether the hub asks for the licence to be accepted first."""
    verified: bool = True
    """Whether ids, file names and sizes were held against the hub."""
    chat: str = ""
    """What people call its chat format. The template that counts comes with the model."""
    targets: tuple[str, ...] = ()
    """Linear layers that an adapter changes; none: as its family has it."""
    writes_pairs: bool = False
    """Whether it is able to write question-answer pairs of a conversation itself."""
    hf: str = ""
    mlx: str = ""
    """The same in four bits, in mlx-lm's layout."""
    gguf: str = ""
    gguf_file: str = ""
    revision: str = ""
    """The commit of ``hf`` that is meant; empty: its newest."""
    sha256: Mapping[str, str] = field(default_factory=dict)
    """File of ``hf`` → SHA-256, where it is known."""
    source: Source | None = None
    """A file of the package registry."""
    profile: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Tables of settings that belong to this base, by their names in config.toml, as they stand."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """What its config.json says, as far as memory is reckoned with it."""
    folder: Path | None = None
    """Where its weights lie, if it came with plum-edge or was added."""
    given: Path | None = None
    """A GGUF that was added: of the weights in ``folder``, or without these the base itself."""
    known_as: str = ""
    """Of a GGUF that was added: the shipped entry whose pinned file it is, byte for byte. Its profile is that one's."""

    @property
    def model_type(self) -> str:
        """``model_type`` of its config.json, which names the family."""
        return str(self.config.get("model_type", ""))


def shipped() -> dict[str, Entry]:
    """Return the bases of models/*.toml, by name."""
    return {path.stem: _entry(path) for path in sorted(data_dir("models").glob("*.toml"))}


def added(home: Home | None) -> dict[str, Entry]:
    """Return the bases that were added to a home, by name.

    Raises:
        BadInput: the file that lists them is damaged.
    """
    path = home.root / _ADDED if home else None
    if path is None or not path.is_file():
        return {}
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        found = {name: _added(name, one) for name, one in sorted(listed.items())}
        if empty := [name for name, one in found.items() if not (one.folder or one.given)]:
            raise ValueError(f"{', '.join(empty)} lies nowhere")
        return found
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        remedy = "Remove it, and add the bases again: plum-edge models add FOLDER|FILE.gguf"
        raise BadInput(str(path), f"the list of added bases is damaged ({error})", remedy) from error


def add(home: Home, entry: Entry) -> None:
    """Write an added base into a home's list; it replaces one of the same name."""
    listed = {**added(home), entry.name: entry}
    plain = {
        name: {
            key: str(said) for key, said in (("folder", one.folder), ("gguf", one.given), (_AS, one.known_as)) if said
        }
        for name, one in listed.items()
    }
    with atomic_write(home.root / _ADDED) as file:
        file.write((json.dumps(plain, indent=2, sort_keys=True) + "\n").encode())


def find(name: str, home: Home | None = None) -> Entry | None:
    """Return a base by its name, or None. Letters may be of either case, as nobody remembers them."""
    known = {**shipped(), **added(home)}
    by_lower = {key.lower(): entry for key, entry in known.items()}
    return known.get(name) or by_lower.get(name.lower())


def profile(name: str, home: Home | None = None) -> Tables:
    """Return the profile of a base; none for one that is not in the catalogue."""
    entry = find(name, home)
    return entry.profile if entry else {}


def settings(home: Home) -> Config:
    """Return the configuration of a home: the defaults, over them the profile of its base, over that its own file.

    Raises:
        BadConfig: the file or the profile is wrong; says where.
        BadInput: the home's list of bases is damaged.
    """
    return merged(home).config


def merged(home: Home, base: str = "") -> Merged:
    """Return the same with where each value comes from; with ``base`` as if that one were set.

    Raises:
        BadConfig, BadInput: as `settings`.
    """
    return config.merge(home.config, lambda name: profile(name, home), base)


def like(name: str, sha256: str) -> Entry | None:
    """Return the shipped entry of a base: by its name, or of the file that is pinned by this hash under any name."""
    known = shipped()
    return known.get(name) or next((one for one in known.values() if one.source and one.source.sha256 == sha256), None)


def _entry(path: Path) -> Entry:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        hub, folder, source = table.pop("hub", {}), table.pop("folder", None), table.pop("source", None)
        targets = tuple(table.pop("targets", ()))
        return Entry(
            path.stem,
            **hub,
            targets=targets,
            folder=path.parent / folder if folder else None,
            source=Source(**source) if source else None,
            profile={name: table.pop(name) for name in PROFILED if name in table},
            **table,
        )
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise NoModel(path.stem, f"{path} is no entry of a base ({error})", "Install plum-edge again.") from error


def _added(name: str, said: Mapping[str, object]) -> Entry:
    """Return an entry of a home's list; one that is known by a shipped name has what is said of that."""
    known_as = str(said.get(_AS) or "")
    known = shipped().get(known_as, Entry(known_as))
    return Entry(
        name,
        folder=_path(said.get("folder")),
        given=_path(said.get("gguf")),
        known_as=known_as,
        licence=known.licence,
        targets=known.targets,
        writes_pairs=known.writes_pairs,
        profile=known.profile,
    )


def _path(text: object) -> Path | None:
    if text is not None and not isinstance(text, str):
        raise TypeError(f"{text!r} is no path")
    return Path(text) if text else None
