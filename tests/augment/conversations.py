"""Conversations for the tests of augmentation: three written ones, and random ones of the lexicon's own phrases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

from plum_edge.augment.phrases.lexicon import THEMES
from plum_edge.records import Message, Segment

BST = timezone(timedelta(hours=1))


def segment(*turns: str, ident: str = "c1", title: str = "", at: datetime | None = None, first: int = 0) -> Segment:
    """Return a segment whose turns alternate, the user's first."""
    messages = tuple(Message("assistant" if i % 2 else "user", text) for i, text in enumerate(turns))
    return Segment(f"{ident}/{first}", ident, title, at or datetime(2026, 3, 14, 9, tzinfo=UTC), messages, first)


TAP = segment(
    "The kitchen tap drips all night and I bought a 3/8 inch washer at the hardware shop.",
    "Turn the stopcock off first, then take the brass nut off the spindle.",
    "Tomas found the stopcock behind the washing machine. The washer is chewed on one side.",
    "Replace it, put silicone grease on the spindle, and open the water slowly.",
    title="Dripping kitchen tap",
    ident="tap",
)
CAT = segment(
    "My old cat Biscuit has lost weight since autumn. The vet wants a blood sample for his thyroid.",
    "That is wise. Ask for his blood pressure as well.",
    "He hates the carrier. I gave him cream cheese with the pill, and Biscuit left the pill on the carpet.",
    "Crush it into tuna, if the vet agrees.",
    title="Biscuit's thyroid",
    ident="cat",
    at=datetime(2026, 5, 31, 23, 30, tzinfo=BST),
)
HOME = segment(
    "The carpet by the oven is burnt. I put my bicycle on it and bought another carpet for the hall.",
    "Is the oven all right?",
    "The oven works, but the garden door sticks and the bicycle has a flat tyre.",
    "Mend the bicycle first.",
    title="Carpet, oven, bicycle",
    ident="home",
)

_TOPICS = sorted({phrase for phrases in THEMES.values() for phrase in phrases})
_FRAMES = (
    "I need help with the {a} because of my {b}.",
    "The {a} broke on Friday, so I asked Priya about the {b}.",
    "Would you choose the {a} or the {b}?",
    "We bought a {a} for 40 pounds. My sister wanted the {b}, though.",
)


@st.composite
def logs(draw: st.DrawFn, most: int = 4) -> list[Segment]:
    """Draw a short log: segments in order, each with one to three user turns about everyday things."""
    found = []
    for number in range(draw(st.integers(1, most))):
        turns = []
        for _ in range(draw(st.integers(1, 3))):
            frame = draw(st.sampled_from(_FRAMES))
            turns.append(frame.format(a=draw(st.sampled_from(_TOPICS)), b=draw(st.sampled_from(_TOPICS))))
            turns.append(f"I would look at the {draw(st.sampled_from(_TOPICS))} first.")
        at = datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=number * draw(st.integers(1, 40)))
        found.append(segment(*turns, ident=f"c{number}", title=draw(st.sampled_from(["", "A question"])), at=at))
    return found
