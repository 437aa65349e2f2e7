"""`sm_cmd loader NAME adjust [--json]`: what is where in a loader, compared with the media."""

import argparse

from server_agent.commands.output import print_json_array, print_table, zone_of
from server_agent.commands.parsing import Verbs, add_json, add_verb, text
from sesam_api.location import Location

_COLUMNS = ("kind", "number", "is_full", "barcode", "pool")


def define(verbs: Verbs) -> None:
    parser = add_verb(verbs, "loader", "archive adjustment: look what is where in a loader")
    parser.add_argument("name", type=text, metavar="NAME")
    parser.add_argument("what", choices=("adjust",), help="jobs that wait for its media try again")
    add_json(parser)
    parser.set_defaults(run=_adjust)


def _adjust(location: Location, arguments: argparse.Namespace) -> None:
    zone = zone_of(location.identity.time_zone)
    places = location.adjust_loader(arguments.name)
    if arguments.json:
        print_json_array(places, zone)
    else:
        print_table(places, _COLUMNS, zone)
