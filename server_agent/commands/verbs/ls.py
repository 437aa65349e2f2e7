"""`sm_cmd ls SAVESET [DIR] [--json]`: one directory of a saveset's listing."""

import argparse

from server_agent.commands.output import print_json_array, print_table, zone_of
from server_agent.commands.parsing import Verbs, add_json, add_verb
from sesam_api.location import Location

_COLUMNS = ("path", "kind", "size", "modify_time", "home")


def define(verbs: Verbs) -> None:
    parser = add_verb(verbs, "ls", "list a directory of a saveset; without DIR its sources")
    parser.add_argument("saveset", metavar="SAVESET")
    parser.add_argument("directory", metavar="DIR", nargs="?", default="", help="full path")
    add_json(parser)
    parser.set_defaults(run=_ls)


def _ls(location: Location, arguments: argparse.Namespace) -> None:
    entries = location.entries(arguments.saveset, arguments.directory)
    zone = zone_of(location.identity.time_zone)
    if arguments.json:
        print_json_array(entries, zone)
    else:
        print_table(entries, _COLUMNS, zone)
