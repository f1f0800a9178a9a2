"""A night while it serves: requests go on all the time, and the new adapter answers when it is there."""

from __future__ import annotations

import threading
from pathlib import Path

from plum_edge.cli import main
from tests.cli.conftest import STARTER, TAP, configured
from tests.serve.conftest import asked, served
from tests.tiny import ask_little, tiny_base


def test_no_request_is_dropped_by_a_night_and_the_next_answer_is_of_the_new_adapter(tmp_path: Path) -> None:
    home = configured(tmp_path / "home", ask_little(tiny_base(tmp_path)))
    (tmp_path / "two.jsonl").write_text(f"{TAP}\n{STARTER}\n", encoding="utf-8")
    assert main(["import", str(tmp_path / "two.jsonl"), "--home", str(home)]) == 0
    answers: list[tuple[str | None, str | None]] = []
    over = threading.Event()
    with served(home) as serving, serving.client() as client:

        def ask() -> None:
            while not over.is_set():
                *_, last = client.chat.completions.create(**asked(), stream=True)
                answers.append((last.system_fingerprint, last.choices[0].finish_reason))

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            assert main(["consolidate", "--home", str(home)]) == 0
        finally:
            over.set()
            asking.join(60)
        after = client.chat.completions.create(**asked())
    assert after.system_fingerprint == "adapter-0001"
    assert len(answers) > 3
    assert {reason for _, reason in answers} <= {"stop", "length"}
    assert {by for by, _ in answers} <= {"base", "adapter-0001"}
    assert answers[0][0] == "base"
