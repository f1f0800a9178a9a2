"""The benchmark of the log runs, and measures what it says."""

from __future__ import annotations

from benchmarks import log_scale


def test_a_small_log_is_measured() -> None:
    found = log_scale.measure(400, 0.5, 0.5)
    assert found["size: log.db MB"] > found["size: text MB"] > 0.05
    for name in log_scale.QUERY:
        assert 0 < found[f"{name}: p50"] <= found[f"{name}: p95"]
    assert found["the commonest word: messages that match"] > found["a rare word: messages that match"]
    assert found["an emoji: messages that match"] > 0
    lines = log_scale.table({400: found}).splitlines()
    assert lines[0] == "| | 400 |" and len(lines) == 2 + len(found)
