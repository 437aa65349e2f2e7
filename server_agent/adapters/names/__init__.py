"""The index of names: one SQLite file that can be made again from the listings at any time."""
