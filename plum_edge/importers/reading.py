"""One reading of a path: its files, each by the format that it is of, into conversations, with a count of the rest.

Knows nothing of the store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from plum_edge.errors import BadInput, CutShort, UsageError
from plum_edge.importers.base import Format, Skip, Source, Unread, Wishes
from plum_edge.importers.finishing import Finishing
from plum_edge.importers.formats import FORMATS, foreign, sniffed, unknown, unreadable
from plum_edge.importers.sources import Sources, reading
from plum_edge.importers.stream import TooMuch
from plum_edge.records import Conversation

_NOTHING = "Nothing was imported."
_ASKED, _BROKEN, _FOREIGN = range(3)
"""Why a file was passed over: something must be said of it, it cannot be read, it is of another program."""


class Reading:
    """Reads a path once. What was counted on the way is whole at the end."""

    def __init__(self, path: Path, wishes: Wishes) -> None:
        self.path, self._wishes = path, wishes
        self.sources = Sources(path)
        self._since = wishes.log.local(wishes.since) if wishes.since else None
        self.formats: Counter[str] = Counter()
        """Files by their format."""
        self.left: Counter[str] = Counter()
        """What is no talk, by what it is."""
        self.dates: Counter[str] = Counter()
        """Conversations whose date is not believed, by why."""
        self.strangers: Counter[tuple[str, str]] = Counter()
        """Files that are no conversations, by why and what to take instead (empty: of no format that we know)."""
        self.found, self.older = 0, 0
        self._whys: dict[int, UsageError] = {}
        """Why files within the path were passed over: the first of each rank, of which the lowest is told first."""

    def __iter__(self) -> Iterator[Conversation | Skip]:
        """Yield conversations and what of them cannot be used.

        Raises:
            BadInput: something cannot be read, or there is nothing that can be used.
        """
        skipped: Counter[str] = Counter()
        for item in self._items():
            if isinstance(item, Skip):
                skipped[item.why] += 1
                yield item
            elif self._since is not None and item.created_at < self._since:
                self.older += 1
            else:
                self.found += 1
                yield item
        if not self.found and not self.older:
            self._nothing(skipped)

    def _items(self) -> Iterator[Conversation | Skip]:
        """Yield what the files hold; at the end, of what is partial, that of which no other file had the whole."""
        seen: set[str] = set()
        waiting: list[Conversation] = []
        for source in self.sources:
            if isinstance(source, Unread):
                yield self._skipped(source.name, source.error)
                continue
            chosen = self._format(source)
            for item in self._file(chosen, source) if chosen else ():
                if isinstance(item, Skip):
                    yield item
                elif source.partial:
                    waiting.append(item)
                else:
                    seen.add(item.id)
                    yield item
        yield from (made for made in waiting if made.id not in seen)

    def _format(self, source: Source) -> Format | None:
        if self._wishes.format is not None:
            return FORMATS[self._wishes.format]
        found = sniffed(source)
        if found is not None:
            return found
        if source.name == str(self.path):
            raise unknown(source)
        self.strangers[unreadable(source)] += 1
        return None

    def _file(self, chosen: Format, source: Source) -> Iterator[Conversation | Skip]:
        source.wishes = self._wishes
        finishing, whole = Finishing(self._wishes.log, source.modified, self.dates), 0
        try:
            with reading(source.name):
                for item in chosen.read(source):
                    for made in (item,) if isinstance(item, Skip) else finishing.add(item):
                        yield _named(made, chosen.NAME)
                        whole += isinstance(made, Conversation)
        except UsageError as error:
            waiting = list(finishing.rest())
            whole += len(waiting)
            if isinstance(error, CutShort) and self._wishes.salvage:
                yield from (_named(made, chosen.NAME) for made in waiting)
                yield Skip(error.where, f"{error.how}; what stands before it was taken")
            elif not whole and self._within(source, error):
                yield from self._passed_over(chosen, source, error)
                return
            elif isinstance(error, CutShort):
                raise CutShort(error.where, error.how, whole) from error
            else:
                raise
        yield from (_named(made, chosen.NAME) for made in finishing.rest())
        self.formats[chosen.NAME] += 1
        self.left += source.left

    def _within(self, source: Source, error: UsageError) -> bool:
        """Whether the error is that of one file within the path: the user named the path, and not what lies in it."""
        return source.name != str(self.path) and not (isinstance(error, TooMuch) and error.name != source.name)

    def _passed_over(self, chosen: Format, source: Source, error: UsageError) -> Iterator[Skip]:
        """Count a file of which nothing could be taken, or say why, where it may be one that the user misses."""
        if foreign(chosen, source, error):
            self.strangers["", ""] += 1
            self._whys.setdefault(_FOREIGN, error)
        else:
            yield self._skipped(source.name, error)

    def _skipped(self, name: str, error: UsageError) -> Skip:
        self._whys.setdefault(_BROKEN if isinstance(error, BadInput) else _ASKED, error)
        what, remedy = error.what.removesuffix("."), error.remedy.removeprefix(_NOTHING).strip()
        where, why = name, what.replace(name, "it")
        if isinstance(error, BadInput) and what.startswith(name):
            place, _, why = what.removeprefix(name).partition(": ")
            where = name + place
        return Skip(where, f"{why}. {remedy}" if remedy else why)

    def _nothing(self, skipped: Counter[str]) -> None:
        told = min(self._whys, default=_FOREIGN)
        if told < _FOREIGN:
            raise self._whys[told]
        if skipped:
            whys = "; ".join(f"{count:,} × {why}" for why, count in skipped.most_common(3))
            raise BadInput(str(self.path), f"nothing in it could be used ({whys})")
        if self.formats:
            raise BadInput(str(self.path), "there is no conversation in it")
        what, instead = max(self.strangers, default=("", ""))
        if what:
            raise BadInput(str(self.path), what, f"{_NOTHING} {instead}")
        if _FOREIGN in self._whys:
            raise self._whys[_FOREIGN]
        held = sum(self.strangers.values())
        what = f"none of its {held:,} files holds conversations that we can read" if held else "it is empty"
        raise BadInput(str(self.path), what, f"{_NOTHING} Known formats: {', '.join(FORMATS)}.")


def _named(made: Conversation | Skip, name: str) -> Conversation | Skip:
    return made if isinstance(made, Skip) else replace(made, source=name)
