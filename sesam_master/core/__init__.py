"""The fleet as plain data: records, changes, queries. Pure: no Qt, no IO, no threads."""
