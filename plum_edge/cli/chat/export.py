"""A conversation of the chat in a file of its own: Markdown to read, or our JSON Lines to import.

Readable by the user alone; `forget` names it, for it holds what was said. Knows nothing of terminals.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

from plum_edge.errors import UsageError
from plum_edge.memory.transcripts import jsonl, markdown
from plum_edge.paths import disk_errors

if TYPE_CHECKING:
    from plum_edge import Memory
    from plum_edge.cli.chat.talk import Talk

_NO_FILE = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP)
"""What the system says of a name that can be no file's."""


def write(memory: Memory, talk: Talk, name: str) -> Path:
    """Write what was said into a new file: JSON Lines where its name ends so, else Markdown; return its path.

    Raises:
        UsageError: nothing was said, or the name is no file's or one that exists.
    """
    try:
        path = Path(name.replace("\0", "\ufffd")).expanduser()
    except RuntimeError as error:  # ~nobody
        raise UsageError(f"{name}: {error}.", "Name a file in a folder that exists.") from error
    if not talk.messages:
        raise UsageError("Nothing was said yet.", "There is nothing to write.")
    text = (jsonl if path.suffix == ".jsonl" else markdown)(talk.whole())
    with disk_errors(path):
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as error:
            raise UsageError(f"{path} exists already.", "It was left alone; name another file.") from error
        except OSError as error:
            if error.errno not in _NO_FILE:
                raise
            raise UsageError(f"{path}: {error.strerror}.", "Name a file in a folder that exists.") from error
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    if talk.logged:
        memory.store.forgetting.add_copy(str(path.absolute()), talk.logged)
    return path
