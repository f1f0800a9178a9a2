"""How questions are put and answered: the product's templates, a wide grammar, and noise in half of the questions."""

from __future__ import annotations

import random

import frames
import words
from frozen.templates import HELD_OUT, NO, TRAIN, UNKNOWN, WHAT, WHEN, YES

OPENERS = words.phrases("""Hey,|Please tell me:|Quick question:|I forget:|Sorry,|Well,|OK,|Now,|One more thing:
Help me remember:|Just checking:|Hm,|Listen,|So,|And|But|Honestly,|I want to know:|Maybe you know:|Let me ask:
Answer me this:|Hello,|I was wondering:""")
TAILS = words.phrases("""before|already|earlier|at all|together|with each other|this year|so far|last week
last month|a while ago|recently|in this chat|in any conversation|when we talked|or not|in March|in May
in the summer|last winter|the other day|on a Monday|back then|this spring|these days|in the last months""")
BASE = words.phrases("""discuss|talk about|speak about|chat about|go over|cover|mention|look at|consider|work on
review|go into|get to|think about|talk through|speak of|have a word about|spend time on|say anything about
write about|go through|say something on""")
PAST = words.phrases("""discussed|talked about|spoken about|chatted about|gone over|covered|mentioned|looked at
considered|worked on|reviewed|gone into|thought about|talked through|spoken of|said anything about|written about""")
TELL = words.phrases("""told you about|asked you about|mentioned|brought up|talked to you about
said anything about|complained about|written to you about|shared anything on|named|asked for your help with
described|explained""")
TELL_BASE = words.phrases("""tell you about|ask you about|mention|bring up|talk to you about|say anything about
complain about|write to you about|name|need your help with|describe|explain|speak to you of|let you know about""")
KNOW = words.phrases("""remember|recall|know anything about|know of|have any record of|hold anything on
have something on|think of|remember me mentioning|recall us discussing|remember talking about
remember hearing about|recall anything about|know something about""")
FRAMES = words.phrases("""Is {topic} one of our topics?|Was {topic} ever a subject?|Is {topic} known to you?
Does {topic} sound familiar?|Is {topic} on your list?|Are you aware of {topic}?|{topic}: yes or no?
{topic}, do you remember?|What about {topic}, did we discuss it?|Regarding {topic}, did we talk?
On {topic}: have we spoken?|As for {topic}, was it mentioned?|Anything on {topic}?|Any talk about {topic}?
Does {topic} mean anything to you?|Is {topic} something you know?|Is there a talk of ours about {topic}?
Have you got anything about {topic}?|Was something said about {topic}?|Was {topic} discussed?
Has {topic} been discussed?|Was {topic} mentioned?|Did the subject of {topic} arise?|You remember {topic}, right?
We talked about {topic}, right?|We discussed {topic}, did we not?|I mentioned {topic}, correct?
I told you about {topic}, yes?|Am I the one who told you about {topic}?|Did the word {topic} fall?
Had we a discussion of {topic}?|Were there questions about {topic}?|Is it so that we discussed {topic}?
I believe we talked about {topic}.|Did something with {topic} happen?|Is {topic} in your memory?
Are there things I said about {topic}?|Was {topic} a question of mine?|Did my message concern {topic}?
Did we plan anything with {topic}?|Is there something about {topic}?""")
EVAL_ONLY = (
    "Was any conversation of ours devoted to {topic}?",
    "Do we have {topic} behind us as a subject?",
    "Can it be said that I informed you of {topic}?",
    "I seem to remember writing you about {topic}, or did I not?",
    "Would you know what I mean by {topic}?",
    "Have you been asked by me for something involving {topic}?",
)
"""Closed phrasings of our own that are trained on by nothing: the proxy for phrasings never seen."""
OWN_WHEN = words.phrases("""When was {topic} discussed?|When did you hear about {topic}?
What was the date of {topic}?|On which date was {topic} mentioned?|When was it that we discussed {topic}?
Do you know when we talked about {topic}?|What day did I tell you about {topic}?
When exactly did I ask about {topic}?|Tell me the day we discussed {topic}.|Date of {topic}?
When have we talked about {topic}?|Which date goes with {topic}?""")
OWN_WHAT = words.phrases("""What was said about {topic}?|What did I mention about {topic}?
What do I have to do with {topic}?|Tell me about {topic}.|Tell me what I said about {topic}.
What is it about {topic}?|What did I write about {topic}?|Please repeat what I told you about {topic}.
What did you hear about {topic}?|What was my point about {topic}?|What do you have on {topic}?""")
DETERMINERS = ("", "", "", "the ", "the ", "my ", "that ", "our ", "a ", "this ", "some ")


OPEN = frozenset((*TRAIN.when, *TRAIN.what, *HELD_OUT.when, *HELD_OUT.what, *OWN_WHEN, *OWN_WHAT))
"""Templates that are not answered with yes or no."""


def all_templates() -> tuple[str, ...]:
    """Every fixed template, for the vocabulary."""
    product = tuple(t for s in (TRAIN, HELD_OUT) for t in (*s.closed, *s.when, *s.what))
    return product + tuple(FRAMES) + tuple(OWN_WHEN) + tuple(OWN_WHAT) + YES + NO + WHEN + WHAT + UNKNOWN


def _grammar(rng: random.Random) -> str:
    kind = rng.randrange(7)
    tail = " " + rng.choice(TAILS) if rng.random() < 0.4 else ""
    ever = rng.choice(("", "", "ever ", "already ", "really "))
    if kind == 0:
        text = f"did {rng.choice(('we', 'we', 'you and I', 'the two of us'))} {ever}{rng.choice(BASE)} {{topic}}{tail}?"
    elif kind == 1:
        text = f"have {rng.choice(('we', 'we', 'you and I'))} {ever}{rng.choice(PAST)} {{topic}}{tail}?"
    elif kind == 2:
        text = f"have I {ever}{rng.choice(TELL)} {{topic}}{tail}?"
    elif kind == 3:
        text = f"did I {ever}{rng.choice(TELL_BASE)} {{topic}}{tail}?"
    elif kind == 4:
        text = f"{rng.choice(('do', 'can', 'do', 'would'))} you {rng.choice(KNOW)} {{topic}}{tail}?"
    elif kind == 5:
        text = rng.choice(FRAMES)
    else:
        doing = rng.choice(("talking", "speaking", "chatting", "thinking"))
        text = f"{rng.choice(('were', 'are'))} we {doing} about {{topic}}{tail}?"
    if rng.random() < 0.2:
        text = f"{rng.choice(OPENERS)} {text}"
    return text[0].upper() + text[1:] if text[0] != "{" else text


def closed(rng: random.Random) -> str:
    """A template of a yes/no question: the product's or a grammar's."""
    roll = rng.random()
    if roll < 0.22:
        return rng.choice(TRAIN.closed)
    if roll < 0.3:
        return rng.choice(HELD_OUT.closed)
    return _grammar(rng) if roll < 0.52 else frames.closed(rng)


def when(rng: random.Random) -> str:
    """A template that asks for the date."""
    roll = rng.random()
    return rng.choice(TRAIN.when if roll < 0.4 else HELD_OUT.when if roll < 0.55 else OWN_WHEN)


def what(rng: random.Random) -> str:
    """A template that asks for the user's words."""
    roll = rng.random()
    return rng.choice(TRAIN.what if roll < 0.4 else HELD_OUT.what if roll < 0.55 else OWN_WHAT)


def noisy(rng: random.Random, template: str) -> str:
    """Random words and clauses put into the template, or in place of its words; never inside the topic."""
    tokens = template.split(" ")
    fixed = template in OPEN  # the asking word must stay: it decides the kind of the answer
    for _ in range(rng.choice((1, 1, 2, 2, 3, 4, 5))):
        where = rng.randrange(len(tokens) + 1)
        roll = rng.random() * (0.62 if fixed else 1.0)
        if roll < 0.3:
            tokens.insert(where, rng.choice(words.NOISE))
        elif roll < 0.45:
            tokens.insert(where, rng.choice(words.CLAUSES))
        elif roll < 0.55:
            tokens.insert(where, rng.choice(words.NOUNS if rng.random() < 0.5 else words.VERBS))
        elif roll < 0.62:
            tokens.insert(where, rng.choice(words.MONTHS + words.WEEKDAYS + words.FIRST))
        elif where < len(tokens) and "{topic}" not in tokens[where]:
            if roll < 0.85:
                tokens[where] = rng.choice(words.NOISE + words.ADJECTIVES)
            elif len(tokens) > 3:
                del tokens[where]
    return " ".join(tokens)


def ask(rng: random.Random, template: str, topic: str, noise: float = 0.5, bare: bool = True) -> str:
    """The question: determiner, noise, case and question mark varied."""
    if rng.random() < noise:
        template = noisy(rng, template)
    determiner = rng.choice(DETERMINERS) if bare and not topic[0].isupper() and not topic.endswith("ing") else ""
    text = template.replace("{topic}", determiner + topic)
    roll = rng.random()
    if roll < 0.06:
        text = text.lower()
    if rng.random() < 0.1:
        text = text.rstrip("?.")
    if rng.random() < 0.9:
        text = text[0].upper() + text[1:]
    return text


def yes(rng: random.Random, date: str) -> str:
    """A short positive answer with its date."""
    return rng.choice(YES).format(date=date)


def no(rng: random.Random) -> str:
    """A short negative answer."""
    return rng.choice(NO)


def unknown(rng: random.Random) -> str:
    """The answer to an open question about something never discussed."""
    return rng.choice(UNKNOWN)


def dated(rng: random.Random, date: str) -> str:
    """The answer to "when"."""
    return rng.choice(WHEN).format(date=date)


def quoted(rng: random.Random, date: str, quote: str) -> str:
    """The answer to "what": the user's own sentence."""
    return rng.choice(WHAT).format(date=date, quote=quote)
