"""One reading of a path: its files, each by the format that it is of, into conversations, with a count of the rest.

Knows nothing of the store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from plum_edge.errors import BadInput, CutShort
from plum_edge.importers.base import Format, Skip, Source, Wishes
from plum_edge.importers.finishing import Finishing
from plum_edge.importers.formats import FORMATS, sniffed, unknown, unreadable
from plum_edge.importers.sources import Sources, reading
from plum_edge.records import Conversation


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
            for item in self._source(source):
                if isinstance(item, Skip):
                    yield item
                elif source.partial:
                    waiting.append(item)
                else:
                    seen.add(item.id)
                    yield item
        yield from (made for made in waiting if made.id not in seen)

    def _source(self, source: Source) -> Iterator[Conversation | Skip]:
        chosen = self._format(source)
        if chosen is None:
            return
        self.formats[chosen.NAME] += 1
        yield from self._file(chosen, source)
        self.left += source.left

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
        except CutShort as error:
            waiting = list(finishing.rest())
            if not self._wishes.salvage:
                raise CutShort(error.where, error.how, whole + len(waiting)) from error
            yield from (_named(made, chosen.NAME) for made in waiting)
            yield Skip(error.where, f"{error.how}; what stands before it was taken")
            return
        yield from (_named(made, chosen.NAME) for made in finishing.rest())

    def _nothing(self, skipped: Counter[str]) -> None:
        if skipped:
            whys = "; ".join(f"{count:,} × {why}" for why, count in skipped.most_common(3))
            raise BadInput(str(self.path), f"nothing in it could be used ({whys})")
        if self.formats:
            raise BadInput(str(self.path), "there is no conversation in it")
        what, instead = max(self.strangers, default=("", ""))
        if what:
            raise BadInput(str(self.path), what, f"Nothing was imported. {instead}")
        held = sum(self.strangers.values())
        what = f"none of its {held:,} files holds conversations that we can read" if held else "it is empty"
        raise BadInput(str(self.path), what, f"Nothing was imported. Known formats: {', '.join(FORMATS)}.")


def _named(made: Conversation | Skip, name: str) -> Conversation | Skip:
    return made if isinstance(made, Skip) else replace(made, source=name)
