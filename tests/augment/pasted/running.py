"""What a program says while it runs or fails, as people paste it: tracebacks, logs, shells."""

from __future__ import annotations

FAILURES = (
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
    """E/AndroidRuntime(2811): FATAL EXCEPTION: main
E/AndroidRuntime(2811): java.lang.RuntimeException: Unable to start activity""",
    """403 Forbidden
AADSTS50105: The signed in user 'ines@choir' is not assigned to a role for the application 'Tickets'.
Correlation ID: 3fa85f64-5717-4562-b3fc-2c963f66afa6""",
)
LOGS = (
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
    """2026/03/14 21:04:11 [error] 812#812: *17 connect() failed (111: Connection refused) while connecting to upstream
2026/03/14 21:04:12 [error] 812#812: *18 connect() failed""",
    """time="2026-03-14T10:22:01Z" level=error msg="cannot mount volume" volume=flour
time="2026-03-14T10:22:02Z" level=info msg="retrying\"""",
    """Mar 14 10:22:01 pantry kernel: usb 2-1: USB disconnect, device number 4
Mar 14 10:22:09 pantry systemd[1]: Started Daily apt download activities.""",
    """14.03.2026 09:12:44 [main] INFO oven - preheat done
14.03.2026 09:12:49 [main] WARN oven - door open""",
    """PING example.org (93.184.216.34): 56 data bytes
64 bytes from 93.184.216.34: icmp_seq=0 ttl=56 time=11.6 ms
64 bytes from 93.184.216.34: icmp_seq=1 ttl=56 time=11.9 ms""",
)
SHELLS = (
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
    """C:\\Users\\ines> dir
 Volume in drive C has no label.
 Directory of C:\\Users\\ines
14/03/2026  10:22    <DIR>          choir""",
    """* main 3f2a1c9 [ahead 1] Heat the oven more
  spelt 77de012 Try spelt""",
    """@@ -1,4 +1,4 @@
 flour
-salt
+sea salt
 water""",
)
