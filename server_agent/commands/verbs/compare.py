"""`sm_cmd compare SAVESET SAVESET [DIR] [--json]`: what differs between two savesets."""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator

from server_agent.commands.output import print_json_array, print_table, zone_of
from server_agent.commands.parsing import Verbs, add_json, add_verb, text
from sesam_api.finding_records import Difference
from sesam_api.location import Location

_COLUMNS = ("change", "aspects", "path", "size_before", "size_after")


def define(verbs: Verbs) -> None:
    parser = add_verb(verbs, "compare", "list what differs between two savesets")
    parser.add_argument("before", type=text, metavar="SAVESET")
    parser.add_argument("after", type=text, metavar="SAVESET")
    parser.add_argument(
        "directory", metavar="DIR", nargs="?", default="", help="only below this one; full path"
    )
    add_json(parser)
    parser.set_defaults(run=_compare)


def _compare(location: Location, arguments: argparse.Namespace) -> None:
    found = location.compare(arguments.before, arguments.after, os.fsencode(arguments.directory))
    counts: Counter[str] = Counter()

    def counted() -> Iterator[Difference]:
        for difference in found:
            counts[difference.change] += 1
            yield difference

    zone = zone_of(location.identity.time_zone)
    if arguments.json:
        print_json_array(counted(), zone)
    else:
        print_table(counted(), _COLUMNS, zone)
    numbers = (f"{counts[change]} {change}" for change in ("added", "removed", "changed"))
    print(", ".join(numbers), file=sys.stderr)
