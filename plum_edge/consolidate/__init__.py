"""The night, from the conversations that wait to an adapter in use, and what it may take of the machine.

    Night(home, store, config, base).run()

night.py is the story, readable in one sitting. When it runs by itself each night is told by nightly/.
"""

from __future__ import annotations

from plum_edge.consolidate.night import Night

__all__ = ["Night"]
