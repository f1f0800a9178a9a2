"""How a file begins: enough to see which format it is of. Knows nothing of the formats."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_ROWS = 50
_KEY = re.compile(r'(?<!\\)"((?:[^"\\\n]|\\.){1,80})"\s*:')
"""A key of an object. In what people said, a quotation mark has a backslash before it."""


@dataclass(frozen=True)
class Head:
    """The beginning of a file."""

    raw: bytes
    file: str = ""
    """The file's own name; a format may look at it where the content leaves a choice."""

    @cached_property
    def text(self) -> str:
        """What can be read of it, without byte order mark and space before it."""
        return self.raw.decode(errors="replace").removeprefix("\ufeff").lstrip()

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The objects of its first lines, where each line is one."""
        found = []
        for line in self.text.splitlines()[:_ROWS]:
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                break
            if not isinstance(row, dict):
                break
            found.append(row)
        return found

    @cached_property
    def keys(self) -> frozenset[str]:
        """Every key of an object in it, however deep."""
        return frozenset(_KEY.findall(self.text)) if self.text[:1] in ("{", "[") else frozenset()

    def has(self, *keys: str) -> bool:
        """Whether all of these keys are in it."""
        return self.keys.issuperset(keys)

    def any(self, *keys: str) -> bool:
        """Whether one of these keys is in it."""
        return not self.keys.isdisjoint(keys)
