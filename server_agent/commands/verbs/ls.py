"""`sm_cmd ls SAVESET [PATH] [--json]`: one directory, or one file, of a saveset's listing."""

import argparse
import os
from collections.abc import Iterator

from server_agent.commands.output import print_json_array, print_table, zone_of
from server_agent.commands.parsing import Verbs, add_json, add_verb, text
from sesam_api.errors import SesamError
from sesam_api.location import Location
from sesam_api.records import Entry

_COLUMNS = ("path", "kind", "size", "modify_time", "home")


def define(verbs: Verbs) -> None:
    parser = add_verb(
        verbs, "ls", "list a directory or file of a saveset; without PATH its sources"
    )
    parser.add_argument("saveset", type=text, metavar="SAVESET")
    parser.add_argument("path", metavar="PATH", nargs="?", default="", help="full path")
    add_json(parser)
    parser.set_defaults(run=_ls)


def _ls(location: Location, arguments: argparse.Namespace) -> None:
    entries = _entries(location, arguments.saveset, os.fsencode(arguments.path))
    zone = zone_of(location.identity.time_zone)
    if arguments.json:
        print_json_array(entries, zone)
    else:
        print_table(entries, _COLUMNS, zone)


def _entries(location: Location, saveset: str, path: bytes) -> Iterator[Entry]:
    """What the directory held; if the path is none, the entry itself, as ls(1) has it."""
    try:
        yield from location.entries(saveset, path)
    except SesamError as error:
        if error.reason != "PATH_NOT_FOUND":
            raise
        yield location.entry(saveset, path)
