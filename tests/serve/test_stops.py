"""A stop is found wherever the pieces are cut, and nothing else is held back for good."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plum_edge.serve.stops import Until

TEXT = st.text("ab\n", max_size=30)


@given(st.lists(TEXT, max_size=8), st.lists(st.text("ab\n", min_size=1, max_size=4), max_size=4))
def test_what_is_said_is_what_stands_before_the_first_stop(pieces: list[str], stops: list[str]) -> None:
    until, whole = Until(stops), "".join(pieces)
    said = "".join(map(until.feed, pieces)) + until.end()
    places = [whole.find(stop) for stop in stops if stop in whole]
    assert until.found == bool(places)
    if not places:
        assert said == whole
    else:
        assert not any(stop in said for stop in stops)
        assert whole.startswith(said)
        assert any(whole.startswith(stop, len(said)) for stop in stops)


def test_nothing_is_held_back_that_begins_no_stop() -> None:
    until = Until(["END"])
    assert [until.feed(piece) for piece in ("a", " E", "N", "x", "EN")] == ["a", " ", "", "ENx", ""]
    assert until.end() == "EN"
