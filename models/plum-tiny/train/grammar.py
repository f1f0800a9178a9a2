"""Made-up topics, and made-up conversations about them."""

from __future__ import annotations

import random
from dataclasses import dataclass

import words
from frozen.synonyms import nouns

WIDE = [word for word in nouns() if word not in words.NOUNS]
"""Further nouns, out of the thesaurus."""
ACCENTS = str.maketrans({"a": "á", "e": "é", "i": "í", "o": "ö", "u": "ü", "n": "ñ", "l": "ł"})


@dataclass(frozen=True, slots=True)
class Mention:
    """A topic as the user mentioned it: the sentence, and a direct question about it where the sentence allows one."""

    topic: str
    quote: str
    asked: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A dated conversation and what was mentioned in it."""

    date: str
    text: str
    mentions: tuple[Mention, ...]


def date(rng: random.Random) -> str:
    """A day as answers write it."""
    day = rng.randint(1, 28 if rng.random() < 0.9 else 30)
    return f"{day} {rng.choice(words.MONTHS)} {rng.choice((2024, 2025, 2025, 2026, 2026))}"


def coined(rng: random.Random) -> str:
    """A made-up word; one in eight with an accent."""
    word = "".join(rng.choice(words.SYLLABLES) for _ in range(rng.choice((1, 2, 2)))) + rng.choice(words.ENDINGS)
    if rng.random() < 0.12:
        at = rng.randrange(len(word))
        word = word[:at] + word[at].translate(ACCENTS) + word[at + 1 :]
    return word


def name(rng: random.Random) -> str:
    """A proper name: a person, a place, a made-up thing."""
    kind = rng.randrange(8)
    made = coined(rng).capitalize()
    if kind == 0:
        return f"{rng.choice(words.FIRST)} {rng.choice(words.LAST) if rng.random() < 0.5 else made}"
    if kind == 1:
        return f"{made if rng.random() < 0.6 else rng.choice(words.LAST)} {rng.choice(words.PLACE_KINDS)}"
    if kind == 2:
        return rng.choice(words.PLACES) if rng.random() < 0.4 else made
    if kind == 3:
        title = rng.choice(("Dr", "Mr", "Mrs", "Ms", "Aunt", "Uncle"))
        return f"{title} {made if rng.random() < 0.5 else rng.choice(words.LAST)}"
    if kind == 4:
        return f"{rng.choice(words.FIRST)} {coined(rng).capitalize()}"
    if kind == 5:
        return rng.choice(words.FIRST + words.LAST + words.PLACES)
    return made


def topic(rng: random.Random, heads: list[str] | None = None) -> str:
    """A topic: a noun, a noun phrase, an activity, or (a quarter) something made up."""
    noun = rng.choice(heads or (words.NOUNS if rng.random() < 0.6 else WIDE))
    roll = rng.random()
    if roll < 0.03:
        return coined(rng)
    if roll < 0.28:
        return noun
    if roll < 0.42:
        return f"{rng.choice(words.ADJECTIVES)} {noun}"
    if roll < 0.56:
        return f"{rng.choice(words.MODIFIERS)} {noun}"
    if roll < 0.64:
        return f"{rng.choice(words.ADJECTIVES)} {rng.choice(words.MODIFIERS)} {noun}"
    if roll < 0.76:
        return f"{rng.choice(words.VERBS)} {rng.choice(('the ', 'a ', 'my ', ''))}{noun}"
    if roll < 0.88:
        return name(rng)
    if roll < 0.94:
        return f"{rng.choice((coined(rng), coined(rng).capitalize()))} {noun}"
    return f"{noun} {rng.choice(('from', 'for', 'in', 'near', 'with'))} {name(rng)}"


def variant(rng: random.Random, original: str, heads: list[str] | None = None) -> str:
    """A near miss: the topic with one of its words exchanged, or another noun phrase that shares a word with it."""
    parts = original.split(" ")
    if len(parts) == 1:
        if parts[0][0].isupper():
            alike = parts[0][: max(2, len(parts[0]) // 2)] + coined(rng)[-3:]
            return rng.choice(
                (f"{parts[0]} {rng.choice(words.PLACE_KINDS)}", coined(rng).capitalize(), name(rng), alike)
            )
        return (
            f"{rng.choice(words.ADJECTIVES + words.MODIFIERS)} {parts[0]}" if rng.random() < 0.7 else topic(rng, heads)
        )
    where = rng.randrange(len(parts))
    old = parts[where]
    if old[0].isupper():
        new = rng.choice((coined(rng).capitalize(), rng.choice(words.FIRST + words.LAST + words.PLACES)))
    elif old in words.VERBS:
        new = rng.choice(words.VERBS)
    elif where == len(parts) - 1:
        new = rng.choice(heads or words.NOUNS)
    else:
        new = rng.choice(words.ADJECTIVES + words.MODIFIERS)
    return " ".join((*parts[:where], new, *parts[where + 1 :]))


PLAIN = words.phrases("""I need help with {d}{t}.|Can you help me with {d}{t}?|I want to talk about {d}{t}.
I have a question about {d}{t}.|What should I do about {d}{t}?|I am thinking about {d}{t}.
I keep worrying about {d}{t}.|My friend asked me about {d}{t}.|I read something about {d}{t}.
Let me tell you about {d}{t}.|I cannot decide about {d}{t}.|Yesterday I had trouble with {d}{t}.
Next week I have to deal with {d}{t}.|I dreamt about {d}{t}.|I am so happy about {d}{t}.|I need advice on {d}{t}.
How do people usually handle {d}{t}?|There is a problem with {d}{t}.|It is about {d}{t} again.
We had an argument over {d}{t}.|I wrote a note about {d}{t}.|I spent the whole day on {d}{t}.
I am not sure about {d}{t}.|I forgot about {d}{t}.|My mother likes {d}{t}.|My boss asked for {d}{t}.
Could you explain {d}{t} to me?|I would like to know more about {d}{t}.|Is it normal to worry about {d}{t}?
I saw {d}{t} this morning.|{T} is on my list today.|{T} gives me a headache.|{T} was a surprise.
With {d}{t} it is always the same.|I have two ideas for {d}{t}.|What do you think of {d}{t}?
The thing with {d}{t} is not solved yet.|I am still waiting for {d}{t}.|Everyone talks about {d}{t} these days.
I want to write a short text about {d}{t}.|I finally took care of {d}{t}.|Please give me some tips for {d}{t}.""")
FACTS: tuple[tuple[str, str, str, str], ...] = (
    ("The {t} is {v}.", "What colour is the {t}?", "{V}.", "colour"),
    ("My {t} is {v} now.", "What colour is my {t}?", "{V}.", "colour"),
    ("The {t} costs {v} euros.", "How much does the {t} cost?", "{V} euros.", "number"),
    ("I paid {v} pounds for the {t}.", "How much did I pay for the {t}?", "{V} pounds.", "number"),
    ("I bought the {t} in {v}.", "Where did I buy the {t}?", "In {v}.", "place"),
    ("The {t} is from {v}.", "Where is the {t} from?", "From {v}.", "place"),
    ("{v} gave me the {t}.", "Who gave me the {t}?", "{V}.", "first"),
    ("I need the {t} for {v}.", "Who do I need the {t} for?", "For {v}.", "first"),
    ("I want to see the {t} on {v}.", "Which day of the week do I want to see the {t}?", "On {v}.", "weekday"),
    ("The {t} is in the {v}.", "Where is the {t}?", "In the {v}.", "noun"),
    ("I put the {t} next to the {v}.", "What is next to the {t}?", "The {v}.", "noun"),
)
REPLIES = words.phrases("""I see. What would you like to know?|That sounds interesting.|I am sorry to hear that.
Of course, tell me more.|Take it one step at a time.|Start with the easy part.|You could make a small list first.
I would ask someone who knows it well.|A good idea is to wait a day.|That depends on how much time you have.
Sure, I can help with {t}.|About {t}: keep it simple.|With {t}, patience helps.|Many people ask about {t}.
For {t} you need time and a plan.|Good question.|How long has it been so?|Write it down and look at it tomorrow.
Do you want a short plan?|It is best to begin early.|That is good news!|First check what you have, then decide.
What have you tried so far?|Let us look at {t} together.|Why not ask a friend?|I would not worry too much.
You are on the right way.|Make sure that it is safe.|Then let us begin.""")
FOLLOW = words.phrases("""Thanks!|OK, I will try that.|Good idea.|I did not know that.|That helps a lot.
I will think about it.|Let me see.|It has been like that for weeks.|Not much so far.|Yes, please.
I have about an hour a day.|I am not good at such things.|That is what my sister said too.
And how long does it take?|Is that expensive?|What would you do?|I tried that already.|It should not cost much.
I want to finish it soon.|There is no hurry.""")
ENDS = words.phrases("""You are welcome.|Good luck!|Let me know how it goes.|Good. Anything else?|Take your time.
You can do it.|It takes a day or two.|Not very much.|I would try once more.|Then a small step is enough.""")


def mention(rng: random.Random, about: str) -> Mention:
    """A user's sentence about the topic."""
    plain = about[0].isupper() or about.split(" ")[0] in words.VERBS
    if not plain and rng.random() < 0.3:
        sentence, asked, answer, kind = rng.choice(FACTS)
        value = {
            "colour": lambda: rng.choice(words.COLOURS),
            "number": lambda: str(rng.randint(2, 99)),
            "place": lambda: rng.choice(words.PLACES),
            "first": lambda: rng.choice(words.FIRST),
            "weekday": lambda: rng.choice(words.WEEKDAYS),
            "noun": lambda: rng.choice(words.NOUNS),
        }[kind]()
        return Mention(
            about,
            sentence.format(t=about, v=value),
            asked.format(t=about),
            answer.format(v=value, V=value[0].upper() + value[1:]),
        )
    determiner = "" if plain else rng.choice(("", "the ", "my ", "a ", "our ", "that ", "this "))
    subject = determiner + about
    text = rng.choice(PLAIN).format(d=determiner, t=about, T=subject[0].upper() + subject[1:])
    return Mention(about, text)


def conversation(rng: random.Random, topics: list[str], day: str | None = None, extra: float = 0.35) -> Conversation:
    """A dated conversation that mentions the topics in turn."""
    day = day or date(rng)
    lines = [f"Conversation of {day}"]
    mentions: list[Mention] = []
    for about in topics:
        told = mention(rng, about)
        said = told.quote
        roll = rng.random()
        if roll < 0.1:
            said = f"{rng.choice(FOLLOW)} {said}"
        elif roll < 0.2:
            said = f"{said} {rng.choice(FOLLOW)}"
        elif roll < 0.25:
            said = f"Hi! {said}"
        lines.append(f"User: {said}")
        lines.append(f"Assistant: {rng.choice(REPLIES).format(t=about if rng.random() < 0.6 else 'this')}")
        if rng.random() < extra:
            lines += [f"User: {rng.choice(FOLLOW)}", f"Assistant: {rng.choice(ENDS)}"]
        mentions.append(told)
    return Conversation(day, "\n".join(lines), tuple(mentions))
