"""`sm_cmd retention [--day DATE] [--kept] [--json]`: what NEWDAY will delete, and why the rest
stays."""

import argparse
import sys

from server_agent.commands.output import print_json_array, print_table, zone_of
from server_agent.commands.parsing import Verbs, add_json, add_verb
from server_agent.commands.plan_words import day
from sesam_api.location import Location

_COLUMNS = (
    "saveset",
    "task",
    "label",
    "sesam_day",
    "eol",
    "stored_size",
    "reason",
    "needed_by",
    "stays",
)


def define(verbs: Verbs) -> None:
    parser = add_verb(verbs, "retention", "list what the NEWDAY of a sesam day deletes")
    parser.add_argument(
        "--day", type=day, metavar="DATE", help="the sesam day that it begins; else today"
    )
    parser.add_argument("--kept", action="store_true", help="also what it keeps, and why")
    add_json(parser)
    parser.set_defaults(run=_retention)


def _retention(location: Location, arguments: argparse.Namespace) -> None:
    fates = location.retention(arguments.day, with_kept=arguments.kept)
    zone = zone_of(location.identity.time_zone)
    if arguments.json:
        print_json_array(fates, zone)
    else:
        print_table(fates, _COLUMNS, zone)
    count = fates.deleted_savesets
    savesets = "1 saveset is" if count == 1 else f"{count} savesets are"
    what = "due" if fates.held_back else "deleted"
    copies = f" with {fates.deleted_copies} copies of others" if fates.deleted_copies else ""
    print(f"{savesets} {what}{copies}: {fates.deleted_size:,} bytes", file=sys.stderr)
    if fates.held_back:
        print(f"{fates.held_back}.", file=sys.stderr)
