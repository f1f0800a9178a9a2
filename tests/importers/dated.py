"""Conversations with dates that are believed: since 1990, and not in the future."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hypothesis import strategies as st

from plum_edge.records import Conversation
from tests.strategies import logs, offsets

moments = st.datetimes(datetime(1991, 1, 1), datetime(2025, 1, 1), timezones=offsets)


@st.composite
def _believable(draw: st.DrawFn) -> list[Conversation]:
    return [
        replace(
            one,
            created_at=draw(moments),
            messages=tuple(replace(m, created_at=m.created_at and draw(moments)) for m in one.messages),
        )
        for one in draw(logs)
        if any(message.role != "system" for message in one.messages)
    ]


believable_logs = _believable().filter(bool)
