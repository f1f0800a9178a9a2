"""After a night: the vectors that a search by meaning needs of what is new in the log, so that no question waits.

A thousand chats take minutes. The night has them, and whoever asks has not.
"""

from __future__ import annotations

from contextlib import suppress

from plum_edge.answer.respondent import library
from plum_edge.errors import Interrupted, PlumError
from plum_edge.night.night import Night
from plum_edge.retrieve.encoder import installed


def make(night: Night) -> None:
    """Make what is missing, as long as the night may go on.

    Nothing is done where the package for it is not here, or the settings do not weigh what a search finds.
    """
    if not (night.config.decide.weighed and installed()):
        return

    def report(stage: str, done: int, total: int, note: str) -> None:
        if night.stopped() or night.budget.spent():
            raise Interrupted("The night is over.")
        night.progress(stage, done, total, note)

    with suppress(PlumError):  # the next night makes the rest, or the next question, which also says what is wrong
        library(night.store, len, room=1).prepare_dense(report)
