"""What the logs of coding agents share: lines of JSON, the last perhaps half written, and much that nobody said.

Knows nothing of any one agent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from plum_edge.importers.base import Skip, Source
from plum_edge.importers.lines import lines
from plum_edge.importers.values import too_long

_NOT_SAID = re.compile(
    r"\s*(?:<(?:command-name|command-message|command-args|local-command-[a-z]+|bash-input|bash-stdout|bash-stderr"
    r"|environment_context|user_instructions|task-notification|turn_aborted|permissions instructions|skill"
    r"|user-prompt-submit-hook|collaboration_mode|INSTRUCTIONS)\b|Caveat: The messages below were generated"
    r"|\[Request interrupted by user|# AGENTS\.md instructions|This session is being continued from a previous)"
)
_ADDED = re.compile(r"\s*<(system-reminder|ide_[a-z_]+|context_window_protection)>.*?</\1>\s*", re.DOTALL)


def rows(source: Source) -> Iterator[tuple[str, dict[str, Any] | Skip]]:
    """Yield (place, object) for each line; a line that is none is skipped, for a session may end with its machine."""
    for number, line in lines(source.stream):
        where = f"{source.name} line {number:,}"
        if line is None:
            yield where, Skip(where, too_long())
            continue
        if not line.strip():
            continue
        try:
            value = json.loads(line.decode(), strict=False)
        except (ValueError, RecursionError):
            yield where, Skip(where, "not valid JSON: half written, perhaps")
            continue
        yield where, value if isinstance(value, dict) else Skip(where, "not an object")


def spoken(text: str) -> str:
    """Return what the user said of a text that an agent sent in the user's name; nothing where that is nothing."""
    plain = _ADDED.sub("\n", text)
    plain = plain if plain == text else plain.strip()
    return "" if _NOT_SAID.match(plain) else plain
