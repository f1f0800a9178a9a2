"""Everyday English words by field, from which the generator builds its made-up world. Written for this model."""

from __future__ import annotations


def listed(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


def phrases(text: str) -> list[str]:
    """The phrases of a text: one a line, or several with bars between them."""
    return text.replace("\n", "|").split("|")


HOME = listed("""kettle sofa carpet curtain lamp mirror pillow blanket wardrobe drawer cupboard shelf bookcase
radiator boiler fridge freezer oven dishwasher toaster blender hob sink tap bath shower towel doormat doorbell key
lock window sill chimney fireplace attic cellar garage shed fence gate hedge lawn patio roof gutter drain pipe
socket plug fuse bulb switch thermostat vacuum broom mop bucket sponge iron hanger laundry detergent candle vase
clock armchair stool bench table desk mattress duvet cot crib wallpaper paint tile plaster varnish ladder hammer
screwdriver wrench saw drill nail screw bolt hinge rope tape glue toolbox bin compost rug cushion staircase
banister balcony porch corridor basement lodger landlord rent lease mortgage deposit tenant neighbour""")
FOOD = listed("""bread butter cheese yoghurt milk cream egg bacon sausage chicken beef lamb pork turkey salmon
tuna cod prawn crab rice pasta noodle potato carrot onion garlic leek celery spinach kale cabbage broccoli
cauliflower pepper tomato cucumber lettuce aubergine courgette pumpkin squash mushroom bean lentil chickpea pea
corn avocado apple pear peach apricot cherry strawberry raspberry blueberry blackberry grape melon mango banana
orange lime grapefruit fig date raisin almond walnut hazelnut pistachio peanut honey jam marmalade syrup sugar
flour yeast salt vinegar mustard ketchup mayonnaise soy ginger cinnamon nutmeg basil parsley thyme rosemary mint
coriander cumin paprika curry soup stew salad sandwich pie tart cake biscuit muffin pancake waffle pudding custard
chocolate toffee caramel coffee tea juice cider beer wine whisky smoothie omelette risotto lasagne pizza dumpling
sushi taco burrito casserole gravy dressing recipe breakfast lunch dinner supper picnic barbecue restaurant menu
leftovers""")
HEALTH = listed("""headache migraine cough cold fever flu allergy rash asthma backache toothache earache bruise
sprain fracture burn blister scar wound stitches vaccine injection tablet pill ointment inhaler bandage plaster
crutch cast dentist doctor nurse surgeon pharmacist therapist optician clinic hospital ward appointment
prescription scan blood pressure cholesterol diabetes insulin vitamin iron diet weight posture shoulder elbow
wrist hip ankle heel toe thumb neck jaw eyelid skin lung liver kidney stomach sleep insomnia snoring stress
anxiety meditation yoga pilates stretching jogging marathon treadmill gym swimming""")
WORK = listed("""meeting agenda report deadline budget invoice contract salary bonus promotion interview resume
colleague manager client customer supplier office warehouse factory workshop conference presentation slide
spreadsheet memo email inbox calendar shift overtime holiday pension training certificate internship apprentice
project proposal strategy survey audit tax receipt expense refund loan payment account bank insurance claim permit
licence form letter stamp parcel envelope printer scanner stapler folder badge uniform helmet forklift pallet
shipment stock catalogue brochure newsletter logo campaign auction grant tender union strike meeting-room""")
CODE = listed("""script function variable loop array database query index table column schema server router
firewall password backup laptop keyboard mouse monitor webcam headset charger cable adapter battery tablet phone
app website domain browser cookie spreadsheet-formula compiler parser debugger test commit branch merge repository
package library module class object thread queue cache log error crash bug patch release update plugin template
form button menu sensor robot drone camera microphone speaker podcast playlist encryption token certificate
timeout deadlock regex notebook dashboard chart dataset model""")
TRAVEL = listed("""flight train bus tram ferry taxi car van bicycle scooter motorbike caravan tent rucksack
suitcase passport visa ticket timetable platform station airport harbour hotel hostel campsite cottage villa cabin
map compass guidebook museum gallery castle cathedral temple market beach island mountain valley desert canyon
waterfall volcano glacier lake river bridge tunnel border customs luggage souvenir postcard cruise safari
pilgrimage hike trail summit lighthouse vineyard orchard farm village town city capital motorway roundabout detour
petrol tyre engine clutch windscreen headlight puncture toll parking""")
NATURE = listed("""oak birch willow maple pine cedar ivy fern moss rose tulip daffodil lily orchid sunflower
lavender violet daisy cactus bamboo mushroom-patch seedling bulb-bed greenhouse raised-bed pond fountain bird
sparrow robin owl eagle hawk swan duck goose pigeon crow parrot budgie hen rooster rabbit hamster guinea-pig
hedgehog squirrel badger deer wolf bear otter beaver seal whale dolphin shark turtle frog toad newt snake lizard
snail worm bee wasp butterfly moth ant spider beetle ladybird dog puppy kitten horse pony donkey goat sheep cow
pig storm thunder lightning hail frost fog drought flood tide eclipse comet meteor rainbow sunset sunrise""")
HOBBY = listed("""guitar piano violin cello flute trumpet drum harmonica banjo choir orchestra concert opera
ballet theatre musical film documentary novel poem biography comic magazine crossword jigsaw puzzle chess draughts
dominoes card-game board-game dice painting watercolour sketch sculpture pottery clay origami calligraphy
photography album frame knitting crochet embroidery sewing quilt loom yarn scarf jumper mitten sock hat glove coat
jacket boot sandal dress skirt shirt tie ring necklace bracelet watch football rugby cricket tennis badminton
hockey golf cycling rowing sailing kayak canoe surfing diving skating skiing snowboard climbing archery fencing
boxing judo karate dance salsa tango waltz telescope microscope stamp-collection coin kite model-train fishing
gardening beekeeping baking brewing""")
FAMILY = listed("""wedding anniversary birthday christening funeral engagement honeymoon graduation reunion party
gift present card speech invitation guest mother father brother sister uncle aunt cousin nephew niece grandmother
grandfather stepson godmother baby toddler teenager twin nanny babysitter school nursery homework exam teacher
classroom uniform lunchbox playground toy doll teddy cradle pram scooter-ride bedtime story lullaby allowance
curfew argument apology promise secret friendship roommate flatmate neighbour boyfriend girlfriend husband wife
fiance divorce custody adoption will inheritance heirloom diary""")
CIVIC = listed("""library council election petition vote charity shelter volunteer church mosque synagogue parish
festival parade fireworks carnival fair lecture seminar course scholarship university college diploma thesis essay
dictionary grammar alphabet accent dialect translation museum-pass theatre-ticket season-ticket fine ticket-office
lawyer judge court jury witness police burglar alarm camera-system passport-photo census pension-plan solar-panel
heat-pump windmill recycling landfill""")

FIELDS: dict[str, list[str]] = {
    name: [word.replace("-", " ") for word in dict.fromkeys(words)]
    for name, words in {
        "home": HOME,
        "food": FOOD,
        "health": HEALTH,
        "work": WORK,
        "code": CODE,
        "travel": TRAVEL,
        "nature": NATURE,
        "hobby": HOBBY,
        "family": FAMILY,
        "civic": CIVIC,
    }.items()
}
NOUNS: list[str] = list(dict.fromkeys(word for words in FIELDS.values() for word in words))

COLOURS = listed(
    "red blue yellow black white brown grey pink purple silver golden orange turquoise beige cream scarlet"
)
ADJECTIVES = COLOURS + listed("""old new small large tiny huge heavy light broken cracked noisy quiet cheap
expensive second-hand wooden metal plastic glass leather cotton woollen paper stone brass copper steel ceramic
electric manual digital antique modern soft hard smooth rough sharp blunt wet dry dusty muddy clean dirty hot cold
warm frozen fresh stale sweet sour bitter spicy salty round square narrow wide long short tall deep shallow empty
full loose tight missing spare lost stolen borrowed rented secret local foreign Italian French Spanish Greek
Turkish Indian Chinese Japanese Korean Mexican Polish Danish Dutch Irish Welsh Finnish weekly monthly yearly
annual urgent early late final first second third next last strange funny sad happy lonely lucky gentle angry
nervous tired sick healthy strong weak slow fast lazy busy famous simple complex perfect terrible wonderful faulty
leaking rusty faded striped spotted foldable portable wireless organic homemade vegan northern southern eastern
western""")
MODIFIERS = listed("""kitchen garden bathroom bedroom office school holiday winter summer spring autumn morning
evening weekend birthday wedding family company travel beach mountain river city village hospital market street
garage attic cellar window door floor wall roof car bike train plane boat music film book food coffee tea bread
fish meat fruit apple cherry almond chocolate vanilla tomato potato mushroom chicken salmon dog cat horse bird
baby child team project computer phone internet email photo paper glass wood metal stone silver gold cotton wool
leather health tax bank insurance rent language history science art sports football tennis chess yoga dance""")
VERBS = listed("""painting repairing cleaning buying selling moving building planting cooking baking washing
fixing replacing ordering returning renting borrowing packing storing hanging measuring cutting sewing drawing
recording translating learning teaching studying writing reading editing printing sending wrapping carrying
driving parking charging installing testing planning booking cancelling renewing organising sorting hiding finding
losing choosing naming feeding training walking visiting photographing sketching polishing sanding varnishing
insulating watering pruning harvesting freezing roasting grilling""")
FIRST = listed("""Anna Ben Clara David Emma Felix Grace Henry Irene Jack Kate Leo Maria Noah Olivia Peter Rosa Sam
Tara Victor Wendy Yusuf Zoe Amir Bella Carlos Diana Erik Fatima George Hana Ivan Julia Karim Laura Marco Nina
Oscar Paula Rafael Sofia Theo Uma Vera Walter Xenia Yara Adele Boris Chloe Dmitri Esther Frank Gloria Hugo Isla
Jonas Kofi Lena Mateo Nadia Owen Petra Quentin Ruth Stefan Tessa Ursula Viola Wanda Yvonne Aisha Bruno Celine
Darius""")
LAST = listed("""Adams Baker Carter Dixon Evans Foster Graham Harris Ingram Johnson Keller Lopez Morgan Nelson
Olsen Parker Quinn Reed Stone Turner Underwood Vance Walker Young Ziegler Novak Rossi Silva Meyer Dubois Larsen
Kowalski Petrov Tanaka Kim Chen Singh Khan Haddad Okoro Mensah Moreau Fischer Weber Costa Romero Castillo""")
PLACES = listed("""Paris Rome Madrid Berlin Vienna Prague Athens Oslo Dublin Cardiff Leeds York Oxford Chester
Boston Chicago Denver Seattle Austin Toronto Montreal Sydney Perth Auckland Tokyo Kyoto Seoul Delhi Mumbai Cairo
Nairobi Lagos Lima Quito Havana Geneva Zurich Milan Naples Venice Porto Seville Lyon Nice Ghent Bruges Hamburg
Munich Cologne Warsaw Riga Tallinn Helsinki Bergen Reykjavik Galway Cork Belfast Norwich Plymouth Derby Durham""")
PLACE_KINDS = [
    "Street",
    "Road",
    "Avenue",
    "Square",
    "Lane",
    "Park",
    "Hill",
    "Bridge",
    "Castle",
    "Museum",
    "Hotel",
    "Market",
]
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
SYLLABLES = listed("""ba be bi bo bra da de dor dra el fa fen fi ga gel gor hal hin jo ka kel kir la len lo lu ma
mel mi mor na nel no ol pa pel por qua ra ren ri ro sa sel shi sto ta tel ti tor tu ul va vel vi wen xa yor za zel
zi""")
ENDINGS = listed("n r l s t x m nd rk sh th ck ll ng by ton ford wick dale via ria nia let kin ster")
NOISE = listed("""really actually maybe perhaps again today yesterday please well just quickly honestly also
anyway somehow there then now still even quite rather simply surely probably basically clearly finally suddenly
often usually always never sometimes later earlier outside inside upstairs together alone twice exactly almost
nearly hopefully sadly luckily good nice fine okay right sorry thanks hello dear friend buddy thing stuff
something anything whatever somewhere somebody time day week month year moment while since because although though
unless until before after during between under above behind near with without from into onto upon through across
along around against toward within""")
CLAUSES = phrases("""if I am not mistaken|as far as you know|when you think of it|I am not sure|just to check
before I forget|while we are here|my friend wants to know|out of interest|I keep forgetting things
now that I think of it|to be honest|for my list|you know|I mean|to the best of your memory|the way I see it
it matters to me|no rush|in your view|be honest|I would like to know|this may sound odd|since we met|at the time
in the evening|over the phone|on the way home|at work|for the record|all in all|after all|more or less
one way or another|at some stage|on a rainy day|with a cup of tea|I was thinking about it this morning
my sister asked me|it has been a long week|let me think|hold on|by the way""")
