"""Words: tokens, a light stemmer, and the closed and semi-closed classes of English that the phrase finder leans on.

The stemmer undoes plurals, possessives, -ing and -ed, the same way everywhere, so that "washers", "washer's" and
"washer" are one. It is no dictionary: it knows nothing of meaning, and prefers to join too much rather than too little,
because a negative must be safe. Other languages pass through it almost untouched.
"""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"\d+(?:[.,/:]\d+)+|[^\W_]+(?:['’][^\W_]+)*")
_VOWEL = re.compile(r"[aeiouyäöüåæøáéíóúàèìòùâêîôû]")
_IRREGULAR = {
    "knives": "knife", "wives": "wife", "lives": "life", "leaves": "leaf", "shelves": "shelf", "halves": "half",
    "loaves": "loaf", "scarves": "scarf", "mice": "mouse", "children": "child", "teeth": "tooth", "feet": "foot",
    "men": "man", "women": "woman", "geese": "goose", "bought": "buy", "paid": "pay", "sold": "sell", "sent": "send",
    "broken": "break", "broke": "break", "bitten": "bite", "bit": "bite", "gave": "give", "given": "give",
    "swam": "swim", "sang": "sing", "lent": "lend", "drank": "drink", "drove": "drive", "wrote": "write",
    "written": "write", "flew": "fly", "flown": "fly", "rode": "ride", "built": "build", "taught": "teach",
    "caught": "catch", "woke": "wake", "dying": "die", "lying": "lie", "tying": "tie", "used": "use",
    "using": "use", "agreed": "agree", "froze": "freeze", "frozen": "freeze", "grew": "grow", "slept": "sleep",
}  # fmt: skip
_UNCHANGED = frozenset(("bus", "gas", "lens", "news", "plus", "this", "yes", "always", "series", "species"))


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, with plain apostrophes; hyphens and underscores part words."""
    return [word.replace("’", "'") for word in _WORD.findall(text.casefold())]


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return the stem of one lower-case word, e.g. ``washers`` → ``washer``, ``baking``, ``baked`` → ``bak``."""
    word = word.replace("’", "'").split("'")[0] or word
    word = _IRREGULAR.get(word, word)
    if len(word) < 3 or not word.isalpha() or word in _UNCHANGED:
        return word
    word = _singular(word)
    for ending in ("ing", "ed"):
        rest = word[: -len(ending)]
        if word.endswith(ending) and not word.endswith("eed") and len(rest) >= 3 and _VOWEL.search(rest):
            word = rest
            break
    if word.endswith("e") and len(word) > 3:
        word = word[:-1]
    if len(word) > 2 and word[-1] == word[-2]:
        word = word[:-1]
    return word[:-1] + "i" if word.endswith("y") and len(word) > 2 and word[-2] not in "aeou" else word


def _singular(word: str) -> str:
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("sses", "ches", "shes", "xes", "zzes", "oes")) else word[:-1]


def stems(text: str) -> tuple[str, ...]:
    """Return the content stems of a text in order, each once; all its stems where it has function words only."""
    found = words(text)
    content = [word for word in found if word not in FUNCTION]
    return tuple(dict.fromkeys(stem(word) for word in content or found))


def key(phrase: str) -> str:
    """Return what makes two phrases the same: their stems, in order."""
    return " ".join(stems(phrase))


def wordset(text: str) -> frozenset[str]:
    """Return the words of a list written with spaces."""
    return frozenset(text.split())


DETERMINERS = wordset(
    """a an the my your his her its our their this that these those some any each every no another both either neither
        all which what whose several few many much more most less enough"""
)
PRONOUNS = wordset(
    """i you he she it we they me him us them who whom myself yourself himself herself itself ourselves themselves
        mine yours hers ours theirs someone somebody something anyone anybody anything everyone everybody everything
        nobody nothing none one ones there here i'm i've i'd i'll you're you've you'd you'll he's he'd he'll she's
        she'd she'll it's it'd it'll we're we've we'd we'll they're they've they'd they'll that's there's here's
        what's who's where's how's let's that'll else's im ive id dont cant wont didnt doesnt isnt thats whats"""
)
AUXILIARIES = wordset(
    """am is are was were be been being do does did done doing have has had having can could will would shall should
        may might must ought isn't aren't wasn't weren't don't doesn't didn't haven't hasn't hadn't can't couldn't
        won't wouldn't shan't shouldn't mightn't mustn't ain't cannot gonna wanna gotta going"""
)
PREPOSITIONS = wordset(
    """of in on at by for with from into onto about against between through during before after above below over under
        around behind beside besides beyond near off out up down along across among until till since without within
        toward towards upon inside outside via per like unlike despite than as past underneath throughout opposite
        except versus vs"""
)
CONJUNCTIONS = wordset(
    """and or but nor so yet if because although though while whereas when whenever where wherever whether unless how
        why to"""
)
ADVERBS = wordset(
    """not n't very too also just only even still already again ever never always often sometimes usually maybe
        perhaps quite rather almost nearly really then now soon later once twice thrice else instead away back
        together apart ahead altogether anyway however therefore hence thus otherwise meanwhile afterwards today
        tonight tomorrow yesterday somewhere anywhere everywhere nowhere indeed well far further furthermore moreover
        likewise right straight exactly okay ok yes yeah yep no nope hi hello hey thanks thank please sorry wow oh ah
        ha haha hm hmm ugh ouch oops bye dear cheers welcome congratulations sure certainly lol btw etc ie eg e.g i.e
        apparently actually basically especially particularly currently recently properly half abroad upstairs
        downstairs indoors outdoors overnight upside forward forwards backwards alone asleep awake least such same
        other others own next last first second third north south east west alright absolutely hooray yay pls plz
        aloud afar ago anymore anyhow plus whatever o'clock alive noon midday nonsense"""
)
CONTRACTED_NOT = wordset("not cannot dont cant wont didnt doesnt isnt")
NEGATIONS = CONTRACTED_NOT | wordset("no never nothing nobody none nowhere neither nor without")
"""Function words that turn a sentence round."""

FUNCTION = DETERMINERS | PRONOUNS | AUXILIARIES | PREPOSITIONS | CONJUNCTIONS | ADVERBS
"""Words that carry no topic. A phrase stops at them, and grounding ignores them."""

VERBS = frozenset(
    stem(verb)
    for verb in wordset("""be have do say said get got go went gone make made know knew known take took taken see saw
    seen come came think thought give find found tell told become became leave feel felt put bring brought begin began
    begun keep kept hold held write provide sit sat lose lost pay meet met include continue learn lead led understand
    understood create speak spoke spoken spend spent grow open walk win won teach offer remember consider appear buy
    serve die send expect build stay fall fell fallen cut reach kill remain suggest raise pass sell require decide
    pull explain hope develop carry break receive agree hit produce eat ate eaten cover catch draw drew drawn choose
    chose chosen cause need want try ask seem let help show shown turn start might play run ran like live believe
    happen stand stood add move set believe allow follow stop wait love hate lend borrow mention discuss talk wonder
    mean meant bother forget forgot forgotten prefer avoid enjoy worry hear heard listen fix mend repair fit throw
    threw thrown blow blew blown wear wore worn tear tore torn stick stuck sleep fight fought hide hid hidden hurt
    bite shake shook swear swore sweat wash cry lie lay laid rise arise shut dig dug left refuse ignore admit announce
    apologise apologize appreciate arrange arrive assume attach bake bet boil breathe brush bury calm cancel celebrate
    chase chat check cheer chew clean climb collapse collect combine compare complain confirm congratulate connect
    contain convince cook copy crack crash cross crumble dance deal dealt defend delete deliver depend deserve destroy
    discover dread dream dress drink drip drive drop drown earn encourage engrave ensure escape estimate examine exist
    expand explode express face fail fear feed fed fetch fill finish fly fold forgive freeze fry gain gather glue grab
    grate greet grind ground grumble guess handle hang hung harm identify imagine improve increase insist install
    introduce invite join joke jump kick kneel knit knock land laugh leak lean leap learnt lift light lit lock look
    manage mark matter measure melt mind miss mix name nod notice obey occur order owe own pack park peel perform
    persuade pick pinch plan plant pour pray prepare press pretend prevent print promise protect prove quit rain read
    realise realize recall recommend recover reduce relax rely remind remove rent replace reply rescue rest return
    ring rang rinse ruin rush save scare scream search separate settle share shave shine shout shrink sign sing skip
    slide slip smell smile soak solve sort sound spill spin split spoil spread squeeze stare stay steal stink stir
    strengthen stretch struggle succeed suffer suit suppose surprise swallow swap sweep swim switch taste test thank
    tie touch train translate trap travel treat trust type undo unpack update use used visit vote wake warn waste
    water weigh whisper wipe wish work wrap yell obviate supply judge involve determine generate analyse analyze
    define describe implement optimise optimize integrate propose proceed maintain achieve ensure evolve align
    finalise finalize execute craft enhance leverage rewrite act pretend compute calculate convert extract insert
    select merge fetch parse deploy configure debug refactor verify validate assign apply attempt compose adjust adapt
    swell redo retry rename reopen renew resist restore reveal sense shoot shrug spare sprinkle starve suck tend
    thicken tick tuck undercook unravel urge vanish vary wander weaken withdraw worsen yield cost float forbid expire
    upload match download blame gasp wobble squeal swell lean nag call react last respond represent operate drag
    conduct refine tailor elevate reclaim inject negotiate indicate guide evaluate monitor access synthesize seethe
    sew strike brood record compete impact email text demand equal stare""")
)
"""Stems of verbs, those that are also nouns included; the context decides (keyphrases.py)."""

NOUNS_TOO = frozenset(
    stem(noun)
    for noun in wordset("""walk offer cut reach pass pull hope cover catch draw cause play run start turn stop wait
    love move set help show change lock fix repair fit tear sleep fight bite shake wash lie dig bet brush chat check
    cheer climb copy crack crash cross dance deal dream dress drink drip drive drop escape face fear feed fill finish
    fly fold gain glue grind ground guess handle hang harm increase joke jump kick knit knock land laugh leak leap
    lift light look mark matter measure mind mix name notice order pack park peel pinch plan plant press print promise
    quote rain read reply rescue rest return ring ruin rush scare scream search share shine shout sign skip slide slip
    smell smile sort sound spill spin spread stare stink stir stretch struggle suit surprise swallow swap sweep swim
    switch taste test tie touch train trap travel treat trust type update use visit vote wake waste water whisper wish
    work wrap supply judge experience rent sense spare estimate exercise letter book paint call email text post list
    stay stand rise fall break build clean cook pick act attempt craft insert select merge extract bother worry wonder
    try stick save sit suck tick tuck urge yield hit kill talk lead show shoot cost upload match download guide access
    record impact demand email text monitor strike""")
)
"""Stems of verbs that are nouns at least as often after a determiner, an adjective or another noun."""

ING_NOUNS = wordset(
    """building wedding meeting painting clothing heating parking swimming knitting running training reading spelling
        wiring lighting plumbing gardening camping hiking baking packing housing ceiling evening morning feeling
        lining setting padding icing stuffing washing singing shopping drawing recording booking hearing opening
        saving savings earring earrings pudding string spring king ring wing thing things something sibling siblings
        duckling herring lightning clearing crossing viewing foraging cycling climbing sailing rowing sewing weaving
        banking marketing engineering manufacturing licensing fasting ironing cleaning dressing dumpling dumplings
        seedling seedlings awning beginning blessing ending fitting greeting landing outing rating ratings ruling
        warning offspring streaming branding pricing onboarding networking"""
)

EMPTY_ADJECTIVES = wordset(
    """good better best bad worse worst nice great new newer newest old older oldest big bigger biggest small smaller
        smallest little tiny huge large larger largest long longer short shorter proper lovely usual sure whole entire
        actual main important possible impossible necessary easy easier hard harder simple clear able ready happy glad
        sad angry afraid fine true false wrong different similar certain likely unlikely various extra available
        perfect wonderful beautiful awful terrible horrible funny odd strange weird interesting amazing fantastic
        excellent brilliant brave silly stupid annoying annoyed embarrassed worried tired busy late later early
        earlier quick slow ridiculous crazy mad gorgeous sensible fair fairly excited exciting stern furious cheap
        cheaper cheapest expensive high higher low lower near nearest close closer full empty safe enough specific
        general particular relevant related necessary useful helpful effective following previous current recent final
        initial additional exact precise solid complete correct okay typical common normal regular original single
        double multiple numerous minor major overall basic fresh plain serious poor honest naughty sacred legal sick
        free due keen kind-of desperate careful careless daft clever decent modest humble mere sheer lot lots upset
        ashamed confused gone done clear-cut tad bit bunch heartbroken viable robust comprehensive detailed actionable
        crucial essential critical key valuable potential appropriate suitable unique strong stronger weak absolute
        immediate"""
)
"""Adjectives that name nothing: a phrase begins after them."""

ADJECTIVES = wordset(
    """red green blue yellow orange purple pink brown grey gray black white golden silver ginger dark light bright
        pale warm cold hot cool dry wet damp soft thick thin wide narrow deep shallow flat round square sharp blunt
        heavy loud quiet rough smooth sticky sour sweet bitter salty spicy raw wild tame sore stiff loose tight broken
        frozen second-hand secondhand wooden woollen electric electronic digital manual automatic medical dental
        mental physical social local national international foreign british english scottish welsh irish french german
        spanish italian portuguese swedish danish norwegian dutch russian chinese japanese american european african
        asian vegetarian vegan fizzy rusty dirty muddy dusty mouldy noisy quiet rude friendly young elderly male
        female pregnant blind deaf upper lower inner outer middle front rear public private personal financial
        technical real commercial strategic annual monthly weekly daily hourly nightly seasonal temporary permanent
        formal informal original modern ancient classical rural urban domestic online offline remote spare stray
        haunted thermal herbal nasal floral coastal moral vocal royal rental natural artificial chemical organic
        hollow crisp greasy creamy crunchy juicy fluffy fuzzy furry hairy curly sunny cloudy rainy windy snowy foggy
        icy stormy illegible gaudy chewy ripe rotten stale solar lunar nuclear rational emotional professional
        historical political religious cultural educational intermittent smart mobile dusk acute chronic sterile
        brittle elastic rubbery watery leaky squeaky wobbly bumpy dizzy hungry thirsty itchy puffy hoarse lazy shy
        proud jealous lonely clumsy polite stubborn patient-facing asymptomatic reproachful arbitrary pitted dedicated
        generic dynamic static flexible scalable explicit implicit advanced flaky oily soggy clingy tall unread
        ready-made random bent healthy massive cutting-edge epic hindu conversational talented engaging experienced
        primary secondary intermediate"""
)
"""Adjectives that may belong to a name ("green bicycle"), but are none alone."""

GENERIC = frozenset(
    stem(noun)
    for noun in wordset("""time day week month year hour minute second moment morning afternoon evening night today
    weekend monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december spring summer autumn winter date hand thing stuff way kind sort type part
    piece bit lot number amount side end top bottom middle start beginning place point case fact matter reason idea
    question answer problem issue solution option choice example people person man woman guy girl boy someone friend
    life world word sentence name list item detail information info help advice suggestion tip thought mind opinion
    sense feeling chance difference rest result effect change need use line step level size length height width weight
    colour color shape form state situation condition plan sound look thank worry hope luck favour joke mistake
    trouble fault attempt try turn round pair couple group set couple dozen hundred thousand million percent bag box
    head eye face back foot hour mile metre meter inch pound quid gram kilo litre liter degree euro dollar pence penny
    everything nothing anything something somebody anybody course sake rule order purpose content text message chat
    conversation note copy version row column section page table title topic subject data file guess deal term word
    paragraph response request prompt input output approach process feedback work job task goal home house room street
    city town country thousand half quarter third total average figure maximum minimum mention god goodness hell
    heaven gosh darling mate dude lord lol stage system structure area concept context aspect focus overview summary
    format criteria requirement understanding perspective excuse habit limit bound use way while brain heart soul
    nobody minute sec today love reply yes plus noon""")
)
"""Stems of nouns that alone name no conversation; inside a longer phrase they do ("tax year")."""

UNITS = wordset(
    """g kg mg km m cm mm ml l lb lbs oz inch inches foot feet mile miles metre metres meter meters litre litres gram
        grams kilo kilos pound pounds quid euro euros dollar dollars pence percent degrees degree minutes minute hours
        hour seconds days day weeks week months month years year am pm p times mph gb mb tb kb bar volts volt watts
        watt amps calories rows bpm ghz mhz"""
)
TITLES = wordset("mr mrs ms miss dr prof professor sir lady aunt uncle auntie grandma grandpa saint st")
NUMBERS = wordset(
    """two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
        nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million dozen"""
)

NOT_ADJECTIVES = frozenset(
    stem(noun)
    for noun in wordset("""drive detective olive archive hive motive native table cable vegetable fable stable
    syllable timetable fish dish radish polish finish publish rubbish parish british english spanish danish swedish
    library diary salary boundary dictionary glossary secretary january february anniversary summary documentary
    itinerary obituary parent student agent accident client content event moment cement patient president element
    document department apartment tent rent cent appointment treatment payment management government environment
    agreement investment equipment argument ointment replacement basement assessment development requirement statement
    judgement judgment experiment movement improvement announcement achievement engagement entertainment tournament
    monument instrument comment segment fragment pigment ant plant giant restaurant assistant consultant accountant
    merchant elephant tenant croissant pendant participant applicant attendant infant restaurant descendant ingredient
    incident talent scent detergent current supplement measurement pavement parchment garment settlement retirement
    placement shipment component soldier barrier carrier courier terrier supplier frontier pier glacier supplies
    initiative perspective alternative adjective objective incentive executive representative fugitive relative
    cardinal periodical medical critical dishes compliment complement enchantment apartment attachment deployment
    alignment endpoint adjustment enrichment employment""")
)
NOT_ADVERBS = wordset(
    """family assembly reply supply jelly belly bully fly lily italy july rally ally butterfly holly anomaly folly
        trolley barley valley parsley sally billy kelly emily molly polly lolly homily gully"""
)
NOT_PARTICIPLES = wordset("bed shed seed weed hundred sled reed breed speed feed watershed bobsled naked moped biped")
"""Exceptions to the endings -ful, -ish, -ent …, -ly and -ed."""
