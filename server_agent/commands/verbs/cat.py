"""`sm_cmd cat SAVESET PATH`: the content of a saved file, on the standard output."""

import argparse
import os
import sys

from server_agent.commands.answer import failure
from server_agent.commands.parsing import Verbs, add_verb, path, text
from sesam_api.errors import SesamError
from sesam_api.location import Location


def define(verbs: Verbs) -> None:
    parser = add_verb(
        verbs, "cat", "write a saved file to the standard output; an error goes to the other one"
    )
    parser.add_argument("saveset", type=text, metavar="SAVESET")
    parser.add_argument("path", type=path, metavar="PATH", help="full path")
    parser.set_defaults(run=_cat)


def _cat(location: Location, arguments: argparse.Namespace) -> None:
    try:
        for piece in location.read(arguments.saveset, os.fsencode(arguments.path)):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    except SesamError as error:
        # What was written is no answer of ours, and nothing of ours may stand among it.
        sys.stdout.buffer.flush()
        print(failure(str(error)), file=sys.stderr)
        raise SystemExit(1) from error
