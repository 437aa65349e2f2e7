"""What `sm_cmd` can do: one module per verb.

Each has `define`, which adds the verb to the parser with a `run` in its defaults. `run` gets the
location and the arguments. An action returns the text of its answer, a list prints itself and
returns None.
"""
