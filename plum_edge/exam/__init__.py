"""An adapter is examined as the user has it: what it remembers, beside other systems, and what it leaves of the base.

    exam = Exam(home, store, config, base)
    exam.ask("adapter", adapter_gguf, exam.questions())

exam.py asks for the gate, measure.py for the report, ability.py what has nothing to do with remembering.
"""

from __future__ import annotations

from plum_edge.exam.exam import Exam, figures

__all__ = ["Exam", "figures"]
