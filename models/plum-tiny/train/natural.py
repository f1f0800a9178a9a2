"""Reading and chat over third-party dialogues: questions about key phrases found by a quick rule."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import corpora
import grammar
import naming
import phrasings
import smalltalk
import words
from frozen.synonyms import Part
from units import Branch, Unit, chat, encode, question, system_context

STOP = frozenset(
    words.listed("""a about above after again all also am an and any are aren as at be because been
before being below best better between both but by came can cannot come could couldn did didn do does doesn doing
don done down during each else even ever every few find first for from further get gets getting give given go goes
going gonna good got great had hadn happy hard has hasn have haven having he hello help her here hers hey hi him
himself his hope how however i if in into is isn it its itself just keep know last least less let like likely
little ll long look looking lot love made make makes making many may maybe me mean might mine more most much must
my myself need needs never new next nice no nor not nothing now of off ok okay on once one only or other our ours
out over own perfect please possible prefer pretty put quite rather re really right said same say see seem seems
set she should shouldn show since so some someone something sometimes soon sound sounds still stuff such sure take
tell than thank thanks that the their them then there these they thing things think this those though through time
to today together too try trying two under until up us use used using usually ve very want wants was wasn way we
well were what when where whether which while who whole why will wish with without won wonder would wouldn yeah
yes yet you your yours yourself able actually already although always anyone anything around ask asked away back
bad big bit book call check course day different either enough exactly fact feel fine full guess heard idea
instead interested kind later least left less list mind number old part people person place point probably
question quick reason second sort start suggest suppose talk thats three told true understand wait work works
worth wow year years yep four five six seven eight nine ten awesome absolutely alright correct confirm went spend
fits says knew took gave made saw found left thought wanted looked tried bigger available appears seems according
based related including regarding especially definitely basically certainly""")
)
CURLY = "\u2019"
"""The apostrophe that word processors write."""
_RUN = re.compile(r"[A-Za-z][A-Za-z'\u2019-]*|\d[\d,.:]*\d|\d|[^\sA-Za-z\d]+")


@dataclass(slots=True)
class Source:
    """A dialogue with the phrases found in it: (phrase, turn number)."""

    field: str
    turns: tuple[tuple[str, str], ...]
    phrases: list[tuple[str, int]] = field(default_factory=list)


def normal(text: str) -> str:
    """Lower case words with single spaces, for finding phrases."""
    return f" {' '.join(re.findall(r'[a-z0-9]+', text.lower()))} "


def runs(text: str) -> list[str]:
    """Runs of one to three content words."""
    found: list[str] = []
    current: list[str] = []
    for token in [*_RUN.findall(text), "."]:
        word = token.lower().replace(CURLY, "'")
        if token[0].isalpha() and word.split("'")[0] not in STOP and len(word) > 2 and "'" not in word:
            current.append(token)
            continue
        if current:
            if len(current) <= 3:
                found.append(" ".join(current))
            else:
                found += [" ".join(current[:2]), " ".join(current[-2:])]
        current = []
    return found


class Corpus:
    """All dialogues, their phrases, and where to find near negatives."""

    def __init__(self, seed: int = 0, common: int = 200) -> None:
        rng = random.Random(seed)
        self.sources = [Source(d.field, d.turns) for d in corpora.load_all()]
        seen: Counter[str] = Counter()
        raw: list[list[tuple[str, int]]] = []
        for source in self.sources:
            mine = [
                (phrase, number)
                for number, (role, text) in enumerate(source.turns)
                for phrase in runs(text[:1500])
                if role == "user" or number % 4 == 1
            ]
            raw.append(mine)
            seen.update({phrase.lower() for phrase, _ in mine})
        self.by_field: dict[str, list[str]] = defaultdict(list)
        self.by_word: dict[str, list[str]] = defaultdict(list)
        for source, mine in zip(self.sources, raw, strict=True):
            once = {
                phrase.lower(): (phrase, number) for phrase, number in reversed(mine) if seen[phrase.lower()] <= common
            }
            source.phrases = [pair for pair in once.values() if len(pair[0]) > 3]
            for phrase, _ in source.phrases:
                self.by_field[source.field].append(phrase)
                for word in phrase.lower().split():
                    if len(self.by_word[word]) < 400:
                        self.by_word[word].append(phrase)
        order = list(range(len(self.sources)))
        rng.shuffle(order)
        usable = [i for i in order if self.sources[i].phrases]
        self.held_out = usable[:150]
        """Dialogues for evaluation alone."""
        self.memorised = usable[150:1000]
        """Dialogues that the memory bank takes its phrases from."""
        self.train = usable[1000:]
        long = [i for i in self.train if self.sources[i].field.startswith(("realmem", "topical"))]
        self.long = long
        self.fields = list(self.by_field)
        self.wiki = [text for text in corpora.load_wiki() if len(text) > 60]

    def pick(self, rng: random.Random, held_out: bool = False) -> Source:
        """A dialogue: half from the long and varied collections."""
        if held_out:
            return self.sources[rng.choice(self.held_out)]
        return self.sources[rng.choice(self.long if rng.random() < 0.5 else self.train)]

    def passage(self, rng: random.Random, source: Source, limit: int) -> tuple[str, list[tuple[str, int]]]:
        """The dated conversation, or an excerpt of it that fits the limit; and the phrases in it."""
        start = rng.randrange(0, max(1, len(source.turns) - 1)) if rng.random() < 0.7 else 0
        lines: list[str] = []
        size = 12
        last = start
        for number in range(start, len(source.turns)):
            role, text = source.turns[number]
            if len(text) > 420:
                cut = rng.randint(150, 400)
                text = text[:cut].rsplit(" ", 1)[0]
            cost = len(encode(text)) + 4
            if lines and size + cost > limit:
                break
            size += cost
            lines.append(f"{role.capitalize()}: {text}")
            last = number
        body = "\n".join(lines)
        flat = normal(body)
        return body, [(p, n) for p, n in source.phrases if start <= n <= last and normal(p) in flat]

    def negative(self, rng: random.Random, source: Source, inside: list[str], flat: str, near: bool) -> str | None:
        """A phrase of another dialogue whose words are not all here."""
        for _ in range(8):
            if near and inside and rng.random() < 0.5:
                word = rng.choice(rng.choice(inside).lower().split())
                phrase = rng.choice(self.by_word[word]) if self.by_word.get(word) else ""
            else:
                where = source.field if near else rng.choice(self.fields)
                phrase = rng.choice(self.by_field[where])
            if phrase and normal(phrase) not in flat and not all(f" {w} " in flat for w in normal(phrase).split()):
                return phrase
        return None


def sentence_with(text: str, phrase: str, longest: int = 14) -> str | None:
    """The sentence of the text that holds the phrase, if it is short enough to quote."""
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        if normal(phrase) in normal(sentence) and 2 < len(sentence.split()) <= longest:
            return sentence
    return None


def reading(
    rng: random.Random,
    corpus: Corpus,
    limit: int,
    count: int,
    held_out: bool = False,
    noise: float = 0.5,
    renaming: float = naming.TRY,
) -> Unit | None:
    """Questions about one to three dated dialogues or excerpts in the context."""
    talks: list[tuple[str, str, Source, list[tuple[str, int]]]] = []
    parts = rng.choice((1, 1, 2, 2, 3))
    for _ in range(parts):
        source = corpus.pick(rng, held_out)
        body, inside = corpus.passage(rng, source, limit // parts)
        talks.append((grammar.date(rng), body, source, inside))
    text = "\n\n".join(f"Conversation of {day}\n{body}" for day, body, _, _ in talks)
    flat = normal(text)
    unit = Unit(warmed(rng, system_context(text)))
    if len(unit.context) > limit + 110 or not any(inside for *_, inside in talks):
        return None
    akin = naming.kin(text)
    full = [talk for talk in talks if talk[3]]
    everything = [phrase for *_, inside in talks for phrase, _ in inside]
    for _ in range(count):
        branch = _branch(rng, corpus, rng.choice(full), everything, (flat, akin), noise, renaming)
        if branch:
            unit.branches.append(branch)
    return unit if len(unit.branches) >= 2 else None


def _branch(
    rng: random.Random,
    corpus: Corpus,
    talk: tuple[str, str, Source, list[tuple[str, int]]],
    everything: list[str],
    told: tuple[str, frozenset[str]],
    noise: float,
    renaming: float,
) -> Branch | None:
    day, _, source, inside = talk
    flat, akin = told
    phrase, number = rng.choice(inside)
    shown = phrase.lower() if rng.random() < 0.12 else renamed(rng, phrase, everything, renaming)
    roll = rng.random()
    if roll < 0.42:
        return question(phrasings.ask(rng, phrasings.closed(rng), shown, noise), phrasings.yes(rng, day), "pos")
    if roll < 0.84:
        near = rng.random() < 0.55
        other = absent(rng, corpus, source, everything, flat, akin, near, renaming)
        return other and question(
            phrasings.ask(rng, phrasings.closed(rng), other, noise), phrasings.no(rng), "near" if near else "far"
        )
    if roll < 0.89:
        return question(phrasings.ask(rng, phrasings.when(rng), shown, noise), phrasings.dated(rng, day), "when")
    if roll < 0.97:
        role, text = source.turns[number]
        quote = sentence_with(text, phrase)
        if quote is None or role != "user" or normal(quote) not in flat:
            return None
        return question(
            phrasings.ask(rng, phrasings.what(rng), shown, noise), phrasings.quoted(rng, day, quote), "what"
        )
    other = absent(rng, corpus, source, everything, flat, akin, rng.random() < 0.5, renaming)
    template = phrasings.when(rng) if rng.random() < 0.4 else phrasings.what(rng)
    return other and question(phrasings.ask(rng, template, other, noise), phrasings.unknown(rng), "unknown")


def renamed(
    rng: random.Random, phrase: str, others: list[str], chance: float = naming.TRY, part: Part = "train"
) -> str:
    """Now and then another name of a phrase that could mean none of the others."""
    name = naming.other(rng, phrase, others, part) if rng.random() < chance else None
    return name or phrase


def absent(
    rng: random.Random,
    corpus: Corpus,
    source: Source,
    inside: list[str],
    flat: str,
    akin: frozenset[str],
    near: bool,
    chance: float = naming.TRY,
    part: Part = "train",
) -> str | None:
    """A phrase of another dialogue that names nothing here under any name; now and then renamed itself."""
    for _ in range(6):
        phrase = corpus.negative(rng, source, inside, flat, near)
        if phrase and rng.random() < chance:
            phrase = naming.other(rng, phrase, inside, part) or phrase
        if phrase and not naming.content(phrase) <= akin and not all(f" {w} " in flat for w in normal(phrase).split()):
            return phrase
    return None


def small_talk(rng: random.Random) -> list[tuple[str, str]]:
    """One or two of our own exchanges."""
    turns: list[tuple[str, str]] = []
    for _ in range(rng.choice((1, 1, 2))):
        for position, text in enumerate(rng.choice(smalltalk.EXCHANGES)):
            if position == 0 and not turns and rng.random() < 0.3:
                text = rng.choice(smalltalk.OPENINGS) + text
            if position % 2 == 0 and rng.random() < 0.15:
                text = text.lower().rstrip(".!?")
            turns.append(("user" if position % 2 == 0 else "assistant", text))
    return turns


def passage(rng: random.Random, corpus: Corpus) -> Unit:
    """Plain text with no question, all of it supervised: what people say, and paragraphs of an encyclopedia."""
    text = rng.choice(corpus.wiki) if rng.random() < 0.4 else rng.choice(corpus.pick(rng).turns)[1]
    text = text[:300].rsplit(" ", 1)[0] if len(text) > 300 else text
    return Unit(system_context(""), [chat([("assistant", text)], "text", 0.7)])


def warmed(rng: random.Random, context: list[int]) -> list[int]:
    """Now and then the question comes in the middle of a chat: our own small talk before it."""
    if rng.random() < 0.12:
        context = context + chat(small_talk(rng)).tokens
    return context


def chatting(rng: random.Random, corpus: Corpus, limit: int, held_out: bool = False) -> Unit:
    """A plain chat: the assistant's next turns given the dialogue so far."""
    system = rng.choice(smalltalk.SYSTEM_PROMPTS) if rng.random() < 0.4 else ""
    unit = Unit(system_context(system))
    if rng.random() < 0.35 and not held_out:
        unit.branches.append(chat(small_talk(rng)))
        return unit
    source = corpus.pick(rng, held_out)
    start = 2 * rng.randrange(0, max(1, len(source.turns) // 2)) if rng.random() < 0.5 else 0
    turns: list[tuple[str, str]] = []
    size = 16
    for role, text in source.turns[start:]:
        if role == "assistant" and len(text) > 500:
            break
        text = text[:500].rsplit(" ", 1)[0] if len(text) > 500 else text
        size += len(encode(text)) + 2
        if size > limit:
            break
        turns.append((role, text))
    while turns and turns[-1][0] == "user":
        turns.pop()
    unit.branches.append(chat(turns or small_talk(rng)))
    return unit
