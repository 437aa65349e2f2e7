"""`sm_cmd delete saveset NAME... [--yes]`: it asks before; without a terminal it needs --yes."""

import argparse
import sys

from server_agent.commands.answer import CommandError
from server_agent.commands.parsing import Verbs, add_objects, text
from sesam_api.location import Location
from sesam_api.saveset_records import Saveset


def define(verbs: Verbs) -> None:
    objects = add_objects(verbs, "delete", "delete savesets for good")
    parser = objects.add_parser("saveset", help="all that are named, or none")
    parser.add_argument("names", type=text, metavar="NAME", nargs="+")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.set_defaults(run=_delete)


def _delete(location: Location, arguments: argparse.Namespace) -> str:
    savesets = [location.saveset(name) for name in dict.fromkeys(arguments.names)]
    if not arguments.yes:
        _ask(savesets)
    location.delete_savesets(savesets)
    return ",".join(saveset.name for saveset in savesets)


def _ask(savesets: list[Saveset]) -> None:
    """Raises CommandError unless a person says yes."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise CommandError("Nothing was deleted. Without a terminal to ask at, give --yes.")
    for saveset in savesets:
        what = f"{saveset.type} of {saveset.task}, sesam day {saveset.sesam_day}"
        print(f"{saveset.name}: {what}, {saveset.stored_size:,} bytes", file=sys.stderr)
    print("Delete for good? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise CommandError("Nothing was deleted.")
