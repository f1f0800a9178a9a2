"""What stands in files, as people paste it: code, data, settings, and what is encoded."""

from __future__ import annotations

CODE = (
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
    """\\documentclass{article}
\\usepackage[utf8]{inputenc}
\\begin{document}
\\section{Bread}
\\end{document}""",
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
)
DATA = (
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
    """name;street;town
Moreau;14 Harbour Street;Leith
Gill;3 North Street;Bristol""",
    """1,2,3
4,5,6
7,8,9""",
    """{"a":1}
{"a":2}""",
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
    """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
DTSTART:20260314T190000Z
SUMMARY:Rehearsal
END:VEVENT
END:VCALENDAR""",
)
SETTINGS = (
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
    """interface=wlan0
ssid=Pantry
wpa_passphrase=flourpower""",
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
)
ENCODED = (
    """iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHx
gljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg==""",
    """-----BEGIN CERTIFICATE-----
MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ
RTESMBAGA1UEChMJQmFsdGltb3JlMRMwEQYDVQQLEwpDeWJlclRydXN0MSIwIAYD
-----END CERTIFICATE-----""",
    """00000000: 8950 4e47 0d0a 1a0a 0000 000d 4948 4452  .PNG........IHDR
00000010: 0000 0005 0000 0005 0806 0000 008d 6f26  ..............o&""",
    """eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U""",
    """ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGm0Kx9sJb2n3qQvT4yU8eR1wZ5xC7vB9nM0lK2jH4gF ines@pantry""",
    """U2FsdGVkX1+vupppZksvRf5pq5g5XjFRlipRkwB0K1Y96Qsv2Lm+31cmzaAILwyt""",
)
