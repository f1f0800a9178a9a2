"""The experiment: what is remembered after 10 to 1,000 conversations, by every recipe, beside retrieval.

    make experiment-quick      the main table on the sample user, within a quarter of an hour
    make experiment            the whole grid: days of one core; stop it whenever you like, it carries on
    python -m benchmarks.experiment --help

    cells.py         what one run is: a log, a recipe with its settings, a seed, points at which it is scored
    grid.py          all the runs, the most telling first
    logs.py          whose conversations; rare.py: words that the base has never seen
    exams.py         questions and systems; answers.py: what was answered, kept as JSON lines without text
    run.py           one cell in a home of its own, killed and resumed as you like; extras.py: beyond questions
    provenance.py    what a result depends on, and the manifest
    desk.py          which cells are done, stale, waiting, and how long they will take; pool.py runs them
    figures.py, tables.py, pages.py   docs/results from the kept answers alone; sheets.py: as CSV

Not part of the package: it uses plum-edge as any program could.
"""
