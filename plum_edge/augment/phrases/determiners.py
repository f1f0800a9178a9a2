"""How a question names a topic: bare, or with "the", "my", "that", "a" before it, where that is English.

People ask about "a loose shelf" as often as about "the tap". What an adapter never reads it answers by guessing: taught
without "a", it affirmed one in six of such topics that were never discussed, and one in fifty of those with "the"
(docs/experiments/2026-11-30-everyday-topics.md). Knows nothing of questions and of what was discussed.
"""

from __future__ import annotations

from plum_edge.augment.phrases.words import wordset

_UNCOUNTED = wordset(
    """advice airmail anger archery art backgammon bacon bail banking baptism beef bleach blood bread brightness broth
    bullying burnout butter caramel cash cement chocolate clay clearance clenching clothing clutter coal coleslaw
    confetti content cooking copyright corn cotton cream crime crowdfunding custody dairy damage dandruff data
    debris decaf dirt dough dust education electricity electronics equipment evensong evidence evolution fabric
    faith feedback fiction firewood flooring flour food footage freight fuel fun fur furniture garlic gas gear
    ginger glazing glitter gluten gold grammar grass gravel gravity gravy grief grit grout guacamole guilt hail
    hair ham handwriting happiness hardware hay health heat help homesickness homework honey housework hummus
    humour hygiene ice information ink insulation insurance jam jazz jewellery judo junk justice kindness
    knowledge kombucha lactose lasagne laughter laundry lavender leather leisure lemonade lime limescale linen
    litter loneliness luck luggage machinery mahjong mail maintenance marmalade mascara meat media milk money
    mould mud music mustard news noise nonsense nylon oatmeal oil orienteering overtime oxygen paella paint
    parkrun pasta patience pay peace perfume petrol photosynthesis plastic poetry pollen pork porridge pottery
    poultry praise procrastination produce progress pronunciation proof protection protein publicity putty rain
    ramen recursion relief research respect rest revenge rice rot rubber rubbish rust safety salt sand sandpaper
    sarcasm satin sealant seasickness shampoo sharding shyness silence silk silver sleep sleet smoke snow soap
    software soil sorrow spaghetti spam spinach starch steam steel stress stuff sugar sunburn sunlight sunshine
    support sweat tea tennis thunder timber toast tofu traffic transport trash travel truth underwear upholstery
    usage varnish vinegar violence vocabulary voltage wallpaper warmth waste water wax wealth weather weight wheat
    width wildlife wine wisdom wood wool work yarn yeast yoga yoghurt yogurt youth"""
)
"""Nouns that take no "a" where they stand alone or last. What is not here, and is no plural, is taken for countable."""
_COUNTED = wordset(
    """building carving ceiling crossing cutting drawing earring evening feeling filling greeting hearing king landing
    lining meeting morning opening outing painting piercing rating reading recording ring saying setting shilling
    sibling spring string swing thing warning wedding wing"""
)
"""Of the words in -ing, those that are a thing and no doing."""
_QUALITIES = ("ness", "ism")
_SOUNDS_LIKE_YOU = ("uni", "use", "usu", "eu", "ufo", "one", "once")
_SOUNDS_LIKE_OUR = ("hour", "heir", "honest", "honour")


def determined(topic: str, choice: int, *, proper: bool = False) -> str:
    """Return the topic as a question names it; ``choice``, a drawn number, picks among the ways that are English."""
    first, last = topic.split()[0], topic.split()[-1]
    if first[0].isupper() and (proper or _possessive(first)):
        options: tuple[str, ...] = ("",)
    elif first[0].isdigit() or not first.isascii():  # a quantity, or a foreign word: seldom "my"
        options = ("the ", "")
    elif _possessive(first):
        options = ("my ", "the ")
    elif last.endswith("s") and not last.endswith(("ss", "us", "is")):
        options = ("the ", "my ", "", "the ")
    elif _countable(last):
        options = ("the ", "my ", "that ", "the ", indefinite(first))
    else:
        options = ("the ", "my ", "that ", "the ", "")
    return options[choice % len(options)] + topic


def indefinite(word: str) -> str:
    """Return "a " or "an ", as stands before this word: by how it sounds, as far as its letters tell."""
    sound = word.casefold()
    vowel = sound.startswith(_SOUNDS_LIKE_OUR) or (sound[0] in "aeiou" and not sound.startswith(_SOUNDS_LIKE_YOU))
    return "an " if vowel else "a "


def _countable(noun: str) -> bool:
    """Whether a singular noun takes "a"."""
    if noun in _UNCOUNTED or noun.endswith(_QUALITIES):
        return False
    return not noun.endswith("ing") or noun in _COUNTED


def _possessive(word: str) -> bool:
    return word.endswith(("'s", "s'"))
