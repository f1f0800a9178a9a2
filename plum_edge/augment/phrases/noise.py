"""Noise in the phrasings of training: openings, asides and endings that change nothing of what is asked.

Half of the questions get some, positives and negatives alike. An adapter that only ever saw clean templates says yes to
every phrasing that it does not know: its shift towards "yes" is undone only where a "no" was trained. Knows nothing of
topics: it works on a template, and leaves ``{topic}`` alone.
"""

from __future__ import annotations

from plum_edge.augment.phrases import wordings

_OPENINGS = (
    "Hm,", "By the way,", "Just wondering:", "Sorry to ask again, but", "One more thing:", "Out of curiosity,",
    "I cannot recall:", "Before I forget,", "Help me out here:", "Right then,", "Quick one:", "Good morning.",
    "While I am at it,", "Thinking of last month,", "My memory is poor:", "OK so", "Be honest:", "Another question.",
)  # fmt: skip
_ASIDES = (
    "if I am not mistaken", "as far as you can tell", "perhaps", "in passing", "at length", "I mean", "you know",
    "of all things", "the other evening", "on some occasion", "for whatever reason", "in any detail", "some time ago",
)  # fmt: skip
_ENDINGS = (
    "or am I mixing things up", "or is that someone else", "in one of our talks", "this year", "at some stage",
    "yes or no", "please", "I would like to know", "even briefly", "because I am not sure", "with you", "so far",
    "or was that only in my head", "the week before", "for my notes",
)  # fmt: skip


def noisy(template: str, choice: int) -> str:
    """Return the template, half of the time with an opening, an aside or an ending; ``choice`` is a drawn number."""
    if choice % 2:
        return template
    kinds, rest = choice // 2 % 7 + 1, choice // 14
    text = template
    if kinds & 1:
        text = _with_ending(text, _ENDINGS[rest % len(_ENDINGS)])
    if kinds & 2:
        text = _with_aside(text, _ASIDES[rest // 31 % len(_ASIDES)], rest // 997)
    if kinds & 4:
        opening = _OPENINGS[rest // 61 % len(_OPENINGS)]
        text = f"{opening} {text if opening.endswith('.') or text.startswith('I ') else text[0].lower() + text[1:]}"
    return text


def _with_ending(text: str, ending: str) -> str:
    mark = text[-1] if text[-1] in "?." else ""
    return f"{text.removesuffix(mark)}, {ending}{mark}"


def _with_aside(text: str, aside: str, choice: int) -> str:
    """Put the aside after one of the first words, never inside the topic."""
    words = text.split(" ")
    before = next((i for i, word in enumerate(words) if "{topic}" in word), len(words))
    if before < 2:
        return text
    place = 1 + choice % (before - 1)
    return " ".join([*words[: place - 1], f"{words[place - 1]},", f"{aside},", *words[place:]])


def scrambled(template: str, other: str, choice: int) -> str:
    """Return the beginning of one template and the end of another, with words left out or put in place of others.

    Broken on purpose: what is asked about must decide, whatever stands around it. ``choice`` is a drawn number.
    """
    words = f"{template.split('{topic}')[0]}{{topic}}{other.split('{topic}')[1]}".split(" ")
    kept = []
    for place, word in enumerate(words):
        fate = choice >> (4 * place) & 15
        if "{topic}" in word or fate > 4:
            kept.append(word)
        elif fate:
            kept.append(_FILLERS[(choice // 31 + 17 * place) % len(_FILLERS)])
    return " ".join(kept)


_FILLERS = tuple(
    sorted(
        {
            word.strip(",:;?.")
            for text in (*_OPENINGS, *_ASIDES, *_ENDINGS, *wordings.TRAIN.closed)
            for word in text.casefold().split()
            if "{topic}" not in word
        }
    )
)
