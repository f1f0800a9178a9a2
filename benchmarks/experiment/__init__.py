"""The experiment: what is remembered, by every recipe, beside retrieval; on a real base, and on plum-tiny.

    make experiment            the clean table on a real base: days of a core; stop it whenever you like, it carries on
    make experiment-tiny       plum-tiny's grid: 10 to 1,000 conversations, ablations
    make experiment-quick      plum-tiny's main table on the sample user, within a quarter of an hour
    python -m benchmarks.experiment --help

    cells.py         what one run is: a log, a recipe with its settings, a seed, points at which it is scored
    clean.py         the runs of the clean table, the most telling first; grid.py: those on plum-tiny
    logs.py          whose conversations; rare.py: words that the base has never seen
    natural.py       what a person would ask, crossed between users; near.py: what may not be
    exams.py         questions and systems; controls.py: systems that remember nothing
    answers.py       what was answered, kept as JSON lines without text
    run.py           one cell in a home of its own, killed and resumed as you like; extras.py: beyond questions
    chats.py         the loss on chats that were not learned, at every point
    provenance.py    what a result depends on, and the manifest
    desk.py          which cells are done, stale, waiting, and how long they will take; pool.py runs them
    clean_board.py, clean_tables.py   the clean table from the kept answers alone; pooled.py: figures over several users
    figures.py, tables.py, pages.py   docs/results of plum-tiny from the kept answers alone; sheets.py: as CSV

Not part of the package: it uses plum-edge as any program could.
"""
