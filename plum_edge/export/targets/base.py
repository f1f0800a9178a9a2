"""What a target is: it writes what another runtime reads, and says how that was proven."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # the command line asks for the names alone
    from plum_edge.bases import Base
    from plum_edge.config import Config
    from plum_edge.convert import forms


@dataclass(frozen=True, slots=True)
class Order:
    """An adapter in PEFT's layout, the base that it was made for, the settings, and the folder to write into."""

    source: Path
    base: Base
    config: Config
    folder: Path


class Target(Protocol):
    """A runtime that an adapter is exported to."""

    @property
    def use(self) -> str:
        """What to type next; ``{out}`` stands for the folder."""

    @property
    def alone(self) -> bool:
        """Whether it is the adapter without its base, so that another device can take it in."""

    def write(self, order: Order) -> dict[str, Any]:
        """Write the files, and return how they were proven.

        Raises:
            ConversionMismatch: it came out wrong.
            NoModel: this base cannot be written in that form.
        """


def converted(order: Order, to: forms.Target, name: str = "") -> dict[str, Any]:
    """Write the adapter alone, as the file ``name`` or as the files of a folder; return how it was proven."""
    from plum_edge.export import translate

    if name:
        return _numbers(translate.convert(order.source, to, order.folder / name, order.base.weights)["proof"])
    made = order.folder / "as-it-is-saved"
    done = translate.convert(order.source, to, made, order.base.weights)
    for path in made.iterdir():
        path.rename(order.folder / path.name)
    made.rmdir()
    return _numbers(done["proof"])


def _numbers(proof: Mapping[str, Any]) -> dict[str, Any]:
    """Return a proof without its reasons, which may name a folder."""
    return {key: value for key, value in proof.items() if key != "why"}
