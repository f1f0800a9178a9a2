"""Whether the log has anything on what a message is about."""

from __future__ import annotations

import pytest

from plum_edge.answer.borne_out import borne_out
from plum_edge.answer.told import Told
from plum_edge.store import Store
from tests.store.samples import empty_store, talk

SAID = (
    talk("tap", "The washer of the kitchen tap is a 3/8-inch one.", "Turn off the water first."),
    talk("trip", "We were in France in May.", "How lovely."),
    talk("asked", "Did I ever tell you about the Treaty of Ghent?", "No, not so far."),
)


def filled(store: Store) -> Told:
    store.log.add(SAID)
    return Told(store)


@pytest.mark.parametrize("text", ["what was the trick for the kitchen tap?", "Which washers does the tap take?"])
def test_the_log_has_something_on_this(text: str) -> None:
    with empty_store() as store:
        assert borne_out(filled(store), text)


@pytest.mark.parametrize(
    "text",
    [
        "What is the capital of France?",
        "What was the Treaty of Ghent?",
        "What is 12 times 7?",
        "How are you?",
        "",
        "Who wrote the Kreutzer sonata?",
    ],
)
def test_the_log_has_nothing_on_this(text: str) -> None:
    with empty_store() as store:
        assert not borne_out(filled(store), text)
