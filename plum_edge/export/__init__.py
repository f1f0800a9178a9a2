"""An adapter on its way out and in: translated between forms, exported as a folder, received from one.

    translate.py   from one form into another, with the proof that both compute the same
    folder.py      the adapter in use as a folder for another runtime or device; receive.py: one that came from another
    targets/       whose layout it leaves in, one file each

Every way ends in a proof that what was written computes what was meant. Knows nothing of the forms themselves
(convert/), of how an adapter learns, or of how it is asked.
"""
