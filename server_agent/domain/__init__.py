"""Pure rules. `now` is an argument; no IO, no clock, no threads."""
