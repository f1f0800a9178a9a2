"""What people write that only looks like a paste: lists, addresses, verses; all written by us."""

from __future__ import annotations

WRITTEN = (
    """20 g starter, 40 g water, 40 g strong white flour. Once a day before work.""",
    """For the dough:
500 g strong white flour
10 g salt
7 g dried yeast
320 ml warm water""",
    """1. Heat the oven to 230 degrees.
2. Slash the loaf.
3. Bake for 20 minutes, then turn down to 200.
4. Leave it to cool on a rack.""",
    """Shopping:
- milk
- two lemons
- 1.5 kg potatoes
- washing-up liquid""",
    """Ines Moreau
14 Harbour Street
Leith, Edinburgh EH6 5QT
Scotland""",
    """Whose woods these are I do not know;
the gate is shut, the path is slow,
and over all the frozen hill
the night comes down, and all is still.""",
    """O wind, O rain,
come back again;
the leeks are dry,
and so am I.""",
    """My day: 7:30 up, 8:15 train, 9:00 meeting with Priya, 12:30 lunch, 17:45 home.""",
    """Monday: legs
Tuesday: rest
Wednesday: swimming, 40 minutes
Thursday: legs again""",
    """Name: Ines
Age: 41
Town: Leith
Job: piano tuner""",
    """Dear Mr Gill,

thank you for the washers (3/8 inch). They fit, and the tap has stopped dripping.

Kind regards,
Ines""",
    """I paid £640 for the rent, £33.10 at the hardware shop and about £12 (maybe £13?) at the baker's.""",
    """The train leaves at 10:42 from platform 3 and gets in at 15:07; I change in York and in Newcastle.""",
    """My phone number is 0131 496 0123, and you can write to ines@example.org at any time.""",
    """Look at this: https://example.org/recipes/rye-bread?size=2 - does the second rise matter?""",
    """It says "Error 404" whenever I open the page. What does that mean?""",
    """When I start the car there is a warning: engine oil low. Should I worry?""",
    """The washing machine shows E18 and beeps three times. I've cleaned the filter; no luck.""",
    """Do you think I should learn Python or JavaScript first? I'd like to make a small page for the choir.""",
    """WHY is the landlord ALWAYS late?! I am SO tired of it!!!""",
    """lol :) ok, thx!! see you tmrw ;-)""",
    """Things I want from the flat: light, quiet, a balcony, no stairs, near the sea, under £900.""",
    """He said: "If you want the job, call me"; I didn't, and now I regret it.""",
    """If I have time, I'll paint the hall (grey/green?) and the door; if not, just the door.""",
    """for dinner: lentils
for tomorrow: soup
for Sunday: the lamb""",
    """to do:
call the dentist
book the ferry
feed Gunnar""",
    """Pros:
+ near work
+ cheap
Cons:
- loud
- no bath""",
    """My ratings so far (out of 10): Leith 8, Portobello 7, Newington 6, Gorgie 4.""",
    """We measured the room: 3.40 m x 4.15 m, ceiling 2.60 m, window 1.20 x 1.40.""",
    """Ingredients
flour, 500 g
butter, 250 g
sugar, 125 g
one egg""",
    """Ich möchte meiner Schwester zum Geburtstag eine Decke stricken, am liebsten in Grün und Grau.""",
    """Blood results: iron 42 (low), B12 310, vitamin D 28. The doctor says to eat more lentils.""",
    """Chorus:
Oh, the tap goes drip, drip, drip,
and the cat has hurt her hip,
and the baker's gone to sea.""",
    """Return the drill to Tom, print the tickets, and raise the rent question with Ms Penrose.""",
    """Select a few ripe tomatoes, group them by size, and from the small ones make the sauce.""",
    """If the dough is too wet (mine often is) add flour; while it rests, heat the stone.""",
    """Let x be the number of loaves. I sell each for 4 and pay 30 for the stall; from how many do I gain?""",
    """Flight BA 1437, seat 12A, leaves EDI at 06:55 on 3 June. Can I take a violin on board?""",
    """* the sofa (grey)
* two lamps
* Grandma's mirror
* the box of sheet music""",
    """PS: the key is under the third pot, the one with the thyme.""",
    """Anna: are you coming on Sunday?
Me: yes, with the cake
Anna: which one?
Me: the lemon one""",
    """Import duty on the violin was 5 %, so I paid about 60 euros at the border.""",
    """Class was cancelled today, so I practised the Portuguese vowels at home: "não", "pão", "mãe".""",
    """Symptoms: sore throat, slight fever (38.1), tired. Since: Tuesday. Medicine: none so far.""",
    """The budget for June is rent 640, food 220, trains 90, savings 150, and the rest for Malmö.""",
    """I'd like a wedding speech: warm, funny, 3 minutes, with the story of the canoe; no jokes about his hair!""",
    """Type of wood: oak. Length: 2 m. Width: 30 cm. Use: a shelf over the piano.""",
    """Bus 11 to Ocean Terminal, then on foot: left at the church, right at the baker, number 14.""",
    """3 eggs
200 ml milk
a pinch of salt
butter for the pan""",
    """Height 1.71 m, weight 64 kg, shoe size 39, eyes green.""",
    """Mon 9-5, Tue 9-5, Wed off, Thu 10-6, Fri 9-1.""",
    """Roses are red,
violets are blue;
the rent is due,
and so are you.""",
    """Tom's email says (I quote): "no refunds, no exchanges, no excuses". Is that legal?""",
    """We have: 4 chairs; 1 table; 2 lamps; no beds.""",
    """Name of the film: The Third Man. Year: 1949. Who wrote the zither music?""",
    """Dear neighbours,
please don't put glass in the blue bin.
Thank you!
Flat 3""",
    """I got 3 quotes: £1,200 (Gill), £1,450 (Brown & Sons), £990 (some lad from the pub).""",
    """Step 1: soak the beans. Step 2: boil them for an hour. Step 3: season.""",
    """Room 1 = bedroom, room 2 = office, room 3 = storage. Where would you put the piano?""",
    """Try again?? I've tried 5 times... it just says "something went wrong" :(""",
    """The hymn goes:
Abide with me; fast falls the eventide;
the darkness deepens""",
    """Q: why did the chicken cross the road?
A: to get away from Gunnar.""",
    """my kids: Ella (9), Max (6), Leo (2)
my wife: Sara
our dog: Bruno""",
    """tel. 0131 496 0999 / mobile 07700 900123""",
    """Knit 2, purl 2, repeat to end (40 st). Next row: k1, p1.""",
    """Am7 - D7 - G - C: is that a common chord sequence?""",
    """from: Leith, to: Malmö, date: 3 June, people: two, cat: one""",
    """Today I planted three rows of leeks, two of kale and, since there was room, one of chard.""",
    """Menu for Saturday
Starter: beetroot soup
Main: lamb with lentils
Dessert: lemon tart""",
    """Feed: 7 am, 9 pm
Flour: 40 g
Water: 40 g""",
    """The score was 3:2 (after 2:0 at half-time!) and Tom cried.""",
    """I owe: Anna £20; Tom £15; the plumber £80.""",
    """Hope is the thing with feathers
that perches in the soul,
and sings the tune without the words""",
    """12 March: saw the doctor. 19 March: blood test. 2 April: results.""",
    """Could you translate this: "Não sei, talvez amanhã"?""",
    """I'm 41, vegetarian, allergic to nuts & shellfish, and I hate coriander.""",
    """Wifi is called "Pantry_2.4" and the box says E-17. What is wrong?""",
    """Questions for the landlord:
1) Who pays for the boiler?
2) Can I paint the hall?
3) May I have a cat?""",
    """Ingredients: flour (500g), salt (10g), yeast (7g), water (320ml).""",
    """Our address from 1 May: 3/2, 14 Harbour Street, Leith.""",
    """the email began with: Dear Ms Lindqvist, we regret to inform you""",
    """Verse: G D Em C, chorus: C G D D. Too simple?""",
    """Weights: squat 60 kg x 5, bench 40 kg x 5, deadlift 80 kg x 3.""",
    """He wrote "ok." - just that, with the full stop. What does it mean??""",
    """For each guest: one plate, one glass, two forks; while they eat, I play.""",
    """Import tax, export tax, VAT: which of these apply when I sell a violin to Norway?""",
    """Print 40 copies, fold them, and return the rest to the library.""",
    """Total = rent + food + trains. I get 950 a month. Is that a lot?""",
    """Size: M
Colour: dark green
Wool: Merovane
Needles: 4 mm""",
    """"It has been 34": is that the present perfect?""",
    """"Hair": wash. "Teeth": brush. "Bed": now!""",
)
