"""The memory for programs that speak OpenAI's protocol: chat, completions and models over HTTP, on this machine alone.

    server.py    the socket, signals, and the end
    app.py       routes, the token, bodies, streams
    wire.py      a request as it comes, checked; shapes.py: what goes back
    worker.py    the line of those who wait, and the one thread that answers
    speaking.py  one request answered by the memory; stops.py: where it ends
    logbook.py   which conversation of the log a request goes on with
    token.py     who may ask

HTTP is Starlette on uvicorn (extra ``serve``), and not the standard library's server: that one takes a thread for
every client, however slow, does not notice one that has gone, reads no chunked bodies, and calls itself not fit for
production. Both are small and pure Python, and used for HTTP alone.

Knows nothing of terminals, and of how answers are made: `Memory` makes them, as it does for the chat.
"""

from __future__ import annotations
