"""`sm_cmd find TEXT [--task T] [--client C] [--from D] [--to D] [--limit N] [--json]`: files of all
savesets by their names."""

import argparse
import itertools

from server_agent.commands.known import of_known
from server_agent.commands.output import print_json_array, print_table, zone_of
from server_agent.commands.parsing import Verbs, add_json, add_limit, add_verb, text
from server_agent.commands.plan_words import day
from server_agent.commands.unindexed import tell_unindexed
from sesam_api.location import Location

_COLUMNS = (
    "client",
    "path",
    "kind",
    "size",
    "modify_time",
    "versions",
    "saveset",
    "saveset_time",
)


def define(verbs: Verbs) -> None:
    parser = add_verb(verbs, "find", "find files by name in all savesets")
    parser.add_argument(
        "text",
        type=text,
        metavar="TEXT",
        help="a part of the name, or a whole one with * and ?; with a slash, the end of the path",
    )
    parser.add_argument("--task", type=text, default="", help="in savesets of this task only")
    parser.add_argument("--client", type=text, default="", help="of this client only")
    parser.add_argument(
        "--from", dest="first", type=day, metavar="D", help="in savesets from this sesam day on"
    )
    parser.add_argument(
        "--to", dest="last", type=day, metavar="D", help="in savesets up to this sesam day"
    )
    add_limit(parser)
    add_json(parser)
    parser.set_defaults(run=_find)


def _find(location: Location, arguments: argparse.Namespace) -> None:
    days = tuple(day.isoformat() if day else "" for day in (arguments.first, arguments.last))
    found = location.find_files(
        arguments.text,
        task=arguments.task,
        client=arguments.client,
        days=(days[0], days[1]),
    )
    known = of_known(found, location, arguments.task, arguments.client)
    files = itertools.islice(known, arguments.limit)
    zone = zone_of(location.identity.time_zone)
    if arguments.json:
        print_json_array(files, zone)
    else:
        print_table(files, _COLUMNS, zone)
    tell_unindexed(found.unindexed)
