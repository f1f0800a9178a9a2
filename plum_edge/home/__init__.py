"""What is done to the files of a home besides learning: one writer at a time, copies of the log, and what is erased.

Where they lie is told by paths.py, what is in them by the stages that write them.
"""
