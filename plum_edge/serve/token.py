"""Who may ask: whoever has the token. It is made at the first start and lies in the home, readable by the user alone.

Other users of this machine reach 127.0.0.1 too, and so does a page in the user's browser. Knows nothing of HTTP.
"""

from __future__ import annotations

import re
import secrets

from plum_edge.errors import BadInput
from plum_edge.paths import Home, atomic_write, disk_errors

_BYTES = 32
_LIKE = re.compile(r"[\x21-\x7e]{16,512}")
"""What a header can carry, and nobody guesses."""


def token(home: Home) -> tuple[str, bool]:
    """Return the token of a home, and whether it was made just now.

    Raises:
        BadInput: what lies in its place is no token.
        StoreError: it cannot be read or written.
    """
    path = home.root / NAME
    with disk_errors(path):
        if not path.exists():
            home.create()
            fresh = f"plum-{secrets.token_urlsafe(_BYTES)}"
            with atomic_write(path) as file:
                file.write(f"{fresh}\n".encode())
            return fresh, True
        if path.is_file() and path.stat().st_mode & 0o077:
            path.chmod(0o600)
        kept = path.read_text(encoding="utf-8", errors="replace").strip() if path.is_file() else ""
    if not _LIKE.fullmatch(kept):
        raise BadInput(str(path), "it holds no token", "Remove it: the next start makes a new one.")
    return kept, False


NAME = "serve.token"
"""The file, within the home."""


def same(given: str, kept: str) -> bool:
    """Return whether a token is the one, in a time that tells nothing of it."""
    return secrets.compare_digest(given.encode("utf-8", "replace"), kept.encode())
