"""The gate's decisions, and the choice of earlier questions."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.config import Gate
from plum_edge.errors import GateRefused
from plum_edge.evaluate import gate
from plum_edge.evaluate.scoring import Scored
from plum_edge.records import Question

LIMITS = Gate(max_lost=0.05, max_loss_rise=0.35, max_divergence=0.3)


def marks(right: int, wrong: int, gold: str = "yes") -> list[Scored]:
    """Return closed questions of which so many were answered right and wrong."""
    return [
        Scored(Question(f"{gold} {n}?", gold, "verbatim", "c"), float((gold == "yes") == (n < right)), None, n < right)
        for n in range(right + wrong)
    ]


def earlier(lost: int, gained: int, same: int) -> tuple[list[Scored], list[Scored]]:
    """Return answers to the same questions before and after."""
    questions = [Question(f"{n}?", "yes", "verbatim", "c") for n in range(lost + gained + same)]
    before = [Scored(q, 1.0, None, not lost <= n < lost + gained) for n, q in enumerate(questions)]
    after = [Scored(q, 1.0, None, n >= lost) for n, q in enumerate(questions)]
    return before, after


def decide(
    new: list[Scored] | None = None,
    old: tuple[list[Scored], list[Scored]] = ([], []),
    never: list[Scored] | None = None,
    moved: float | None = None,
    limits: Gate = LIMITS,
) -> gate.Verdict:
    return gate.decide(new or [], *old, never or [], moved, limits)


def test_a_good_adapter_passes_with_its_figures() -> None:
    new = marks(9, 1) + marks(8, 2, "no")
    verdict = decide(new, earlier(3, 4, 93), marks(19, 1, "no"), 0.02)
    assert verdict.passed
    assert verdict.reasons == ()
    learned = verdict.figures["new"]
    assert {**learned, "loss": 0.0} == {"questions": 20, "accuracy": 0.8500000000000001, "needed": 0.6, "loss": 0.0}
    assert abs(learned["loss"]) < 1e-9
    assert verdict.figures["earlier"]["newly_wrong"] == 3
    assert verdict.figures["never"]["rate"] == 0.05
    assert verdict.figures["general"] == {"divergence": 0.02, "allowed": 0.3}


def test_the_first_night_has_nothing_earlier_to_lose() -> None:
    verdict = decide(marks(3, 0) + marks(3, 0, "no"))
    assert verdict.passed
    assert verdict.figures["earlier"] is verdict.figures["never"] is verdict.figures["general"] is None


def test_an_adapter_that_forgets_is_refused_in_the_words_of_the_screen() -> None:
    verdict = decide(old=earlier(31, 4, 265))
    assert not verdict.passed
    assert (
        "of 300 earlier questions 31 newly wrong, 4 newly right; allowed 15 more wrong than right" in verdict.reasons[0]
    )
    sentence = str(GateRefused(list(verdict.reasons), "0007"))
    assert sentence.startswith("The new adapter was refused: it forgets too much of the old (")
    assert sentence.endswith("Adapter 0007 stays in use.")


def test_a_loss_must_be_both_unlikely_and_larger_than_the_margin() -> None:
    assert decide(old=earlier(4, 0, 6)).passed  # 40 % lost, yet 4 : 0 comes by chance once in 16
    assert not decide(old=earlier(5, 0, 5)).passed  # once in 32
    assert decide(old=earlier(15, 0, 285)).passed  # surely lost, within 5 %
    assert not decide(old=earlier(16, 0, 284)).passed
    assert decide(old=earlier(60, 50, 190)).passed  # much noise, little loss


def surely(*p_yes: float, gold: str = "yes") -> list[Scored]:
    """Return closed questions with what was answered."""
    return [
        Scored(Question(f"{gold} {n}?", gold, "verbatim", "c"), p, None, (p >= 0.5) == (gold == "yes"))
        for n, p in enumerate(p_yes)
    ]


def test_one_that_is_less_sure_of_all_the_old_is_refused_though_every_answer_is_still_right() -> None:
    before, after = surely(0.98, 0.99, 0.97), surely(0.6, 0.55, 0.62)
    verdict = decide(old=(before, after))
    assert verdict.reasons == (
        "it is less sure of the old (median loss of 3 earlier answers 0.02 nats before, 0.51 now; allowed 0.35 more)",
    )
    assert decide(old=(after, before)).passed
    assert decide(old=(before, before)).figures["sure"]["loss_after"] == -math.log(0.98)
    unsure = surely(0.02, 0.01, gold="no"), surely(0.45, 0.4, gold="no")
    assert not decide(old=(before + unsure[0], before + unsure[1])).passed  # of one sort alone


def test_a_few_answers_that_are_quite_wrong_are_no_drift() -> None:
    before, after = surely(*[0.98] * 9), surely(*[0.98] * 7, 1e-6, 0.0)
    assert decide(old=(before, after)).passed
    assert decide(old=([Scored(Question("What?", "a text", "verbatim", "c"), None, "a text", True)],) * 2).passed


def test_what_is_new_must_have_been_learned() -> None:
    assert decide(marks(10, 0) + marks(2, 8, "no")).passed
    verdict = decide(marks(10, 0) + marks(1, 9, "no"))
    assert verdict.reasons == (
        "it has not learned the new conversations (accuracy on 20 questions 55 %; needed 60 %)",
    )  # fmt: skip
    assert decide(marks(6, 4)).passed
    assert not decide(marks(5, 5)).passed


def test_false_answers_have_a_limit() -> None:
    assert decide(never=marks(12, 8, "no")).passed  # 40 % of twenty may be chance
    assert decide(never=marks(130, 70, "no")).passed
    verdict = decide(never=marks(110, 90, "no"))
    assert verdict.reasons == ("it claims to know what was never discussed (90 of 200, 45 %; allowed 35 %)",)


def test_one_that_moves_the_base_too_far_is_refused() -> None:
    assert decide(moved=0.0).passed and decide(moved=0.3).passed
    assert decide(moved=0.31).reasons == (
        "it changes how the base talks about anything else (divergence 0.31 nats a token; allowed 0.30)",
    )
    assert decide(moved=math.nan).reasons == ("its answers to everyday talk are no numbers",)


def test_every_reason_is_told() -> None:
    assert len(decide(marks(0, 5), earlier(50, 0, 50), marks(0, 5, "no")).reasons) == 3


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 100))
def test_more_questions_won_never_turn_a_pass_into_a_refusal(lost: int, gained: int, same: int) -> None:
    if decide(old=earlier(lost, gained, same + 1)).passed:
        assert decide(old=earlier(lost, gained + 1, same)).passed


def many(count: int) -> list[Question]:
    """Return questions of all sorts, oldest first."""
    answers = ("yes", "no", "yes", "no", "a text")
    return [Question(f"{n}?", answers[n % 5], "verbatim", f"c{n // 5}") for n in range(count)]


@settings(deadline=None)
@given(st.integers(0, 400), st.integers(0, 120), st.integers(0, 5))
def test_the_sample_is_of_the_right_size_in_order_and_without_repetition(count: int, limit: int, seed: int) -> None:
    questions = many(count)
    chosen = gate.sample_earlier(questions, limit, seed)
    assert len(chosen) == min(limit, count)
    places = [questions.index(question) for question in chosen]
    assert places == sorted(set(places))


def test_the_sample_is_spread_over_age_and_answers() -> None:
    questions = many(1000)
    places = {question.id: n for n, question in enumerate(questions)}
    chosen = gate.sample_earlier(questions, 100, 0)
    by_age = [sum(places[q.id] * 10 // 1000 == decile for q in chosen) for decile in range(10)]
    assert by_age == [10] * 10
    assert [sum(q.answer == gold for q in chosen) for gold in ("yes", "no", "a text")] == [40, 40, 20]


def test_the_sample_follows_the_seed() -> None:
    questions = many(200)
    assert gate.sample_earlier(questions, 20, 1) == gate.sample_earlier(questions, 20, 1)
    assert gate.sample_earlier(questions, 20, 1) != gate.sample_earlier(questions, 20, 2)
    assert gate.sample_earlier(questions, 200, 1) == questions
