"""A message written in the user's own editor: $VISUAL, $EDITOR, or vi.

What is written lies in a folder that only the user can read, for as long as the editor is open. Knows nothing of chats.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from plum_edge.errors import UsageError
from plum_edge.paths import disk_errors

_REMEDY = "Set $EDITOR to the editor that you use."


def written(text: str, folder: Path) -> str:
    """Let the user change a text and return what it is then; the file is in a folder of its own within ``folder``.

    Raises:
        UsageError: there is no editor, or it says that it failed.
    """
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        command = shlex.split(named)
    except ValueError as error:
        raise UsageError(f"The editor {named!r} cannot be understood: {error}.", _REMEDY) from error
    if not command or shutil.which(command[0]) is None:
        raise UsageError(f"There is no editor {named!r} here.", _REMEDY)
    with disk_errors(folder), tempfile.TemporaryDirectory(prefix=".message.", suffix=".tmp", dir=folder) as own:
        file = Path(own) / "message.md"
        file.touch(0o600)
        file.write_text(text, encoding="utf-8")
        try:
            ended = subprocess.run([*command, str(file)], check=False)
        except OSError as error:
            raise UsageError(f"The editor {command[0]} cannot be started: {error.strerror}.", _REMEDY) from error
        if ended.returncode != 0:
            raise UsageError(f"The editor {command[0]} ended with {ended.returncode}.", "Nothing was taken from it.")
        return file.read_text(encoding="utf-8", errors="replace").strip()
