"""A person takes conversations back: out of the log, every file and the weights; and the files are searched for traces.

    Forget(home, store, config, lambda: base).run(choose(store, ids))

forget.py tells the story, cost.py says how long it takes, traces.py searches the files. Knows nothing of how an
adapter learns.
"""

from __future__ import annotations

from plum_edge.night.forget.forget import Forget, choose

__all__ = ["Forget", "choose"]
