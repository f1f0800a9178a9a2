"""How many threads training takes."""

from __future__ import annotations

from plum_edge.backends.threads import default_threads


def test_a_small_base_takes_one_thread_and_a_large_one_no_more_than_four() -> None:
    assert default_threads(5_000_000) == 1
    assert 1 <= default_threads(2_000_000_000) <= 4
