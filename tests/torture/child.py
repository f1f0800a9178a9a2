"""plum-edge in a process that dies by itself: ``python -m tests.torture.child MODE N ARGUMENT…``.

MODE ``disk``: SIGKILL before the N-th write, fsync, rename or fsync of a folder; ``store``: before, in or after one of
the store's transactions, at the N-th of such moments; ``count``: not at all, and both are counted on stderr.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from plum_edge import cli, paths
from plum_edge.store.connect import Connection


class Fuse:
    """Counts moments; the process is gone at the one with its number."""

    def __init__(self, number: int | None) -> None:
        self.number, self.seen = number, 0

    def __call__(self, *_what: object) -> None:
        self.seen += 1
        if self.seen == self.number:
            os.kill(os.getpid(), signal.SIGKILL)


def watch_disk(fuse: Fuse) -> None:
    """Have everything that goes to the disk through `paths` be a moment."""
    paths.on_disk = fuse


def watch_store(fuse: Fuse) -> None:
    """Have the beginning of each transaction, what comes right before its commit and right after be a moment."""
    transaction, rewrite = Connection.transaction, Connection.rewrite

    @contextmanager
    def watched(self: Connection) -> Iterator[Any]:
        if self._database.conn.in_transaction:
            with transaction(self) as database:
                yield database
            return
        fuse()
        with transaction(self) as database:
            yield database
            fuse()
        fuse()

    def rewritten(self: Connection) -> None:
        fuse()
        rewrite(self)
        fuse()

    methods: dict[str, Callable[..., Any]] = {"transaction": watched, "rewrite": rewritten}
    for name, method in methods.items():
        setattr(Connection, name, method)


def main() -> int:
    """Run the command line."""
    mode, number, *arguments = sys.argv[1:]
    fuses = {name: Fuse(int(number) if name == mode else None) for name in ("disk", "store")}
    watch_disk(fuses["disk"])
    watch_store(fuses["store"])
    code = cli.main(arguments)
    if mode == "count":
        print("moments", *(fuse.seen for fuse in fuses.values()), file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
