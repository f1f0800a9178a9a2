"""The night: from the conversations that wait to an adapter in use.

    night.py       the story, readable in one sitting: `Night(home, store, config, base).run()`
    promotion.py   an adapter is made of the last step, judged, and used if it is better; proof.py proves its file
    bisection.py   after a refusal: which conversation does harm
    budget.py      what a night may take of the machine; space.py: of the disk
    nightlog.py    what a night that nobody watches says of itself
    erase.py       nothing of a forgotten conversation stays in the home
    forget/        a person takes conversations back
    scheduler/     the system's own scheduler runs the night each night

Knows nothing of how an adapter learns (train/), nor of how it is asked (answer/).
"""
