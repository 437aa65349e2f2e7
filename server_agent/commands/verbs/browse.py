"""`sm_cmd browse CLIENT [DIR] [--limit N] [--json]`: a directory of a client as it is now."""

import argparse
import itertools
import os
import sys

from server_agent.commands.output import print_json_array, print_table, zone_of
from server_agent.commands.parsing import Verbs, add_json, add_limit, add_verb, text
from sesam_api.location import Location

_COLUMNS = ("name", "kind", "size", "modify_time", "readable", "is_mount", "link_target")


def define(verbs: Verbs) -> None:
    parser = add_verb(verbs, "browse", "list a directory of a client as it is now")
    parser.add_argument("client", type=text, metavar="CLIENT")
    parser.add_argument("directory", metavar="DIR", nargs="?", default="/", help="full path")
    add_limit(parser)
    add_json(parser)
    parser.set_defaults(run=_browse)


def _browse(location: Location, arguments: argparse.Namespace) -> None:
    found = location.client_directory(arguments.client, os.fsencode(arguments.directory))
    entries = itertools.islice(found, arguments.limit)
    zone = zone_of(location.identity.time_zone)
    if arguments.json:
        print_json_array(entries, zone)
    else:
        print_table(entries, _COLUMNS, zone)
    if found.is_cut:
        print(
            f"The directory has more than {found.total} entries: the others are not known here.",
            file=sys.stderr,
        )
