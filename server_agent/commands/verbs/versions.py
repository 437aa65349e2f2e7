"""`sm_cmd versions CLIENT PATH [--json]`: one path through time."""

import argparse
import os

from server_agent.commands.known import of_known
from server_agent.commands.output import print_json_array, print_table, zone_of
from server_agent.commands.parsing import Verbs, add_json, add_verb, path, text
from server_agent.commands.unindexed import tell_unindexed
from sesam_api.location import Location

_COLUMNS = (
    "kind",
    "size",
    "modify_time",
    "saveset_count",
    "newest_saveset",
    "last_seen",
    "oldest_saveset",
    "first_seen",
)


def define(verbs: Verbs) -> None:
    parser = add_verb(
        verbs, "versions", "list the versions of a file or directory, the newest first"
    )
    parser.add_argument("client", type=text, metavar="CLIENT")
    parser.add_argument("path", type=path, metavar="PATH", help="full path")
    add_json(parser)
    parser.set_defaults(run=_versions)


def _versions(location: Location, arguments: argparse.Namespace) -> None:
    found = location.versions(arguments.client, os.fsencode(arguments.path))
    versions = of_known(found, location, "", arguments.client)
    zone = zone_of(location.identity.time_zone)
    if arguments.json:
        print_json_array(versions, zone)
    else:
        print_table(versions, _COLUMNS, zone)
    tell_unindexed(found.unindexed)
