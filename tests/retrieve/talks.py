"""What the user of these tests talked about."""

from __future__ import annotations

import datetime as dt

from plum_edge.records import Conversation, Message

TALKS = {
    "tap": (
        "The kitchen tap drips all night and I hardly sleep.",
        "Turn the water off and look at the washer.",
        "The washer is 3/8 inch and\n\n  quite worn.",
        "Then a new washer will do.",
    ),
    "starter": (
        "Gunnar, my sourdough starter, smells of nail varnish.",
        "Feed it rye flour twice a day.",
        "How long until the bubbles come back?",
        "Two or three days.",
    ),
    "knee": ("My knee hurts after the fall on the ice.", "Did Doctor Farrow give you exercises?"),
    "choir": ("I need an audition song for the choir.", "Something by Fauré would suit an alto."),
    "bike": ("The brakes of my green bicycle squeal in the rain.", "Clean the rims and check the pads."),
    "tax": ("The tax refund form asks for heating costs.", "Take the flat rate for working at home."),
}


def conversation(name: str, day: int) -> Conversation:
    """Return one of `TALKS`."""
    moment = dt.datetime(2026, 3, day, 12, tzinfo=dt.UTC)
    roles = ("user", "assistant") * 2
    turns = tuple(Message(role, text, moment) for role, text in zip(roles, TALKS[name], strict=False))
    system = (Message("system", "Be brief about the kitchen tap.", moment),) if name == "tap" else ()
    return Conversation(name, name, moment, (*system, *turns))
