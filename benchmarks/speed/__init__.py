"""The speed bench: a table a file, each figure measured in a process of its own, one driver (`make bench`)."""
