"""What people paste, and what they write that only looks like it (lists, addresses, verses); all written by us."""

from __future__ import annotations

PASTES = (
    # tracebacks
    """Traceback (most recent call last):
  File "/home/ines/shop/orders.py", line 48, in <module>
    main()
  File "/home/ines/shop/orders.py", line 31, in main
    total = sum(row["price"] for row in rows)
KeyError: 'price'""",
    """Exception in thread "main" java.lang.NullPointerException: Cannot invoke "String.length()"
    at com.bakery.Oven.heat(Oven.java:42)
    at com.bakery.Main.main(Main.java:11)
Caused by: java.io.IOException: thermostat not found
    ... 2 more""",
    """TypeError: Cannot read properties of undefined (reading 'map')
    at Basket (Basket.jsx:27:19)
    at renderWithHooks (react-dom.development.js:16305:18)
    at mountIndeterminateComponent (react-dom.development.js:20074:13)""",
    """panic: runtime error: index out of range [5] with length 3

goroutine 1 [running]:
main.pick(0xc0000b4000, 0x5)
\t/home/tom/choir/main.go:17 +0x1d
exit status 2""",
    """thread 'main' panicked at src/bread.rs:12:9:
called `Option::unwrap()` on a `None` value
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace""",
    """error[E0382]: borrow of moved value: `flour`
 --> src/main.rs:8:20
  |
6 |     let flour = String::from("rye");
  |         ----- move occurs because `flour` has type `String`
8 |     println!("{}", flour);
  |                    ^^^^^ value borrowed here after move""",
    """main.c:14:5: warning: implicit declaration of function 'knead' [-Wimplicit-function-declaration]
main.c:22:12: error: expected ';' before 'return'
make: *** [Makefile:9: main.o] Error 1""",
    # logs
    """2026-03-14 09:12:44,103 INFO  oven.server - listening on port 8080
2026-03-14 09:12:51,870 WARN  oven.server - request took 812 ms
2026-03-14 09:13:02,004 ERROR oven.server - connection reset by peer""",
    """Mar 14 10:22:01 pantry sshd[812]: Failed password for root from 203.0.113.7 port 51122 ssh2
Mar 14 10:22:03 pantry sshd[812]: Connection closed by 203.0.113.7 port 51122""",
    """203.0.113.9 - - [14/Mar/2026:10:00:01 +0000] "GET /recipes/17 HTTP/1.1" 200 5120
203.0.113.9 - - [14/Mar/2026:10:00:02 +0000] "GET /style.css HTTP/1.1" 304 0""",
    """[INFO] Scanning for projects...
[INFO] Building choir-planner 1.0
[ERROR] Failed to execute goal org.apache.maven:compile on project choir-planner
[ERROR] -> [Help 1]""",
    """npm ERR! code ERESOLVE
npm ERR! ERESOLVE unable to resolve dependency tree
npm ERR! Found: react@18.2.0""",
    """[    0.000000] Linux version 6.8.0-31-generic
[    1.204411] usb 1-1: new high-speed USB device number 2 using xhci_hcd
[    1.412002] usb 1-1: device descriptor read/64, error -71""",
    """10:02:11.482 | DEBUG | scheduler | job tomato-watering queued
10:02:11.501 | DEBUG | scheduler | job tomato-watering started
10:02:14.090 | ERROR | pump | no pressure""",
    # code
    """def weekly(rows):
    total = 0
    for row in rows:
        if row.day == "Monday":
            total += row.amount
    return total""",
    """import pandas as pd
from pathlib import Path

df = pd.read_csv(Path("garden.csv"))
print(df.groupby("bed").harvest.sum())""",
    """#include <stdio.h>
int main(void) {
    for (int i = 0; i < 10; i++) {
        printf("%d\\n", i);
    }
    return 0;
}""",
    """const basket = items.filter((item) => item.ripe);
export function price(basket) {
  return basket.reduce((sum, item) => sum + item.price, 0);
}""",
    """public class Oven {
    private int degrees;

    public void heat(int to) {
        this.degrees = to;
    }
}""",
    """SELECT c.name, count(*) AS loans
FROM customers c
JOIN loans l ON l.customer = c.id
WHERE l.returned IS NULL
GROUP BY c.name
ORDER BY loans DESC;""",
    """#!/bin/bash
for f in *.jpg; do
  convert "$f" -resize 50% "small_$f"
done""",
    """fn main() {
    let breads = vec!["rye", "spelt"];
    for bread in &breads {
        println!("{bread}");
    }
}""",
    """=VLOOKUP(A2;Prices!$A$2:$C$90;3;FALSE)
=IF(B2>0;B2*1,19;"")""",
    """.card {
  color: #333;
  margin: 0 auto;
}
.card:hover { color: teal; }""",
    """```
any fenced words at all, whatever they say
and a second line
```""",
    # markup and data
    """<!DOCTYPE html>
<html lang="en">
  <head><title>Choir</title></head>
  <body>
    <p class="intro">Rehearsal on Monday</p>
  </body>
</html>""",
    """<?xml version="1.0"?>
<note>
  <to>Ines</to>
  <body>Bring the flour</body>
</note>""",
    """{
  "name": "choir-planner",
  "version": "1.0.3",
  "private": true,
  "dependencies": {
    "react": "^18.2.0"
  }
}""",
    """{"id": 17, "user": "ines", "items": [{"sku": "rye-1", "qty": 2}], "paid": false}""",
    """date,amount,payee,category
2026-03-01,12.40,Baker,food
2026-03-02,640.00,Landlord,rent
2026-03-04,33.10,Gill Hardware,home""",
    """| Bed | Crop | Rows |
|-----|------|------|
| 1 | leeks | 4 |
| 2 | kale | 3 |""",
    """PID   USER     %CPU  COMMAND
811   ines      2.1  firefox
1290  ines      0.4  thunderbird
1411  root      0.0  cron""",
    """Filesystem      Size  Used Avail Use%  Mounted on
/dev/sda1       234G  180G   42G  82%  /
tmpfs           7.8G     0  7.8G   0%  /tmp""",
    # settings
    """server:
  port: 8080
  host: 0.0.0.0
logging:
  level: debug
  file: /var/log/oven.log""",
    """version: "3"
services:
  web:
    image: nginx:latest
    ports:
      - "80:80\"""",
    """[mysqld]
bind-address = 127.0.0.1
max_connections = 50

[client]
port = 3306""",
    """DATABASE_URL=postgres://ines@localhost/choir
SECRET_KEY=wX93kd02ms
DEBUG=1""",
    """[tool.ruff]
line-length = 100
target-version = "py311\"""",
    # diffs and shells
    """diff --git a/bread.py b/bread.py
index 3f2a1c9..77de012 100644
--- a/bread.py
+++ b/bread.py
@@ -4,7 +4,7 @@ def bake(loaf):
-    oven.heat(200)
+    oven.heat(230)
     oven.put(loaf)""",
    """commit 9fceb02d0ae598e95dc970b74767f19372d61af8
Author: Ines Moreau <ines@example.org>
Date:   Sat Mar 14 10:00:00 2026 +0100

    Heat the oven more""",
    """ines@pantry:~/choir$ git status
On branch main
nothing to commit, working tree clean
ines@pantry:~/choir$ ls -la
total 12""",
    """$ pip install -r requirements.txt
Requirement already satisfied: numpy in ./venv/lib/python3.11/site-packages (1.26.4)
ERROR: Could not find a version that satisfies the requirement torhc==2.2 (from versions: none)""",
    """>>> sum([1, 2, 3])
6
>>> "rye" + 2""",
    """HTTP/1.1 404 Not Found
Content-Type: text/html; charset=utf-8
Content-Length: 162
Server: nginx""",
    # encoded
    """iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHx
gljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg==""",
    """-----BEGIN CERTIFICATE-----
MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ
RTESMBAGA1UEChMJQmFsdGltb3JlMRMwEQYDVQQLEwpDeWJlclRydXN0MSIwIAYD
-----END CERTIFICATE-----""",
    """00000000: 8950 4e47 0d0a 1a0a 0000 000d 4948 4452  .PNG........IHDR
00000010: 0000 0005 0000 0005 0806 0000 008d 6f26  ..............o&""",
    """\\documentclass{article}
\\usepackage[utf8]{inputenc}
\\begin{document}
\\section{Bread}
\\end{document}""",
    """eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U""",
    """java.sql.SQLException: Access denied for user 'choir'@'localhost'
\tat com.mysql.jdbc.SQLError.createSQLException(SQLError.java:965)
\tat com.mysql.jdbc.MysqlIO.checkErrorPacket(MysqlIO.java:3973)""",
    """Fatal error: Uncaught Error: Call to undefined function bake() in /var/www/oven.php:14
Stack trace:
#0 {main}
  thrown in /var/www/oven.php on line 14""",
    """Unhandled exception. System.NullReferenceException: Object reference not set to an instance of an object.
   at Oven.Program.Main(String[] args) in C:\\src\\Oven\\Program.cs:line 12""",
    """app.rb:7:in `slice': undefined method `cut' for nil:NilClass (NoMethodError)
\tfrom app.rb:7:in `map'
\tfrom app.rb:12:in `<main>'""",
    """2026/03/14 21:04:11 [error] 812#812: *17 connect() failed (111: Connection refused) while connecting to upstream
2026/03/14 21:04:12 [error] 812#812: *18 connect() failed""",
    """time="2026-03-14T10:22:01Z" level=error msg="cannot mount volume" volume=flour
time="2026-03-14T10:22:02Z" level=info msg="retrying\"""",
    """<div class="row">
  <span id="price">12.40</span>
</div>""",
    """x = np.linspace(0, 1, 50)
y = np.sin(x)
plt.plot(x, y)
plt.show()""",
    """library(dplyr)
garden %>%
  group_by(bed) %>%
  summarise(total = sum(harvest))""",
    """for i in range(10):
    if i % 2:
        print(i)""",
    """CREATE TABLE loans (
  id INTEGER PRIMARY KEY,
  customer INTEGER NOT NULL
);
INSERT INTO loans VALUES (1, 7);""",
    """FROM python:3.11-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
CMD ["python", "app.py"]""",
    """apiVersion: v1
kind: Service
metadata:
  name: choir
spec:
  ports:
    - port: 80""",
    """name;street;town
Moreau;14 Harbour Street;Leith
Gill;3 North Street;Bristol""",
    """1,2,3
4,5,6
7,8,9""",
    """C:\\Users\\ines> dir
 Volume in drive C has no label.
 Directory of C:\\Users\\ines
14/03/2026  10:22    <DIR>          choir""",
    """ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGm0Kx9sJb2n3qQvT4yU8eR1wZ5xC7vB9nM0lK2jH4gF ines@pantry""",
    """* main 3f2a1c9 [ahead 1] Heat the oven more
  spelt 77de012 Try spelt""",
    """{"a":1}
{"a":2}""",
    """interface=wlan0
ssid=Pantry
wpa_passphrase=flourpower""",
    """Traceback (most recent call last):
  File "<stdin>", line 1, in <module>
ZeroDivisionError: division by zero""",
    """Error: Cannot find module 'express'
Require stack:
- /home/ines/choir/server.js
    at Module._resolveFilename (node:internal/modules/cjs/loader:1075:15)
    at require (node:internal/modules/helpers:177:18)""",
    """java.lang.IllegalStateException: oven is cold
\tat oven.Bake.run(Bake.java:9)""",
    """ERROR 1045 (28000): Access denied for user 'ines'@'localhost' (using password: YES)""",
    """Mar 14 10:22:01 pantry kernel: usb 2-1: USB disconnect, device number 4
Mar 14 10:22:09 pantry systemd[1]: Started Daily apt download activities.""",
    """14.03.2026 09:12:44 [main] INFO oven - preheat done
14.03.2026 09:12:49 [main] WARN oven - door open""",
    """E/AndroidRuntime(2811): FATAL EXCEPTION: main
E/AndroidRuntime(2811): java.lang.RuntimeException: Unable to start activity""",
    """$scope.items = [];
for (var i = 0; i < 5; i++) {
  $scope.items.push({ id: i });
}""",
    """class Loaf:
    def __init__(self, flour):
        self.flour = flour

    def bake(self):
        return f"{self.flour} bread\"""",
    """with open("notes.txt") as file:
    lines = file.readlines()
print(len(lines))""",
    """<ul>
  <li>flour</li>
  <li>salt</li>
</ul>""",
    """[
  {"bed": 1, "crop": "leeks"},
  {"bed": 2, "crop": "kale"}
]""",
    """id\tname\tqty
1\trye\t4
2\tspelt\t2""",
    """+----+-------+
| id | name  |
+----+-------+
|  1 | rye   |
+----+-------+""",
    """name: test
on: [push]
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4""",
    """server {
    listen 80;
    server_name choir.example.org;
    location / {
        proxy_pass http://127.0.0.1:8080;
    }
}""",
    """PORT=8080
HOST=0.0.0.0
LOG_LEVEL=debug""",
    """@@ -1,4 +1,4 @@
 flour
-salt
+sea salt
 water""",
    """U2FsdGVkX1+vupppZksvRf5pq5g5XjFRlipRkwB0K1Y96Qsv2Lm+31cmzaAILwyt""",
    """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
DTSTART:20260314T190000Z
SUMMARY:Rehearsal
END:VEVENT
END:VCALENDAR""",
    """PING example.org (93.184.216.34): 56 data bytes
64 bytes from 93.184.216.34: icmp_seq=0 ttl=56 time=11.6 ms
64 bytes from 93.184.216.34: icmp_seq=1 ttl=56 time=11.9 ms""",
    """403 Forbidden
AADSTS50105: The signed in user 'ines@choir' is not assigned to a role for the application 'Tickets'.
Correlation ID: 3fa85f64-5717-4562-b3fc-2c963f66afa6""",
)

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

AROUND = (
    (
        "My order script has stopped working since Ines added the spelt loaf.\n\nTraceback (most recent call last):\n"
        "  File \"shop.py\", line 8, in <module>\n    total()\nKeyError: 'price'\n\n"
        "The bakery opens at seven, please help.",
        ("order script", "spelt loaf", "bakery opens"),
        ("Traceback", "KeyError", "total()"),
    ),
    (
        "The irrigation of the greenhouse writes this every night:\n10:02:11.482 | DEBUG | pump | queued\n"
        "10:02:14.090 | ERROR | pump | no pressure\nand the tomatoes stay dry.",
        ("irrigation of the greenhouse", "tomatoes stay dry"),
        ("DEBUG", "no pressure"),
    ),
    (
        "Can you explain this to me? My nephew wrote it for the choir.\n\ndef weekly(rows):\n    total = 0\n"
        "    return total\n",
        ("nephew wrote it for the choir",),
        ("weekly", "total"),
    ),
)
"""A message with a paste in it, what must stay and what must go."""
