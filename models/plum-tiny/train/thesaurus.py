"""Writes plum_edge/augment/phrases/synonyms.tsv: other names of common words, out of WordNet 3.0. **Run by hand.**

PLUM_EDGE_DATA=<data> python models/plum-tiny/train/thesaurus.py <folder with data.noun, index.noun, cntlist.rev, ...>

(Debian has the files in the package wordnet-base.) A row holds a word, its part of speech, its synonyms, what kind of
thing it is, and a few words of its definition; of each word the sense or two that people mean most often, and of the
names those that are near it (`near.py`). It writes the product's table alone: this base keeps the one that it was
trained with (`frozen/synonyms.tsv`).
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import corpora
import natural
import near
import paths
import words
from frozen.words import stem

LARGEST = 6000
FILES = {"n": ("noun", "1"), "v": ("verb", "2"), "a": ("adj", "3")}
CONCRETE = frozenset(("05", "06", "08", "13", "15", "17", "18", "20", "27"))
"""WordNet's files of animals, artifacts, body, food, places, objects, people, plants and substances."""
GENERAL = frozenset(
    words.listed("""entity thing object whole unit artifact artefact instrumentality matter substance abstraction group
grouping attribute state condition quality property event act action activity process relation being organism person
individual someone somebody mortal soul cause measure quantity amount part portion piece way collection structure
construction change move make get have do be act move cover use work put give take device creation content section
communication message psychological location point region area shape form feature cognition knowledge happening
occurrence occurrent beginning end instance example case possession product production material equipment article
commodity good ware being causal agent container implement travel go transfer remove interact treat touch connect
alter modify keep hold need want think judge say express state tell inform indicate show exist stay female male
adult worker leader unpleasant similar different body line surface side body position situation set act become
trait belief solid stimulus input negative concept idea thought sound signal sign""")
)
UNKIND = frozenset(
    words.listed("crap piss damn queer sex bang screw suicide hell murder killing ass shit fuck dick tart")
)
"""What nobody wants to be asked about in a word list's name, or is no kind name for anything."""
DULL = natural.STOP | frozenset(
    words.listed("""used usually especially having being made large small something someone various similar often
relating characterized containing consisting resembling certain several typically etc part kind type any other form
person people thing things act state quality causing cause make makes making provide provides giving given become
order general particular common called known specific also along among across within without inside outside between
whose one two three four group activity process object device act state way means result degree amount member members
intended designed serve serves serving concerned considered lacking marked sense capable etc""")
)
EXTRA = """tap=faucet sofa=couch,settee torch=flashlight flat=apartment lift=elevator bike=bicycle
bicycle=bike rubbish=garbage,trash pavement=sidewalk car=automobile lorry=truck truck=lorry petrol=gasoline,fuel
holiday=vacation vacation=holiday film=movie movie=film mobile=cellphone phone=telephone telly=television
television=telly biscuit=cookie cookie=biscuit sweets=candy jumper=sweater,pullover trousers=pants trainers=sneakers
cooker=stove,range oven=stove,cooker hob=stove,cooktop fridge=refrigerator cupboard=closet,cabinet wardrobe=closet
curtain=drape nappy=diaper pram=stroller dustbin=trashcan bin=trashcan aubergine=eggplant courgette=zucchini
coriander=cilantro prawn=shrimp autumn=fall football=soccer chemist=pharmacy pharmacist=chemist solicitor=lawyer
lawyer=attorney doctor=physician physician=doctor mum=mother,mom dad=father kid=child child=kid
baby=infant puppy=pup cat=feline kitten=kitty rabbit=bunny hen=chicken horse=steed pony=horse
spectacles=glasses glasses=spectacles,eyeglasses specs=glasses laptop=notebook computer=machine photo=picture,snapshot
picture=photo,image boss=manager,supervisor manager=boss colleague=coworker,workmate salary=pay,wages wage=salary
job=occupation,position present=gift gift=present parcel=package package=parcel mail=post letter=note
invoice=bill bill=invoice receipt=voucher loan=credit rent=lease
garden=yard yard=garden lawn=grass hedge=shrubs fence=barrier shed=hut cellar=basement basement=cellar attic=loft
loft=attic chimney=flue boiler=heater radiator=heater doormat=mat bathtub=tub bath=tub towel=cloth duvet=comforter
blanket=cover cot=crib pillow=cushion rug=carpet carpet=rug lamp=light bulb=light kettle=teakettle
soup=broth stew=casserole cake=gateau pie=tart jam=preserves,jelly sausage=banger lunch=meal dinner=supper
supper=dinner breakfast=meal recipe=formula wedding=marriage funeral=burial illness=sickness,disease flu=influenza
headache=migraine stomach=belly,tummy exam=test,examination test=exam homework=assignment
school=academy teacher=instructor,educator student=pupil pupil=student essay=composition thesis=dissertation
concert=gig gig=concert song=tune tune=melody violin=fiddle fiddle=violin novel=book book=volume story=tale poem=verse
journey=trip trip=journey,voyage flight=plane plane=aircraft,airplane airplane=plane hotel=inn inn=hotel
suitcase=luggage luggage=baggage rucksack=backpack backpack=rucksack coat=jacket hat=cap shoe=footwear boot=shoe
ring=band necklace=chain watch=timepiece clock=timepiece shop=store store=shop market=bazaar street=road road=street
repairing=fixing,mending buy=purchase purchase=buy repair=fix,mend fix=repair,mend clean=tidy wash=clean cook=prepare
begin=start start=begin finish=complete sell=vend hire=rent rent=hire fire=dismiss cheap=inexpensive
expensive=costly,pricey big=large large=big small=little,tiny tiny=small huge=enormous,giant old=ancient,aged
new=recent,fresh fast=quick quick=fast,rapid slow=sluggish noisy=loud quiet=silent angry=mad,furious happy=glad,cheerful
sad=unhappy broken=damaged damaged=broken cracked=split wet=damp damp=moist dirty=filthy clean=spotless ill=sick
sick=ill,unwell tired=weary,exhausted strange=odd,weird odd=strange funny=comical,amusing famous=celebrated
difficult=hard hard=difficult,tough easy=simple simple=easy leaking=dripping rusty=corroded
portable=mobile spare=extra final=last last=final urgent=pressing early=premature stolen=taken
wonderful=marvellous,great terrible=awful,dreadful beautiful=lovely,pretty yeast=leaven bread=loaf dough=batter
seagull=gull gull=seagull nurse=caregiver bug=error,fault error=mistake,fault mistake=error backup=copy
password=passcode website=site email=mail leak=drip crash=collision accident=crash party=celebration
birthday=anniversary festival=celebration garage=carport rain=shower storm=tempest snow=snowfall fog=mist forest=woods
wood=timber hill=slope mountain=peak lake=pond pond=pool beach=shore,seaside sea=ocean ocean=sea river=stream
stone=rock rock=stone money=cash cash=money thief=burglar burglar=thief,robber police=cops child=youngster
husband=spouse wife=spouse grandmother=granny,grandma grandfather=grandpa,granddad aunt=auntie friend=pal,buddy
mate=pal quarrel=argument,row argument=quarrel,row dispute=argument plan=scheme meeting=get-together
appointment=date vaccine=jab,shot injection=shot,jab tablet=pill pill=tablet medicine=medication,drug
plaster=band-aid wound=injury injury=wound bruise=contusion scar=mark fracture=break
marathon=race jog=run jogging=running hike=walk,trek trek=hike diet=regimen"""
"""What everyday British and American English call each other's things, and what WordNet lists under rare senses."""


@dataclass(frozen=True, slots=True)
class Synset:
    """A sense: its words, where it stands, and what it is a kind of."""

    file: str
    names: tuple[str, ...]
    parents: tuple[str, ...]
    gloss: str


def synsets(path: Path) -> dict[str, Synset]:
    """The senses of one part of speech by their offset."""
    found = {}
    for line in path.read_text(encoding="latin-1").splitlines():
        if line.startswith("  "):
            continue
        head, _, gloss = line.partition(" | ")
        parts = head.split(" ")
        count = int(parts[3], 16)
        names = tuple(re.sub(r"\(.*\)$", "", name) for name in parts[4 : 4 + 2 * count : 2])
        rest = parts[5 + 2 * count :]
        pointers = [rest[i : i + 4] for i in range(0, 4 * int(parts[4 + 2 * count]), 4)]
        parents = tuple(where for kind, where, *_ in pointers if kind in ("@", "@i", "&"))
        found[parts[0]] = Synset(parts[1], names, parents, gloss)
    return found


def lemma_counts() -> Counter[str]:
    """How often words stand in the texts, plurals and -ing forms counted for their base too."""
    counts: Counter[str] = Counter()
    for dialogue in corpora.load_all():
        for _, text in dialogue.turns:
            counts.update(re.findall(r"\b[a-z]{3,}\b", text))
    for text in corpora.load_wiki():
        counts.update(re.findall(r"\b[a-z]{3,}\b", text))
    for word, count in list(counts.items()):
        for ending, instead in (
            ("ies", "y"),
            ("es", ""),
            ("s", ""),
            ("ing", ""),
            ("ing", "e"),
            ("ed", ""),
            ("ed", "e"),
        ):
            base = word.removesuffix(ending) + instead
            if word.endswith(ending) and len(base) > 2 and counts.get(base):
                counts[base] += count
                break
    own = (
        words.NOUNS + words.ADJECTIVES + words.MODIFIERS + words.VERBS + [pair.split("=")[0] for pair in EXTRA.split()]
    )
    for word in own:
        counts[word.lower()] += 200
    return counts


class WordNet:
    """The database, and what of it is worth telling."""

    def __init__(self, folder: Path, counts: Counter[str]) -> None:
        self.counts = counts
        self.tagged: dict[tuple[str, str, int], int] = {}
        for line in (folder / "cntlist.rev").read_text(encoding="latin-1").splitlines():
            sense, number, tags = line.split(" ")
            name, _, rest = sense.partition("%")
            self.tagged[name, "3" if rest[0] == "5" else rest[0], int(number)] = int(tags)
        self.sets = {pos: synsets(folder / f"data.{name}") for pos, (name, _) in FILES.items()}
        self.index = {pos: self._index(folder / f"index.{name}") for pos, (name, _) in FILES.items()}

    @staticmethod
    def _index(path: Path) -> dict[str, list[str]]:
        rows = [line.split() for line in path.read_text(encoding="latin-1").splitlines() if not line.startswith("  ")]
        return {row[0]: row[-int(row[2]) :] for row in rows}

    def senses(self, word: str, pos: str, hint: list[str]) -> list[Synset]:
        """The one or two senses meant most often: the one that holds a hint first; things before acts otherwise."""
        ranked = []
        for number, offset in enumerate(self.index[pos].get(word, ()), 1):
            sense = self.sets[pos][offset]
            tags = self.tagged.get((word, FILES[pos][1], number), 0)
            weight = tags + 1 / number
            ranked.append(((weight + 1.5) * 3 if pos == "n" and sense.file in CONCRETE else weight, sense))
        ranked.sort(key=lambda item: -item[0])
        if not ranked:
            return []
        meant = [sense for _, sense in ranked if self._holds(sense, pos, hint)]
        return (
            (meant or [ranked[0][1]])[:1]
            if hint
            else [sense for weight, sense in ranked[:2] if weight >= 0.5 * ranked[0][0]]
        )

    def _holds(self, sense: Synset, pos: str, hint: list[str]) -> bool:
        parents = [self.sets[pos][offset] for offset in sense.parents if offset in self.sets[pos]]
        return any(name in near.names for near in (sense, *parents) for name in hint)

    def good(self, name: str, word: str, least: int) -> bool:
        """Whether a name is one that people use, and another than the word."""
        parts = name.split("_")
        if len(parts) > 2 or not all(part.isalpha() and part.islower() and len(part) > 2 for part in parts):
            return False
        if UNKIND & set(parts) or any(stem(part) == stem(word) for part in parts):
            return False
        return min(self.counts[part] for part in parts) >= least and name not in GENERAL

    def entry(self, word: str, pos: str, hint: list[str]) -> tuple[list[str], list[str], list[str]]:
        """Synonyms, kinds and words of the definition."""
        synonyms: list[str] = []
        kinds: list[str] = []
        told: list[str] = []
        for number, sense in enumerate(self.senses(word, pos, hint)):
            synonyms += [name for name in sense.names if self.good(name, word, 6)]
            parents = [self.sets[pos][offset] for offset in sense.parents if offset in self.sets[pos]]
            if pos == "a":
                synonyms += [name for p in parents[:2] for name in p.names[:1] if self.good(name, word, 20)]
                continue
            if number:
                continue  # the kind and the definition of the commonest sense alone
            above = [self.sets[pos][o] for p in parents for o in p.parents if o in self.sets[pos]]
            kinds += [
                name for p in [*parents, *(above if pos == "n" else [])] for name in p.names if self._kind(name, word)
            ]
            if pos == "n":
                definition = re.sub(r"\(.*?\)", " ", sense.gloss).split(";")[0].split('"')[0]
                told += [w for w in re.findall(r"[a-z]{3,}", definition) if self._tells(w, word)]
        synonyms = list(dict.fromkeys(name.replace("_", " ") for name in synonyms))[:5]
        kinds = [k for k in dict.fromkeys(name.replace("_", " ") for name in kinds) if k not in synonyms][:3]
        known = {stem(part) for name in (*synonyms, *kinds) for part in name.split()}
        return synonyms, kinds, [w for w in dict.fromkeys(told) if stem(w) not in known][:4]

    def _kind(self, name: str, word: str) -> bool:
        return self.good(name, word, 8) and not set(name.split("_")) & GENERAL

    def _tells(self, told: str, word: str) -> bool:
        noun = (
            told not in DULL
            and self.counts[told] >= 8
            and stem(told) != stem(word)
            and not told.endswith(("ing", "ed"))
        )
        return (
            noun and _first(self, told.removesuffix("s") if told.removesuffix("s") in self.index["n"] else told) == "n"
        )


def table(folder: Path) -> list[str]:
    """The rows, sorted."""
    counts = lemma_counts()
    net = WordNet(folder, counts)
    extra = dict(pair.split("=") for pair in EXTRA.split())
    rows: dict[tuple[str, str], str] = {}
    for word in sorted(counts, key=lambda w: (-counts[w], w)):
        if len(rows) >= LARGEST or counts[word] < 3:
            break
        if len(word) < 3 or word in natural.STOP or word in UNKIND:
            continue
        for pos in FILES:
            if word not in net.index[pos] or not _common(net, word, pos):
                continue
            first = pos == _first(net, word)
            more = [name.replace("-", " ") for name in extra.get(word, "").split(",") if name and first]
            synonyms, kinds, told = net.entry(word, pos, more)
            if more:
                synonyms = list(dict.fromkeys([*more, *synonyms]))[:6]
            if synonyms or kinds:
                rows[word, pos] = "\t".join((word, pos, "|".join(synonyms), "|".join(kinds), " ".join(told)))
    return [rows[key] for key in sorted(rows)]


def _uses(net: WordNet, word: str, pos: str) -> float:
    return sum(
        net.tagged.get((word, FILES[pos][1], number), 0) + 0.3
        for number, _ in enumerate(net.index[pos].get(word, ()), 1)
    )


def _first(net: WordNet, word: str) -> str:
    own = {"a": words.ADJECTIVES, "n": words.NOUNS}
    listed = [pos for pos, known in own.items() if word in known]
    return listed[0] if listed else max(FILES, key=lambda pos: _uses(net, word, pos))


def _common(net: WordNet, word: str, pos: str) -> bool:
    """Whether the word is used as this part of speech often enough to be taken for one."""
    total = sum(_uses(net, word, other) for other in FILES)
    return _uses(net, word, pos) >= 0.2 * total or pos == _first(net, word)


def main() -> None:
    """Writes the table into the package."""
    target = paths.ROOT / "plum_edge" / "augment" / "phrases" / "synonyms.tsv"
    rows = near.filtered(table(Path(sys.argv[1])))
    target.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
