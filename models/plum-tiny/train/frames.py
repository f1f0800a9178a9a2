"""A second, wider grammar of yes/no questions: claims in wrappers, topic first, imperatives, clauses, word salad."""

from __future__ import annotations

import random

import words

TOLD = words.phrases("""told you about|mentioned|asked you about|brought up|talked to you about|wrote to you about
described|explained|complained about|spoke to you about|came to you with|shared something about|raised|noted
let you know about|reported|confessed|was worried about|needed advice on|said a word about|went on about
sent you something about|referred to|named|chatted about|gave you details of|introduced""")
DISCUSSED = words.phrases("""talked about|discussed|spoke about|chatted about|went over|covered|touched on
looked into|had a talk about|had a word about|spent time on|got onto|went through
turned to|came to speak of|had something about|held a conversation on|tackled|worked on|considered|argued about""")
HAPPENED = words.phrases("""{topic} came up|{topic} was mentioned|{topic} was a subject|{topic} has come up
{topic} was talked about|there was talk of {topic}|there was something about {topic}
one of our talks was on {topic}|our talks included {topic}|you heard of {topic} from me|you know of {topic}
you have something on {topic}|you were told about {topic}|you helped me with {topic}|you remember {topic}
you can recall {topic}|you have a note on {topic}|{topic} belongs to what I told you|{topic} is known to you
{topic} played a part|{topic} was among our subjects|my question was about {topic}|one message concerned {topic}
{topic} got mentioned|{topic} was brought up by me|it was about {topic}|the name of {topic} fell
{topic} was raised|some of it was on {topic}|{topic} is in there""")
WRAPPERS = words.phrases("""is it true that {c}?|tell me whether {c}.|say if {c}.|please check whether {c}.|I think {c}.
I believe {c}.|{c}, right?|{c}: true or false?|could it be that {c}?|let me know if {c}.|find out whether {c}.
my guess is that {c}.|confirm that {c}.|yes or no: {c}?|am I right that {c}?|I wonder if {c}.|do you think {c}?
would you say that {c}?|{c}, no?|{c}, or am I wrong?|{c}, isn't that so?|correct me if I am wrong: {c}.|{c}?
my wife says that {c}.|I am told that {c}.|it seems to me that {c}.|is it possible that {c}?|are you sure that {c}?
does your memory say that {c}?|I would like to know whether {c}.|can you tell if {c}?|would it be right that {c}?
do you agree that {c}?|suppose I asked you if {c}.|I need to know if {c}.|is it a fact that {c}?|{c}, yes?
{c}, if I remember rightly.|{c}, do you remember?|{c}, as far as you know?|did I dream it, or is it so that {c}?
how about it: {c}?|I could swear that {c}.|it may be that {c}.|it is said that {c}, is it so?|verify that {c}.""")
COMMANDS = words.phrases("""Search your memory for {topic}.|Look for {topic} in what I told you.|Check for {topic}.
See whether you find {topic}.|Think of {topic}: anything?|Tell me if you have {topic}.|Look up {topic}, please.
Go through our talks and look for {topic}.|Have a look whether {topic} is there.|Try to find {topic}.
Answer yes or no: {topic}.|Just say yes or no about {topic}.|Check our talks for {topic}.|Think back to {topic}.
Find me {topic} in our past talks.|Now {topic}.|Next: {topic}.|And {topic}?|{topic} too?|Also {topic}?
Maybe {topic}?|What of {topic}, yes or no?|Tell me about {topic} only if we spoke of it, yes or no.""")
FIRST = words.phrases("""{topic}. {q}|{topic}: {q}|{topic}, {q}|you know {topic}? {q}|there is {topic}. {q}
concerning {topic}: {q}|now to {topic}. {q}|I am thinking of {topic}. {q}|take {topic}: {q}|this {topic}, {q}
I just saw {topic}. {q}|{topic} again: {q}|speaking of {topic}, {q}|it is {topic} this time. {q}
my sister has {topic}. {q}|when it comes to {topic}, {q}|with respect to {topic}, {q}""")
SHORT = words.phrases("""did we talk about it?|did that come up?|have we been over that?|is there anything?
did I mention it?|do you know it?|do you remember?|was that a subject?|have you heard of it?|anything?
was it discussed?|have I told you?|is it familiar?|yes or no?|did I tell you?|have we met it before?
was it ever mentioned?|can you recall that?|does that say anything to you?|was there a talk?|is it known?
did we have that?|have we covered it?|did I ask you about it?|did I bring it up?|was that one of ours?""")
NOUNS = words.phrases("""any mention of {topic}|a trace of {topic}|some talk of {topic}|a word on {topic}
a conversation on {topic}|something on {topic}|a question of mine on {topic}|a message about {topic}
anything to do with {topic}|an account of {topic}|a story of mine about {topic}|a single line on {topic}""")
THERE = words.phrases("""Is there {n}?|Was there {n}?|Has there been {n}?|Did you get {n}?|Do you keep {n}?
Do you see {n}?|Have you got {n}?|Do you hold {n} from me?|Can you find {n}?|Do you have {n}?|Did you receive {n}?
Did I give you {n}?|Did I send you {n}?|Do you recall {n}?|Would you find {n}?|Are you keeping {n}?
Did we have {n}?|Do you come across {n}?|Will you find {n} in our chats?""")
HAPPEN = words.phrases("""come up|show up|turn up|pop up|appear|occur|feature|surface|arise|get a mention
play a part|play a role|matter|concern us|interest me|interest us|keep us busy|occupy me|bother me|worry me|reach you
make it into our talks|find its way to you|slip into what I said|stand in your memory|belong to what we said
form part of it|enter our talks|count among our subjects|sound like something of mine|say something to you
tell you anything|remind you of anything|mean something to you|go through my messages|follow from what I said
seem familiar|look familiar|sit anywhere in your memory|lie behind us|run through our chats|fall into our talks""")
HAPPENED_TO = words.phrases("""come up|shown up|turned up|popped up|appeared|occurred|featured
surfaced|arisen|got a mention|played a part|mattered|kept us busy|occupied me|bothered me|worried me|reached you
made it into our talks|found its way to you|slipped into what I said|entered our talks|crossed our path
gone through my messages|stood in a message of mine|been on the table|been a thing between us|been part of it
been on my list|been in my way|been gone into|been written about|been put to you|been laid before you|been explained
been complained about|been shared with you|been asked about|been noted|been kept|been settled between us""")
STATES = words.phrases("""new to you|old news|in your keeping|in your memory|among them|one of ours|on record|part of it
something of mine|what I came with|what we spoke of|what it was about|where we began|known from before|in there
a worry of mine|a question of mine|a thing between us|on the table|a word you heard|familiar|on your list
something from our talks|among what I told you|mine, as you know|behind us|in one of our chats""")
WHERE = words.phrases("""with me|with you|between us|in our chats|in what I told you|in what I shared|anywhere|somewhere
through me|from my side|in a message|as a subject|one day|once|of late|lately|yet|again|by name|in passing
at length|more than once|up to now|so far|back then|earlier on|before this|when I wrote|during our talks""")
AFTER = words.listed("""lately recently again yet too already anywhere once before specifically especially exactly
itself alone then there somehow somewhere often much briefly perhaps maybe today""")
BEFORE = words.phrases("""the matter of|the matter with|the business with|the business of|the thing with|the thing about
the story of|the story with|the question of|the issue of|the issue with|the subject of|the topic of
the whole thing about|my trouble with|my worry about|our talk of|the news about|the part about|the case of""")
SALAD = words.listed("""did do does have has was were is are we I you me my our us it that this there so ever any
anything something about of on with from to in at for and or if talk talked word said say tell told mention
mentioned know known remember recall memory conversation chat subject topic matter once before between""")


def _start(text: str) -> str:
    return text if text.startswith("{") else text[0].upper() + text[1:]


def _claim(rng: random.Random) -> str:
    roll = rng.random()
    ever = rng.choice(("", "", "", "once ", "already ", "also ", "indeed "))
    if roll < 0.35:
        return f"I {ever}{rng.choice(TOLD)} {{topic}}"
    if roll < 0.65:
        return f"{rng.choice(('we', 'we', 'you and I', 'both of us'))} {ever}{rng.choice(DISCUSSED)} {{topic}}"
    return rng.choice(HAPPENED)


def _salad(rng: random.Random) -> str:
    drawn = [rng.choice(SALAD if rng.random() < 0.75 else words.NOISE + words.VERBS) for _ in range(rng.randint(2, 9))]
    drawn.insert(rng.randint(0, len(drawn)), "{topic}")
    return " ".join(drawn) + rng.choice("??.")


def _middle(rng: random.Random) -> str:
    """The topic in the middle: where it ends, the sentence alone says ("Did the tap feature in what I said?")."""
    roll = rng.random()
    where = f" {rng.choice(WHERE)}" if rng.random() < 0.5 else ""
    if roll < 0.4:
        verb = rng.choice(("did", "did", "does", "would", "could", "might", "will"))
        return f"{verb} {{topic}} {rng.choice(HAPPEN)}{where}?"
    if roll < 0.75:
        ever = rng.choice(("", "", "ever ", "already "))
        return f"{rng.choice(('has', 'has', 'had'))} {{topic}} {ever}{rng.choice(HAPPENED_TO)}{where}?"
    ever = rng.choice(("", "ever ", "perhaps "))
    return f"{rng.choice(('is', 'was', 'was'))} {{topic}} {ever}{rng.choice(STATES)}{where}?"


def _bounded(rng: random.Random, text: str) -> str:
    """Now and then words right before or right after the topic, which are not of it."""
    roll = rng.random()
    if roll < 0.12:
        return text.replace("{topic}", f"{rng.choice(BEFORE)} {{topic}}")
    return text.replace("{topic}", f"{{topic}} {rng.choice(AFTER)}") if roll < 0.24 else text


def _one(rng: random.Random) -> str:
    roll = rng.random()
    if rng.random() < 0.3:
        return _middle(rng)
    if roll < 0.4:
        return rng.choice(WRAPPERS).replace("{c}", _claim(rng))
    if roll < 0.55:
        return rng.choice(FIRST).replace("{q}", rng.choice(SHORT))
    if roll < 0.67:
        return rng.choice(COMMANDS)
    if roll < 0.83:
        return rng.choice(THERE).replace("{n}", rng.choice(NOUNS))
    if roll < 0.93:
        return _salad(rng)
    return f"{_claim(rng)}{rng.choice(('.', '?', '.', ', I say.', ', that is all I ask.'))}"


def closed(rng: random.Random) -> str:
    """A template with {topic} once, now and then with a clause before or after."""
    text = _bounded(rng, _one(rng))
    roll = rng.random()
    if roll < 0.12:
        text = f"{rng.choice(words.CLAUSES)}, {text}"
    elif roll < 0.24:
        text = f"{text[:-1]}, {rng.choice(words.CLAUSES)}{text[-1]}"
    return _start(text)
